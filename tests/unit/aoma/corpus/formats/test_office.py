"""Word, PowerPoint, PDF and notebooks: headings, tables, slides and pages are kept."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from aoma.corpus.formats.notebook import notebook
from aoma.corpus.markup.sections import sections_of, title_of
from tests.fixtures.document_samples import pdf_file, slides_file, word_file

ROWS = [("Name", "Value"), ("alpha", "1")]


def folder_of(tmp_path: Path, **files: bytes) -> Path:
    folder = tmp_path / "docs"
    folder.mkdir()
    for name, content in files.items():
        stem, _, suffix = name.rpartition("_")
        (folder / f"{stem}.{suffix}").write_bytes(content)
    return folder


def test_word_document(build, tmp_path: Path) -> None:
    paragraphs = [
        ("Title", "Handbook"),
        ("", "Before all."),
        ("heading 1", "Travel"),
        ("heading 2", "By train"),
        ("", "Take the zebra line."),
    ]
    index = build(documents=[folder_of(tmp_path, a_docx=word_file(paragraphs, ROWS))]).index
    (hit,) = index.search_documents("zebra").hits
    assert (hit.id, hit.title, hit.heading) == (
        "a.docx#by-train",
        "Handbook",
        ("Travel", "By train"),
    )
    assert "| Name | Value |\n| --- | --- |\n| alpha | 1 |" in hit.text


def test_presentation(build, tmp_path: Path) -> None:
    content = slides_file(["Strategy", "Zebra plan"], ROWS, "Say it slowly, giraffe.")
    index = build(documents=[folder_of(tmp_path, deck_pptx=content)]).index
    (hit,) = index.search_documents("giraffe").hits
    assert (hit.id, hit.title, hit.heading) == (
        "deck.pptx#slide-2",
        "Strategy",
        ("Slide 2: Zebra plan",),
    )
    assert "- About Zebra plan\n  - In detail" in hit.text
    assert "| Name | Value |\n| --- | --- |\n| alpha | 1 |" in hit.text
    assert "Notes: Say it slowly, giraffe." in hit.text


def test_pdf_names_the_page_and_links_to_it(build, tmp_path: Path) -> None:
    content = pdf_file(["Opening words", "The zebra runs", ""], [("Start", 0), ("Animals", 1)])
    built = build(
        documents=[folder_of(tmp_path, manual_pdf=content)], bases=["https://files.example.com"]
    )
    (hit,) = built.index.search_documents("zebra").hits
    assert (hit.id, hit.heading, hit.text) == (
        "manual.pdf#page=2",
        ("Animals", "page 2"),
        "The zebra runs",
    )
    assert hit.link == "https://files.example.com/manual.pdf#page=2"
    assert [str(one) for one in built.report.skipped] == [
        "1 x page of a PDF without text (a scan?): manual.pdf, page 3"
    ]


def test_damaged_page_of_a_pdf_is_counted_and_the_others_are_read(build, tmp_path: Path) -> None:
    content = pdf_file(["Opening words", "The zebra runs"]).replace(
        b"4 0 obj<</Type/Page/", b"4 0 obj<</Type/Pine/"
    )
    built = build(documents=[folder_of(tmp_path, manual_pdf=content)])
    assert [hit.id for hit in built.index.search_documents("zebra").hits] == ["manual.pdf#page=2"]
    assert built.skipped() == {"page of a PDF that is damaged": 1}


def cells(*sources: tuple[str, str], **outputs: Any) -> list[dict[str, Any]]:
    return [
        {
            "cell_type": kind,
            "metadata": {},
            "source": source.splitlines(keepends=True),
            **({"outputs": [outputs], "execution_count": 1} if kind == "code" else {}),
        }
        for kind, source in sources
    ]


def test_notebook() -> None:
    content = {
        "nbformat": 4,
        "nbformat_minor": 4,
        "metadata": {"kernelspec": {"language": "python", "name": "python3"}},
        "cells": cells(
            ("markdown", "# Study\n\nWhy."),
            ("code", "# not a heading\n1 + 1"),
            output_type="execute_result",
            execution_count=1,
            metadata={},
            data={"text/plain": ["\x1b[31m2\x1b[0m"], "image/png": "iVBORw0KGgo"},
        ),
    }
    outline = notebook(json.dumps(content).encode())
    assert title_of(outline) == "Study"
    (section,) = sections_of(outline)
    assert section.body == "Why.\n\n```python\n# not a heading\n1 + 1\n```\n\n```\n2\n```"


def test_notebook_of_an_old_version() -> None:
    old = {
        "nbformat": 3,
        "nbformat_minor": 0,
        "metadata": {"name": ""},
        "worksheets": [
            {
                "metadata": {},
                "cells": [
                    {"cell_type": "heading", "level": 2, "metadata": {}, "source": "Old"},
                    {
                        "cell_type": "code",
                        "input": "x",
                        "language": "python",
                        "metadata": {},
                        "outputs": [],
                        "collapsed": False,
                    },
                ],
            }
        ],
    }
    (section,) = sections_of(notebook(json.dumps(old).encode()))
    assert section.heading == ("Old",)
    assert "x" in section.body


@pytest.mark.parametrize("suffix", ["docx", "pptx", "pdf", "ipynb"])
@pytest.mark.parametrize(
    "content", [b"not this", b"PK\x03\x04 cut", b"%PDF-1.7 cut", b'{"cells": 3}']
)
def test_damaged_file_is_counted_and_the_others_are_read(
    build, tmp_path: Path, suffix: str, content: bytes
) -> None:
    folder = folder_of(tmp_path, a_md=b"alpha")
    (folder / f"b.{suffix}").write_bytes(content)
    built = build(documents=[folder])
    assert built.report.documents == 1
    (skipped,) = built.report.skipped
    assert "that cannot be read: damaged or encrypted" in skipped.reason
    assert skipped.examples == (f"b.{suffix}",)


def test_private_key_in_a_word_document_is_left_out(build, tmp_path: Path) -> None:
    key = "-----BEGIN RSA PRIVATE " + "KEY-----"
    content = word_file([("", key), ("", "MIIEpAIBAAKCAQEA" * 5)], ROWS)
    built = build(documents=[folder_of(tmp_path, notes_docx=content)])
    assert built.report.documents == 0
    assert built.skipped() == {"may hold secrets, by name or by a private key inside": 1}
