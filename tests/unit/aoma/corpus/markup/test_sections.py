"""Documents are cut at their headings, and nothing of them is lost."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aoma.corpus.formats.kinds import kind_of
from aoma.corpus.markup.markdown import markdown
from aoma.corpus.markup.outline import Block, Outline, plain
from aoma.corpus.markup.parts import LIMIT_CHARACTERS, cut
from aoma.corpus.markup.restructured_text import restructured_text
from aoma.corpus.markup.sections import Section, sections_of, title_of


def sections(text: str) -> tuple[Section, ...]:
    return sections_of(markdown(text))


def slugs(text: str) -> list[str]:
    return [section.slug for section in sections(text)]


def test_heading_path_leads_to_each_section() -> None:
    outline = markdown("# Guide\n\nHello.\n\n## Setup\n\n### Linux\n\nRun it.\n\n## Use\n\nGo.")
    assert title_of(outline) == "Guide"
    assert [(section.heading, section.slug) for section in sections_of(outline)] == [
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
    outline = markdown('---\ntitle: "The Title"\ntags: [x]\n---\n# Other\n\nText')
    assert title_of(outline) == "The Title"
    (section,) = sections_of(outline)
    assert "tags" not in section.text
    assert section.heading == ("Other",)


def test_repeated_headings_are_numbered_as_github_numbers_them() -> None:
    assert slugs("# A\n\nx\n\n## Use\n\nx\n\n## Use\n\nx\n\n## Use!\n\nx") == [
        "a",
        "use",
        "use-1",
        "use-2",
    ]


def test_markup_in_a_heading_is_not_part_of_it() -> None:
    text = "# The `x` [link](http://a.example) **bold** ~~old~~ ![logo](a.png) [ref]\n\n[ref]: /x"
    assert title_of(markdown(text)) == "The x link bold old logo ref"


def test_custom_anchor_is_the_slug() -> None:
    assert slugs("# Title {#my-anchor}\n\nText") == ["my-anchor"]


def test_heading_without_text_goes_to_the_next_section() -> None:
    found = sections("# A\n\n## B\n\nText\n\n## Last")
    assert [section.text for section in found] == ["# A\n## B\n\nText", "## Last"]


def test_long_section_is_cut_between_paragraphs() -> None:
    paragraphs = [f"Paragraph {number}. " + "word " * 60 for number in range(20)]
    found = sections("# A\n\n" + "\n\n".join(paragraphs))
    assert [section.part for section in found] == list(range(len(found)))
    assert len(found) > 2
    assert all(section.body.startswith("Paragraph") for section in found)


def test_code_block_is_not_cut_while_it_fits() -> None:
    code = "```\n" + "\n\n".join(["line"] * 100) + "\n```"
    assert sections("x " * 800 + "\n\n" + code)[1].body == code


def test_restructuredtext_sections() -> None:
    outline = restructured_text(
        "=====\nTitle\n=====\n\nHello\n\nPart\n----\n\nText\n\nDeep\n~~~~\n\nMore"
    )
    assert title_of(outline) == "Title"
    found = sections_of(outline)
    assert [section.heading for section in found] == [(), ("Part",), ("Part", "Deep")]
    assert [section.text for section in found][1] == "Part\n----\n\nText"


@pytest.mark.parametrize("suffix", ["md", "mdx", "rst", "adoc", "txt"])
@given(
    text=st.text(st.sampled_from(list("# =-`~\n\nab:{}[]()*_|>1.\t+\"'\\<&é漢/!")), max_size=600)
)
def test_no_word_of_any_document_is_lost(suffix: str, text: str) -> None:
    document = f"start\n\n{text}\n\nend"
    kind = kind_of(f"a.{suffix}")
    assert kind is not None
    found = sections_of(kind.outline(document))
    kept = "".join("".join(section.text for section in found).split())
    # A document that begins with front matter would lose it; this one begins with a word.
    assert kept == "".join(document.split())
    names = [(section.slug, section.part) for section in found]
    assert len(set(names)) == len(names)


@given(st.text(st.sampled_from(list("ab \n`#漢")), max_size=3_000), st.integers(20, 200))
def test_pieces_stay_within_the_limit(text: str, limit: int) -> None:
    outline = plain(text)
    pieces = cut(outline.lines, outline.blocks, limit)
    assert all(len(piece) <= limit for piece in pieces)
    assert "".join("".join(pieces).split()) == "".join(text.split())


def test_passage_has_at_most_2000_characters_of_body() -> None:
    found = sections("# A\n\n" + "x" * 9_000 + " y" * 2_000)
    assert max(len(section.body) for section in found) <= LIMIT_CHARACTERS


def test_every_part_of_a_long_table_has_its_header() -> None:
    header = "| Name | Meaning |\n|---|---|"
    rows = "\n".join(f"| name {number} | {'word ' * 20}|" for number in range(60))
    found = sections(f"# A\n\nBefore.\n\n{header}\n{rows}\n\nAfter.")
    assert len(found) > 3
    assert all(header in section.body for section in found)
    assert all(len(section.body) <= LIMIT_CHARACTERS for section in found)
    assert sum(section.body.count("| name ") for section in found) == 60


def test_every_part_of_long_code_says_that_it_is_code() -> None:
    code = "\n  ".join(f"call({number})  # {'word ' * 10}" for number in range(100))
    found = sections(f"# A\n\n- a list:\n\n  ```python\n  {code}\n  ```\n")
    assert len(found) > 2
    assert all("```python" in section.body for section in found)


def test_document_that_is_one_endless_line_is_cut() -> None:
    found = sections("word " * 500_000)
    assert len(found) > 1_000
    assert {len(section.body) <= LIMIT_CHARACTERS for section in found} == {True}


def test_same_anchors_are_told_apart() -> None:
    assert slugs("# A\n\nx\n\n# A-1\n\nx\n\n# A\n\nx\n\n# B {#a}\n\nx") == [
        "a",
        "a-1",
        "a-2",
        "a-3",
    ]


def test_blocks_without_a_head_are_cut_where_they_start() -> None:
    lines = ["a" * 60, "b" * 60, "c" * 60]
    outline = Outline(lines, blocks=(Block(0), Block(1), Block(2)))
    assert cut(outline.lines, outline.blocks, 130) == ["\n".join(lines[:2]), lines[2]]
