"""Documents of a folder get links below the address that people give."""

from __future__ import annotations

from pathlib import Path

import pytest

from aoma.corpus import CorpusError
from aoma.corpus.base_urls import base_urls


def fill(folder: Path, *paths: str) -> Path:
    for path in paths:
        place = folder / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text("# Über uns\n\nalpha\n")
    return folder


@pytest.mark.parametrize(
    ("url", "link"),
    [
        ("https://docs.example.com", "https://docs.example.com/a%20b/guide.md"),
        ("https://docs.example.com/v1/", "https://docs.example.com/v1/a%20b/guide.md"),
        ("https://docs.example.com/{stem}/", "https://docs.example.com/a%20b/guide/"),
        ("https://docs.example.com/?page={path}", "https://docs.example.com/?page=a%20b/guide.md"),
    ],
)
def test_link_is_the_address_and_the_path(build, tmp_path: Path, url: str, link: str) -> None:
    folder = fill(tmp_path / "docs", "a b/guide.md")
    index = build(documents=[folder], bases=[url]).index
    assert index.get_document("a b/guide.md").link == link
    assert index.search_documents("alpha").hits[0].link == f"{link}#%C3%BCber-uns"


def test_address_wins_over_the_repositorys(build, new_tree) -> None:
    tree = new_tree("project")
    tree.git("remote", "add", "origin", "https://github.com/acme/mesh.git")
    tree.write("docs/guide.md", "alpha")
    tree.write("README.md", "beta")
    tree.commit("Begin")
    places = [tree.root, tree.root / "docs"]
    index = build(documents=places, bases=[f"{places[1]}=https://docs.example.com/{{stem}}"]).index
    assert index.get_document("docs/guide.md").link == "https://docs.example.com/guide"
    assert index.get_document("README.md").link.startswith("https://github.com/acme/mesh/blob/")


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("docs.example.com", "not an address with http or https"),
        ("https://", "not an address"),
        ("https://ada:secret@docs.example.com", "not an address"),
        ("https://docs.example.com", "2 folders are named. Write --base-url"),
        ("elsewhere=https://docs.example.com", "elsewhere is none of the folders"),
    ],
)
def test_wrong_address_is_refused_and_says_how(tmp_path: Path, given: str, said: str) -> None:
    with pytest.raises(CorpusError, match=said):
        base_urls([given], [tmp_path / "a", tmp_path / "b"])
