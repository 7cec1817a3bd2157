"""Documents are cut at their headings, and nothing of them is lost."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aoma.corpus.chunks import LIMIT_CHARACTERS, split
from aoma.corpus.markup import parse


def slugs(text: str, kind: str = "markdown") -> list[str]:
    return [section.slug for section in parse(text, kind).sections]


def test_heading_path_leads_to_each_section() -> None:
    parsed = parse(
        "# Guide\n\nHello.\n\n## Setup\n\n### Linux\n\nRun it.\n\n## Use\n\nGo.", "markdown"
    )
    assert parsed.title == "Guide"
    assert [(section.heading, section.slug) for section in parsed.sections] == [
        ((), "guide"),
        (("Setup", "Linux"), "linux"),
        (("Use",), "use"),
    ]


def test_heading_inside_a_code_fence_is_code() -> None:
    text = "# A\n\n```sh\n# not a heading\n```\n\n~~~~\n```\n# nor this\n~~~~\n\n## B\n\nText"
    assert slugs(text) == ["a", "b"]


def test_setext_headings_count_and_thematic_breaks_do_not() -> None:
    text = "Title\n=====\n\nText\n\nSecond\n------\n\nMore\n\n---\n\n- item\n---\n\nEnd"
    assert slugs(text) == ["title", "second"]


def test_front_matter_names_the_document_and_is_not_searched() -> None:
    parsed = parse('---\ntitle: "The Title"\ntags: [x]\n---\n# Other\n\nText', "markdown")
    assert parsed.title == "The Title"
    assert "tags" not in parsed.sections[0].text
    assert parsed.sections[0].heading == ("Other",)


def test_repeated_headings_are_numbered_as_github_numbers_them() -> None:
    assert slugs("# A\n\nx\n\n## Use\n\nx\n\n## Use\n\nx\n\n## Use!\n\nx") == [
        "a",
        "use",
        "use-1",
        "use-2",
    ]


def test_markup_in_a_heading_is_not_part_of_it() -> None:
    parsed = parse("# The `x` [link](http://a.example) **bold**\n\nText", "markdown")
    assert parsed.title == "The x link bold"


def test_custom_anchor_is_the_slug() -> None:
    assert slugs("# Title {#my-anchor}\n\nText") == ["my-anchor"]


def test_heading_without_text_goes_to_the_next_section() -> None:
    parsed = parse("# A\n\n## B\n\nText\n\n## Last", "markdown")
    assert [section.text for section in parsed.sections] == ["# A\n## B\n\nText", "## Last"]


def test_long_section_is_cut_between_paragraphs() -> None:
    paragraphs = [f"Paragraph {number}. " + "word " * 60 for number in range(20)]
    sections = parse("# A\n\n" + "\n\n".join(paragraphs), "markdown").sections
    assert [section.part for section in sections] == list(range(len(sections)))
    assert len(sections) > 2
    assert all(section.body.startswith("Paragraph") for section in sections)


def test_code_block_is_not_cut_while_it_fits() -> None:
    code = "```\n" + "\n\n".join(["line"] * 100) + "\n```"
    text = "x " * 800 + "\n\n" + code
    assert split(text)[1] == code


def test_restructuredtext_sections() -> None:
    parsed = parse(
        "=====\nTitle\n=====\n\nHello\n\nPart\n----\n\nText\n\nDeep\n~~~~\n\nMore", "rst"
    )
    assert parsed.title == "Title"
    assert [section.heading for section in parsed.sections] == [(), ("Part",), ("Part", "Deep")]


@pytest.mark.parametrize("kind", ["markdown", "rst", "plain"])
@given(text=st.text(st.sampled_from(list("# =-`~\n\nab:{}[]()*_|>1.\t+\"'\\<&é漢")), max_size=600))
def test_no_word_of_any_document_is_lost(kind: str, text: str) -> None:
    document = f"start\n\n{text}\n\nend"
    sections = parse(document, kind).sections
    kept = "".join("".join(section.text for section in sections).split())
    # A document that begins with front matter would lose it; this one begins with a word.
    assert kept == "".join(document.split())
    names = [(section.slug, section.part) for section in sections]
    assert len(set(names)) == len(names)


@given(st.text(st.sampled_from(list("ab \n`#漢")), max_size=3_000), st.integers(20, 200))
def test_pieces_stay_within_the_limit(text: str, limit: int) -> None:
    pieces = split(text, limit)
    assert all(len(piece) <= limit for piece in pieces)
    assert "".join("".join(pieces).split()) == "".join(text.split())


def test_passage_has_at_most_2000_characters_of_body() -> None:
    sections = parse("# A\n\n" + "x" * 9_000 + " y" * 2_000, "markdown").sections
    assert max(len(section.body) for section in sections) <= LIMIT_CHARACTERS
