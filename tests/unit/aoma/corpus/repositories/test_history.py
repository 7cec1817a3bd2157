"""Commits are read as they are, without anybody's address, and gaps are told."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from aoma.corpus import CorpusError, write_index
from mcp_app.knowledge.results import FileChange
from tests.fixtures.indexes import WorkingTree


def test_commit_has_message_author_date_files_and_link(build, new_tree) -> None:
    tree = new_tree("mesh")
    tree.git("remote", "add", "origin", "git@github.com:acme/mesh.git")
    tree.write("src/a.py", "one\ntwo\n")
    tree.write("logo.png", b"\x00\x01")
    tree.commit("Begin")
    tree.write("src/a.py", "one\nthree\nfour\n")
    tree.write("logo.png", b"\x00\x02")
    commit = tree.commit("Count further\n\nBecause two is not enough.\nSecond line.")
    hit = build(repositories=[tree.root]).index.search_commits("count further").hits[0]
    assert hit.id == f"mesh@{commit}"
    assert hit.text == "Count further\n\nBecause two is not enough.\nSecond line."
    assert (hit.author, hit.date) == ("Ada Example", "2026-03-01T12:00:00+01:00")
    assert hit.files == (
        FileChange(path="logo.png", additions=None, deletions=None),
        FileChange(path="src/a.py", additions=2, deletions=1),
    )
    assert (hit.files_changed, hit.additions, hit.deletions) == (2, 2, 1)
    assert hit.link == f"https://github.com/acme/mesh/commit/{commit}"


def test_no_address_is_in_the_index(build, new_tree) -> None:
    tree = new_tree("mesh")
    tree.write("a.py", "x = 1\n")
    tree.commit(
        "Fix for bob@corp.example\n\nReported by Eve <eve@corp.example>.\n"
        "Signed-off-by: Ada Example <ada@example.com>\nCo-authored-by: x+y@users.example.org",
        author="carol.smith@corp.example",
    )
    built = build(repositories=[tree.root])
    content = built.report.path.read_bytes()
    for part in (b"@corp", b"ada@example", b"@users", b"eve@"):
        assert part not in content
    hit = built.index.search_commits("fix").hits[0]
    assert hit.author == "carol.smith"
    assert "Signed-off-by: Ada Example" in hit.text


def stored(tree: WorkingTree, author: str, committer: str, message: str) -> None:
    """Commit with dates that `git commit` would refuse."""
    lines = [
        f"tree {tree.git('rev-parse', 'HEAD^{tree}')}",
        f"parent {tree.git('rev-parse', 'HEAD')}",
        f"author Ada Example <ada@example.com>{author}",
        f"committer Ada Example <ada@example.com>{committer}",
    ]
    tree.write("../commit", "\n".join(lines) + f"\n\n{message}\n")
    commit = tree.git("hash-object", "-t", "commit", "-w", "--literally", "../commit")
    tree.git("update-ref", "HEAD", commit)


def test_impossible_dates_are_counted_and_the_commits_read(build, new_tree) -> None:
    tree = new_tree("mesh")
    tree.write("a.py", "x = 1\n")
    tree.commit("Begin")
    stored(tree, " 1313584730 +51800", " 1313584730 +0200", "Strange zone")
    stored(tree, "", " 1313584731 +0200", "No date")
    stored(tree, " 99999999999999999999 +0200", " 1313584732 +0200", "Beyond all time")
    stored(tree, " 253402300800 +0000", "", "Year 10000")
    built = build(repositories=[tree.root])
    dates = {
        hit.title: hit.date
        for hit in built.index.search_commits("strange zone no date beyond year").hits
    }
    assert dates == {
        "Strange zone": "2011-08-17T12:38:50+00:00",
        "No date": "2011-08-17T14:38:51+02:00",
        "Beyond all time": "2011-08-17T14:38:52+02:00",
        "Year 10000": "1970-01-01T00:00:00+00:00",
    }
    (skipped,) = built.report.skipped
    assert (skipped.count, skipped.reason.partition(" (")[0]) == (
        4,
        "commit with an impossible date",
    )


def test_names_follow_the_mailmap_of_the_repository(build, new_tree, monkeypatch, tmp_path) -> None:
    tree = new_tree("mesh")
    tree.write(".mailmap", "Ada Lovelace <ada@example.com> <old@corp.example>\n")
    tree.commit("Begin zebra", author="al", email="old@corp.example")
    (tmp_path / "mine").write_text("Somebody Else <ada@example.com>\n")
    (tmp_path / "gitconfig").write_text(f"[mailmap]\n file = {tmp_path}/mine\n")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(tmp_path / "gitconfig"))
    index = build(repositories=[tree.root]).index
    assert index.search_commits("zebra").hits[0].author == "Ada Lovelace"


def test_bare_repository_is_read_like_its_working_tree(build, new_tree, tmp_path: Path) -> None:
    tree = new_tree("mesh")
    tree.git("remote", "add", "origin", "https://github.com/acme/mesh.git")
    tree.write("docs/guide.md", "# Guide\n\nalpha")
    tree.write("src/a.py", "zebra = 1\n")
    tree.write(".mailmap", "Ada Lovelace <ada@example.com>\n")
    tree.write("vendor/.gitattributes", "* linguist-vendored\n")
    tree.write("vendor/b.py", "zebra = 2\n")
    tree.commit("Begin giraffe")
    bare = tmp_path / "mesh.git"
    subprocess.run(("git", "clone", "--quiet", "--bare", str(tree.root), str(bare)), check=True)
    WorkingTree(bare).git("remote", "set-url", "origin", "https://github.com/acme/mesh.git")
    before = sorted(bare.rglob("*"))
    whole, found = (build(documents=[place], repositories=[place]) for place in (tree.root, bare))
    assert found.report.path.read_bytes() == whole.report.path.read_bytes()
    assert found.skipped() == whole.skipped()
    assert found.report.problems == ()
    assert found.index.search_commits("giraffe").hits[0].author == "Ada Lovelace"
    assert sorted(bare.rglob("*")) == before


def test_strange_messages_and_names_survive(build, new_tree) -> None:
    tree = new_tree("mesh")
    tree.write("new\nline\t“x”.py", "x = 1\n")
    tree.commit("\x1e odd \x1f zebra\n\n\x1ebody\n\n\nend", author="Zoë 漢字")
    tree.commit("No file at all: giraffe")
    index = build(repositories=[tree.root]).index
    zebra = index.search_commits("zebra").hits[0]
    assert zebra.author == "Zoë 漢字"
    assert [file.path for file in zebra.files] == ["new\nline\t“x”.py"]
    assert index.search_commits("giraffe").hits[0].files_changed == 0
    assert index.statistics().commits == 2


def test_merge_has_no_files_of_its_own(build, new_tree) -> None:
    tree = new_tree("mesh")
    tree.write("a.py", "x = 1\n")
    tree.commit("Begin")
    tree.git("switch", "--quiet", "--create", "side")
    tree.write("b.py", "x = 1\n")
    tree.commit("Aside")
    tree.git("switch", "--quiet", "main")
    tree.write("c.py", "x = 1\n")
    tree.commit("Ahead")
    people = {f"GIT_COMMITTER_{part}": "x@example.com" for part in ("NAME", "EMAIL")}
    people |= {f"GIT_AUTHOR_{part}": "x@example.com" for part in ("NAME", "EMAIL")}
    tree.git("merge", "--quiet", "--no-ff", "--message", "Join zebra", "side", **people)
    index = build(repositories=[tree.root]).index
    assert index.statistics().commits == 4
    assert index.search_commits("zebra").hits[0].files_changed == 0


def test_users_configuration_does_not_change_what_is_read(
    build, new_tree, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tree = new_tree("mesh")
    tree.write("a.py", "x = 1\n")
    tree.commit("First zebra")
    tree.write("b.py", "x = 1\n")
    (tree.root / "a.py").unlink()
    tree.commit("Rename zebra")
    plain = build(repositories=[tree.root]).report.path.read_bytes()
    configuration = tmp_path / "gitconfig"
    configuration.write_text(
        "[log]\n showSignature = true\n date = relative\n decorate = full\n follow = true\n"
        "[diff]\n renames = copies\n noprefix = true\n[color]\n ui = always\n"
        "[core]\n quotePath = true\n[i18n]\n logOutputEncoding = latin1\n"
    )
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(configuration))
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "elsewhere"))
    assert build(repositories=[tree.root]).report.path.read_bytes() == plain


def test_repository_without_commits_is_told(build, new_tree) -> None:
    tree = new_tree("empty")
    tree.write("a.py", "x = 1\n")
    built = build(repositories=[tree.root])
    assert built.report.problems == ("empty: has no commits yet",)
    assert built.report.code_files == 1
    assert built.index.statistics().repositories[0].problem == "empty: has no commits yet"


def test_folder_without_git_is_told_and_gives_nothing(build, tmp_path: Path) -> None:
    folder = tmp_path / "archive"
    folder.mkdir()
    (folder / "a.py").write_text("x = 1\n")
    built = build(repositories=[folder])
    assert built.report.problems == (
        "archive: not a git repository, so no commits and no code files from it",
    )
    assert built.index.statistics().repositories == ()


def test_git_not_installed_is_told(build, new_tree, monkeypatch: pytest.MonkeyPatch) -> None:
    tree = new_tree("mesh")
    tree.write("a.md", "alpha")
    tree.commit("Add")
    monkeypatch.setenv("PATH", str(tree.root))
    built = build(documents=[tree.root], repositories=[tree.root])
    assert built.report.documents == 1
    assert built.report.problems == (
        "mesh: read as a plain folder, without links (git is not installed)",
        "mesh: no commits and no code files from it (git is not installed)",
    )


def test_shallow_clone_is_told_and_its_edge_has_no_invented_counts(
    build, new_tree, tmp_path: Path
) -> None:
    tree = new_tree("mesh")
    for number in range(3):
        tree.write(f"{number}.py", "x = 1\n")
        tree.commit(f"Step {number}")
    clone = tmp_path / "clone"
    subprocess.run(
        ("git", "clone", "--quiet", "--depth=2", tree.root.as_uri(), str(clone)), check=True
    )
    built = build(repositories=[clone])
    assert built.report.commits == 2
    assert "a shallow clone, so only 2 commits are known" in built.report.problems[0]
    by_title = {hit.title: hit for hit in built.index.search_commits("step").hits}
    assert by_title["Step 2"].files_changed == 1
    assert by_title["Step 1"].files_changed is None
    assert by_title["Step 1"].additions is None


def test_folder_inside_a_repository_is_refused(new_tree, tmp_path: Path) -> None:
    tree = new_tree("mesh")
    tree.write("sub/a.py", "x = 1\n")
    with pytest.raises(CorpusError, match="is a folder inside the git repository"):
        write_index(tmp_path / "x.sqlite3", documents=[], repositories=[tree.root / "sub"])


def test_name_comes_from_origin_then_package_then_folder(build, new_tree) -> None:
    named = new_tree("checkout-7")
    named.git("remote", "add", "origin", "ssh://git@git.internal/team/billing.git")
    packaged = new_tree("checkout-8")
    packaged.write("pyproject.toml", '[project]\nname = "mesh-core"\n')
    plain = new_tree("tools")
    plain.write("package.json", "[]")
    built = build(repositories=[tree.root for tree in (named, packaged, plain)])
    assert built.report.repositories == ("billing", "mesh-core", "tools")
