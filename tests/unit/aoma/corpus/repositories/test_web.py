"""Links come only from origins that others can open, and never carry credentials."""

from __future__ import annotations

import pytest

from aoma.corpus.repositories.web import web_of


@pytest.mark.parametrize(
    ("origin", "page"),
    [
        ("https://github.com/acme/mesh.git", "https://github.com/acme/mesh"),
        ("https://user:secret@github.com/acme/mesh", "https://github.com/acme/mesh"),
        ("https://token@git.acme.example:8443/a/b.git", "https://git.acme.example:8443/a/b"),
        ("git@github.com:acme/mesh.git", "https://github.com/acme/mesh"),
        ("ssh://git@github.com:2222/acme/mesh.git", "https://github.com/acme/mesh"),
        ("http://git.acme.example/x/", "http://git.acme.example/x"),
    ],
)
def test_public_origin_gives_a_page(origin: str, page: str) -> None:
    web = web_of(origin)
    assert web is not None
    assert web.page == page
    assert web.commit("abc").startswith(page)
    assert "secret" not in web.file("abc", "x.py")


@pytest.mark.parametrize(
    "origin",
    [
        None,
        "",
        "/srv/git/mesh.git",
        "../mesh",
        "file:///srv/git/mesh.git",
        "C:\\git\\mesh",
        "https://localhost/acme/mesh.git",
        "http://127.0.0.1:3000/acme/mesh",
        "http://10.0.0.8/acme/mesh",
        "git@gitserver:acme/mesh.git",
        "https://git.acme.internal/mesh",
        "https://github.com/",
        "https://[::1]/x",
        "https://[2001:db8::1/x",
        "user@host",
    ],
)
def test_other_origin_gives_none(origin: str | None) -> None:
    assert web_of(origin) is None


@pytest.mark.parametrize(
    ("origin", "file", "commit"),
    [
        ("git@gitlab.com:a/b/c.git", "/a/b/c/-/blob/f00/x%20y.py", "/a/b/c/-/commit/f00"),
        ("git@bitbucket.org:a/b.git", "/a/b/src/f00/x%20y.py", "/a/b/commits/f00"),
        ("git@codeberg.org:a/b.git", "/a/b/src/commit/f00/x%20y.py", "/a/b/commit/f00"),
        ("git@github.com:a/b.git", "/a/b/blob/f00/x%20y.py", "/a/b/commit/f00"),
    ],
)
def test_each_host_has_its_own_addresses(origin: str, file: str, commit: str) -> None:
    web = web_of(origin)
    assert web is not None
    assert web.file("f00", "x y.py").endswith(file)
    assert web.commit("f00").endswith(commit)
