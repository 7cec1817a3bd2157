"""Descriptions in Jira's two markups become text, and no word of them is lost."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aoma.corpus.addresses import without_addresses
from aoma.corpus.jira.rich_text import from_wiki
from tests.fixtures.cpu_limit import cpu_limit
from tests.fixtures.jira_samples import csv_text, issue, row


def test_wiki_markup_becomes_readable_text(read) -> None:
    wiki = (
        "h2. Steps\n# Open [the page|https://example.com/a|smart-link]\n"
        "{color:red}Red{color} and [~accountid:557058:f58131cb]\n\n\n\n"
        "!screenshot-1.png|width=300!\n"
        '{code:java}\nif (a) { call("{color}"); }\n{code}\nWow! It works! [mailto:bob@corp.example]'
    )
    assert read(csv_text([row("VAULT-1", description=wiki)]))[0][0].description == (
        "## Steps\n# Open the page (https://example.com/a)\nRed and\n\n"
        '```java\n\nif (a) { call("{color}"); }\n\n```\n\nWow! It works!'
    )


def test_json_in_plain_text_is_left_alone(read) -> None:
    plain = 'The answer was {"a": [1, 2], "b": {"c": null}} and array[i|j] {{x}}'
    assert read(csv_text([row("VAULT-1", description=plain)]))[0][0].description == plain


def test_document_format_becomes_readable_text(read) -> None:
    def text(words: str, **more: Any) -> dict[str, Any]:
        return {"type": "text", "text": words, **more}

    def paragraph(*content: dict[str, Any]) -> dict[str, Any]:
        return {"type": "paragraph", "content": [*content]}

    link = {"type": "link", "attrs": {"href": "https://example.com/a"}}
    cell = {"type": "tableCell", "content": [paragraph(text("1")), paragraph(text("2"))]}
    document = {
        "type": "doc",
        "version": 1,
        "content": [
            {"type": "heading", "attrs": {"level": 3}, "content": [text("Steps")]},
            paragraph(text("Open "), text("the page", marks=[link]), {"type": "hardBreak"}),
            {
                "type": "bulletList",
                "content": [{"type": "listItem", "content": [paragraph(text("one"))]}] * 2,
            },
            {"type": "codeBlock", "attrs": {"language": "sql"}, "content": [text("select 1;")]},
            {"type": "table", "content": [{"type": "tableRow", "content": [cell, cell]}] * 2},
            {"type": "mediaSingle", "content": [{"type": "media", "attrs": {"alt": "a chart"}}]},
            {"type": "unheardOf", "content": [paragraph(text("kept"))]},
            paragraph({"type": "date", "attrs": {"timestamp": "1769817600000"}}),
            {"type": "blockCard", "attrs": {"url": "https://example.com/b"}},
        ],
    }
    assert read([issue("VAULT-1", description=document)])[0][0].description == (
        "### Steps\n\nOpen the page (https://example.com/a)\n\n- one\n- one\n\n"
        "```sql\nselect 1;\n```\n\n| 1 2 | 1 2 |\n| 1 2 | 1 2 |\n\na chart\n\nkept\n\n"
        "2026-01-31\n\nhttps://example.com/b"
    )


def test_document_of_any_depth_keeps_its_words(read) -> None:
    node: dict[str, Any] = {"type": "text", "text": "deep"}
    for _ in range(300):
        node = {"type": "panel", "content": [node]}
    assert read([issue("VAULT-1", description=node)])[0][0].description == "deep"


MARKUP = [
    *(
        "{code}",
        "{code:x}",
        "{noformat}",
        "{color:red}",
        "[a|https://b]",
        "!a.png!",
        "\nh1. ",
    ),
    *("a@b.c", "[", "]", "|", "!", "{", "}", "\n", "word"),
]


@settings(max_examples=200)
@given(st.lists(st.sampled_from(MARKUP), max_size=200).map("".join))
def test_no_word_of_a_description_is_lost(text: str) -> None:
    assert from_wiki(text).count("word") == text.count("word")


@pytest.mark.parametrize("piece", ["{code:x}", "{", "[a|", "!a", "[~", "\n \n", "%a.", "a@"])
def test_long_description_is_read_soon(piece: str) -> None:
    with cpu_limit(5):
        without_addresses(from_wiki(piece * (100_000 // len(piece))))
