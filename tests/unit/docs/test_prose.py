"""The prose check finds stiff sentences where people read, and leaves code alone."""

from __future__ import annotations

from itertools import chain

import pytest

from tests.prose.style import MOST_WORDS, problems
from tests.prose.text import (
    comments,
    comments_in,
    docstrings,
    docstrings_in,
    errors,
    helps,
    markdown,
    pages,
    terraform,
)


@pytest.mark.parametrize(
    "sentence",
    [
        "A call that was begun is not begun again.",
        "Nothing is done for nobody.",
        "Deleted is only what belongs to a source.",
        "Clone it in order to build.",
        "The the address stays.",
        "It does this " + "and that " * MOST_WORDS + "too.",
    ],
)
def test_a_stiff_sentence_is_reported(sentence: str) -> None:
    assert list(problems(sentence))


@pytest.mark.parametrize(
    "sentence",
    [
        "A tool call never runs twice.",
        "The build lists what it could not read.",
        "It runs. " * MOST_WORDS,
    ],
)
def test_a_plain_sentence_is_not_reported(sentence: str) -> None:
    assert list(problems(sentence)) == []


def test_code_is_no_prose_and_table_cells_are() -> None:
    page = "# Title\n\nRun `begun`.\n\n```sh\nbegun\n```\n\n| A | B |\n|---|---|\n| one | whom |\n"

    found = {one.place: one.text for one in markdown("page.md", page)}

    assert "begun" not in " ".join(found.values())
    assert "whom" in " ".join(found.values())
    assert "page.md:3" in found


def test_docstrings_and_comments_are_read_by_paragraph_and_entry() -> None:
    code = (
        '"""Module.\n\nMore."""\n\n\n'
        'def one(a, b):\n    """Do.\n\n    Args:\n'
        '        a: First.\n        b: Second `one`.\n    """\n'
        "    # A comment\n    # of two lines.\n    x = 1  # Beside code.\n"
    )

    texts = [one.text for one in chain(docstrings_in("m.py", code), comments_in("m.py", code))]

    assert texts[:3] == ["Module.", "More.", "Do."]
    assert "First." in texts
    assert "A comment of two lines." in texts
    assert "Beside code." in texts
    assert not any("one`" in text for text in texts)


def test_the_check_reads_pages_help_errors_code_and_terraform() -> None:
    read = {
        "pages": {one.place.partition(":")[0] for one in pages()},
        "helps": {one.place for one in helps()},
        "errors": {one.place.partition(":")[0] for one in errors()},
        "docstrings": {one.place.partition(":")[0] for one in docstrings()},
        "comments": {one.place.partition(":")[0] for one in comments()},
        "terraform": {one.place for one in terraform()},
    }

    assert {"README.md", "CONTRIBUTING.md", "docs/architecture.md"} <= read["pages"]
    assert "mesh keys create --help, --expires-in" in read["helps"]
    assert "mesh/settings/settings.py" in read["errors"]
    assert "mesh/runtime/handler.py" in read["docstrings"] & read["comments"]
    assert "terraform/outputs.tf" in read["terraform"]
