"""reStructuredText as docutils reads it, in .rst and in .txt."""

from __future__ import annotations

from pathlib import Path

import pytest

from aoma.corpus.markup.restructured_text import restructured_text, text_or_restructured
from aoma.corpus.markup.sections import sections_of, title_of

DJANGO = """\
==================
Writing your app
==================

.. currentmodule:: django.core

.. _intro:

Intro to :doc:`models </topics/db>` and ``x``
=============================================

.. versionadded:: 1.2

    Text of the directive::

        Not a title
        -----------

Models
------

Text
"""


@pytest.mark.parametrize("read", [restructured_text, text_or_restructured])
def test_sections_of_a_document_of_sphinx(read) -> None:
    outline = read(DJANGO)
    assert title_of(outline) == "Writing your app"
    assert [one.heading for one in sections_of(outline)] == [
        (),
        ("Intro to models and x",),
        ("Intro to models and x", "Models"),
    ]


def test_text_file_of_sphinx_has_its_headings_in_the_index(build, tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "tutorial.txt").write_text(DJANGO)
    hit = build(documents=[tmp_path / "docs"]).index.search_documents("models").hits[0]
    assert hit.title == "Writing your app"
    assert "Models" in hit.heading


@pytest.mark.parametrize(
    "text",
    [
        "just words\n\nand more",
        "name   value\n---\nrow    1\n===\n\n----\n\nrow 2\n~~\n",
        "2026-01-31 started\n2026-01-31 stopped\n-----\n2026-02-01 started",
    ],
)
def test_plain_text_is_not_taken_for_it(text: str) -> None:
    (section,) = sections_of(text_or_restructured(text))
    assert section.heading == ()
    assert section.text == text.strip("\n")


def test_nothing_that_a_document_names_is_read(tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("Stolen\n======\n\ntext")
    outline = restructured_text(
        f"A\n=\n\n.. include:: {secret}\n\n.. raw:: html\n   :file: {secret}\n"
    )
    assert [heading.text for heading in outline.headings] == ["A"]


def test_long_lines_and_strange_directives_end_nothing() -> None:
    text = (
        "A\n=\n\n"
        + "x" * 20_000
        + "\n\n.. role:: a(b\n\n.. table::\n   :widths: x\n\n   y\n\nB\n=\n\nend"
    )
    assert [heading.text for heading in restructured_text(text).headings] == ["A", "B"]
