"""Folders of documents: what is read, what is left out, and that the report says so."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from aoma.corpus import CorpusError, write_index


def fill(folder: Path, **files: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (folder / f"{name}.md").write_text(text)
    return folder


def test_ids_are_path_and_heading(build, tmp_path: Path) -> None:
    folder = fill(tmp_path / "docs" / "a", guide="# Guide\n\n## First steps\n\nPress the button.")
    index = build(documents=[folder.parent]).index
    hit = index.search_documents("button").hits[0]
    assert (hit.id, hit.title, hit.heading) == (
        "a/guide.md#first-steps",
        "Guide",
        ("First steps",),
    )
    assert hit.link is None
    assert index.get_document(hit.id) == index.get_document("a/guide.md")
    assert index.get_document("a/guide.md#nothing") is None


def test_whole_document_is_given_in_reading_order(build, tmp_path: Path) -> None:
    text = "# A\n\nOne.\n\n## B\n\nTwo.\n\n## C\n\nThree."
    index = build(documents=[fill(tmp_path / "docs", a=text)]).index
    document = index.get_document("a.md")
    assert document.text == text
    assert document.passages == ("a.md#a", "a.md#b", "a.md#c")


def test_every_kind_of_document_is_read(build, tmp_path: Path) -> None:
    folder = fill(tmp_path / "docs", a="alpha")
    for name in ("b.markdown", "c.MDX", "d.rst", "e.txt"):
        (folder / name).write_text("alpha")
    (folder / "f.adoc").write_text("alpha")
    (folder / "g.html").write_text("<p>alpha")
    (folder / "requirements.txt").write_text("alpha==1")
    built = build(documents=[folder])
    assert built.report.documents == 7
    assert {hit.document for hit in built.index.search_documents("alpha").hits} == {
        "a.md",
        "b.markdown",
        "c.MDX",
        "d.rst",
        "e.txt",
        "f.adoc",
        "g.html",
    }


def test_files_that_nobody_reads_are_counted_by_kind(build, tmp_path: Path) -> None:
    folder = fill(tmp_path / "docs", a="alpha")
    for name in ("1.xlsx", "2.XLSX", "3.xlsx", "4.xlsx", "b.org", "c.xml", "Makefile"):
        (folder / name).write_text("alpha")
    skipped = build(documents=[folder]).report.skipped
    assert [str(one) for one in skipped] == [
        "1 x not a kind of document that is read (.org): b.org",
        "4 x not a kind of document that is read (.xlsx): 1.xlsx, 2.XLSX, 3.xlsx, ...",
        "1 x not a kind of document that is read (.xml): c.xml",
        "1 x not a kind of document that is read (no extension): Makefile",
    ]


def test_other_files_of_a_repository_are_code_and_not_unread(build, new_tree) -> None:
    tree = new_tree("project")
    tree.write("guide.md", "alpha")
    tree.write("main.py", "alpha = 1")
    tree.write("data.xlsx", b"PK\x00\x01")
    tree.commit("Begin")
    alone = build(documents=[tree.root])
    assert alone.skipped() == {
        "not a kind of document that is read (.py)": 1,
        "not a kind of document that is read (.xlsx)": 1,
    }
    both = build(documents=[tree.root], repositories=[tree.root])
    assert both.skipped() == {"binary (.xlsx)": 1}


def test_page_of_a_repository_is_a_document_and_a_template_is_code(build, new_tree) -> None:
    tree = new_tree("project")
    head = "<!DOCTYPE html><html><head><title>{title}</title></head><body><p>alpha"
    tree.write("docs/page.html", head.format(title="Guide") + " {{ shown }}</body></html>")
    tree.write("templates/base.html", head.format(title="{{ title }}"))
    tree.write("templates/part.html", "<p>alpha</p>")
    tree.commit("Begin")
    index = build(documents=[tree.root], repositories=[tree.root]).index
    assert [hit.document for hit in index.search_documents("alpha").hits] == ["docs/page.html"]
    assert {hit.path for hit in index.search_code("alpha").hits} == {
        "templates/base.html",
        "templates/part.html",
    }


def test_symbolic_links_are_not_followed(build, tmp_path: Path) -> None:
    outside = fill(tmp_path / "outside", theirs="# Outside\n\nnot yours")
    folder = fill(tmp_path / "docs", a="inside")
    (folder / "link.md").symlink_to(outside / "theirs.md")
    (folder / "folder").symlink_to(outside)
    built = build(documents=[folder])
    assert built.index.search_documents("outside").hits == ()
    assert built.skipped() == {
        "symbolic link (its target is read where it lies)": 1,
        "folder by symbolic link (not followed)": 1,
    }


def test_other_encodings_are_read_and_counted(build, tmp_path: Path) -> None:
    folder = fill(tmp_path / "docs")
    (folder / "latin.md").write_bytes("# Größe\n\nwidth".encode("cp1252"))
    (folder / "marked.md").write_bytes("# Zwei\n\nheight".encode("utf-16"))
    (folder / "unmarked.md").write_bytes("# Drei\n\ndepth of the box".encode("utf-16-le"))
    (folder / "damaged.md").write_bytes("# Vier: äöü ".encode() + b"\xff\n\nweight")
    (folder / "binary.md").write_bytes(bytes(range(256)) * 4)
    built = build(documents=[folder])
    titles = {
        word: built.index.search_documents(word).hits[0].title
        for word in ("width", "height", "depth", "weight")
    }
    assert titles == {
        "width": "Größe",
        "height": "Zwei",
        "depth": "Drei",
        "weight": "Vier: äöü \ufffd",
    }
    assert [str(one) for one in built.report.skipped] == [
        "1 x binary (.md): binary.md",
        (
            "3 x read in another encoding than UTF-8, as its bytes show: "
            "latin.md (cp1252), marked.md (utf-16), unmarked.md (utf_16_le)"
        ),
        "1 x read, with bytes replaced that are no text: damaged.md",
    ]


def test_pictures_inside_a_text_are_left_out_and_counted(build, tmp_path: Path) -> None:
    picture = "data:image/png;base64," + "iVBORw0KGgo" * 20_000
    folder = fill(
        tmp_path / "docs", a=f"# A\n\nBefore ![a chart]({picture}) after [x]\n\n[x]: {picture}"
    )
    built = build(documents=[folder])
    assert built.report.passages == 1
    assert built.index.get_document("a.md").text == "# A\n\nBefore ![a chart]() after [x]\n\n[x]: "
    assert built.skipped() == {"read without the pictures or other data that stand in the text": 1}


def test_text_that_its_parser_does_not_take_is_read_as_it_is(
    build, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RecursionError

    monkeypatch.setattr("aoma.corpus.markup.markdown.markdown", broken)
    built = build(documents=[fill(tmp_path / "docs", a="# A\n\nalpha")])
    assert built.index.search_documents("alpha").hits[0].text == "# A\n\nalpha"
    assert built.skipped() == {"Markdown that its parser does not take (read as plain text)": 1}


def test_file_name_that_is_not_utf8_is_left_out_and_counted(build, tmp_path: Path) -> None:
    folder = fill(tmp_path / "docs", a="alpha")
    try:
        Path(os.fsdecode(os.fsencode(folder) + b"/\xff.md")).write_text("alpha")
    except OSError:
        pytest.skip("this file system has UTF-8 names only")
    built = build(documents=[folder])
    assert built.report.documents == 1
    assert built.skipped() == {"name is not UTF-8": 1}


def test_packages_and_hidden_folders_are_not_ours(build, tmp_path: Path) -> None:
    folder = fill(tmp_path / "docs", a="alpha")
    for foreign in ("node_modules/x", ".cache", "deep/node_modules"):
        fill(folder / foreign, b="alpha")
    built = build(documents=[folder])
    assert built.report.documents == 1
    assert built.skipped() == {"hidden folder, or packages of others": 3}


def test_examples_stay_out_of_a_downloaded_archive_too(build, tmp_path: Path) -> None:
    folder = fill(tmp_path / "docs", a="alpha")
    fill(folder / "examples", b="alpha")
    (folder / "examples" / ".gitattributes").write_text("# Invented.\n* linguist-vendored\n")
    built = build(documents=[folder])
    assert built.report.documents == 1
    assert built.skipped() == {"folder marked as generated or vendored in .gitattributes": 1}


def test_private_keys_are_left_out(build, tmp_path: Path) -> None:
    key = "-----BEGIN RSA PRIVATE " + "KEY-----\n" + "MIIEpAIBAAKCAQEA" * 5
    built = build(documents=[fill(tmp_path / "docs", notes=f"# Notes\n\n{key}\n")])
    assert built.report.documents == 0
    assert built.skipped() == {"may hold secrets, by name or by a private key inside": 1}


def test_in_a_repository_only_what_git_does_not_ignore_is_read(build, new_tree) -> None:
    tree = new_tree("project")
    tree.write(".gitignore", "/private/\n/vendor/**/*.md\n")
    tree.write("docs/guide.md", "alpha")
    tree.write("private/secret.md", "alpha")
    tree.write("docs/draft.md", "alpha")
    tree.write("fixtures/.gitattributes", "* linguist-vendored\n")
    tree.write("fixtures/example.md", "alpha")
    tree.commit("Add documents")
    built = build(documents=[tree.root])
    assert {hit.document for hit in built.index.search_documents("alpha").hits} == {
        "docs/guide.md",
        "docs/draft.md",
    }
    assert built.skipped() == {
        "marked as generated or vendored in .gitattributes": 1,
        "not a kind of document that is read (no extension)": 1,
    }


def test_folder_that_git_ignores_is_read_when_asked_for(build, new_tree) -> None:
    tree = new_tree("project")
    tree.write(".gitignore", "/downloads/\n")
    tree.write("downloads/manual.md", "alpha")
    tree.commit("Ignore downloads")
    built = build(documents=[tree.root / "downloads"])
    assert built.index.search_documents("alpha").hits[0].id == "manual.md#top"


def test_single_document_and_its_folder_are_read_once(build, new_tree) -> None:
    tree = new_tree("project")
    tree.write("README.md", "alpha")
    tree.write("docs/a.md", "alpha")
    tree.commit("Add documents")
    built = build(documents=[tree.root / "README.md", tree.root / "docs", tree.root / "docs/a.md"])
    assert {hit.document for hit in built.index.search_documents("alpha").hits} == {
        "README.md",
        "docs/a.md",
    }


def test_ids_carry_the_corpus_when_there_are_several(build, tmp_path: Path) -> None:
    one = fill(tmp_path / "one", a="alpha")
    two = fill(tmp_path / "two", a="alpha")
    again = fill(tmp_path / "other" / "two", a="alpha")
    built = build(documents=[one, two, again])
    assert {hit.document for hit in built.index.search_documents("alpha").hits} == {
        "one/a.md",
        "two/a.md",
        "two-2/a.md",
    }
    assert built.index.statistics().corpora == ("one", "two", "two-2")


def test_link_shows_the_file_at_the_indexed_commit(build, new_tree) -> None:
    tree = new_tree("project")
    tree.git("remote", "add", "origin", "https://user:token@github.com/acme/mesh.git")
    tree.write("docs/My guide.md", "# Guide\n\n## Über uns\n\nalpha")
    commit = tree.commit("Add a guide")
    tree.write("docs/draft.md", "beta")
    index = build(documents=[tree.root]).index
    page = f"https://github.com/acme/mesh/blob/{commit}/docs/My%20guide.md"
    assert index.search_documents("alpha").hits[0].link == f"{page}#%C3%BCber-uns"
    assert index.get_document("docs/My guide.md").link == page
    # Not committed: nobody could open a link to it.
    assert index.search_documents("beta").hits[0].link is None


def test_folder_that_does_not_exist_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="no such folder"):
        write_index(tmp_path / "x.sqlite3", documents=[tmp_path / "nowhere"], repositories=[])
    assert not (tmp_path / "x.sqlite3").exists()


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes with names here")
def test_a_pipe_is_counted_and_not_waited_for(build, tmp_path):
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "page.md").write_text("# Page\n\nalpha\n")
    os.mkfifo(tmp_path / "docs" / "pipe.md")
    built = build(documents=[tmp_path / "docs"])
    assert [hit.document for hit in built.index.search_documents("alpha").hits] == ["page.md"]
    assert any("no regular file" in reason for reason in map(str, built.report.skipped))
