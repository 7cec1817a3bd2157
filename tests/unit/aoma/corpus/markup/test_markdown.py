"""Markdown as CommonMark says, with what people add to it."""

from __future__ import annotations

import pytest

from aoma.corpus.markup.markdown import markdown
from aoma.corpus.markup.sections import sections_of, title_of


def headings(text: str, *, mdx: bool = False) -> list[str]:
    return [heading.text for heading in markdown(text, mdx=mdx).headings]


@pytest.mark.parametrize(
    "text",
    [
        "# A\n\n> ```\n> code\n\n## B\n\nText",
        "# A\n\n- item\n\n  ```\n  code\n\n## B\n\nText",
        "# A\n\n1. one\n   ~~~\n   # code\n\n## B\n\nText",
        "# A\n\n<!-- # no heading\n\n## nor this -->\n\n## B\n\nText",
        "# A\n\n<!--\n## no heading\n-->\n\n## B\n\nText",
        "# A\n\n    ## code\n\n## B\n\nText",
        "# A\n\n<pre>\n# code\n\n# code\n</pre>\n\n## B\n\nText",
    ],
    ids=["quote", "list", "numbered list", "comment", "long comment", "indented", "pre"],
)
def test_only_headings_are_headings(text: str) -> None:
    assert headings(text) == ["A", "B"]


@pytest.mark.parametrize(
    ("matter", "title"),
    [
        ("title: >-\n  A long\n  title", "A long title"),
        ("title: 'It''s'", "It's"),
        ("title: x # comment", "x"),
        ('title: "a: b"', "a: b"),
        ("title: 2024-13-45", "2024-13-45"),
        ("title: yes", "yes"),
        ("title: |\n  One\n", "One"),
        ("tags: [a]", None),
        ("title:\n  - a", None),
    ],
)
def test_title_of_the_front_matter_is_read_as_yaml(matter: str, title: str | None) -> None:
    outline = markdown(f"---\n{matter}\n---\n\nText")
    assert title_of(outline) == title
    assert [section.text for section in sections_of(outline)] == ["Text"]


def test_front_matter_in_toml() -> None:
    assert title_of(markdown('+++\ntitle = "A # b" # c\n+++\nText')) == "A # b"


def test_front_matter_that_is_no_yaml_is_text_and_told() -> None:
    outline = markdown("---\ntitle: a: b\n---\n# A\n\nText")
    assert outline.gaps == (("front matter that is neither YAML nor TOML (read as text)", ""),)
    assert title_of(outline) == "A"
    assert [one.text for one in sections_of(outline)] == ["---\ntitle: a: b\n---", "# A\n\nText"]


def test_text_between_two_rules_is_no_front_matter() -> None:
    assert sections_of(markdown("---\nwords\n---\n\nText"))[-1].text == "words\n---\n\nText"


def test_headings_in_html_count_and_their_lines_stay() -> None:
    outline = markdown(
        '<div align="center">\n<h1 id="top-of-it">The <em>title</em></h1>\n</div>\n\nText'
    )
    assert title_of(outline) == "The title"
    assert [(one.slug, one.body) for one in sections_of(outline)][-1] == (
        "top-of-it",
        '<h1 id="top-of-it">The <em>title</em></h1>\n</div>\n\nText',
    )


def test_comments_of_mdx_are_not_part_of_a_heading() -> None:
    text = "## Use {/* later */}\n\nx\n\n## Effects {/*effects-list*/}\n\n"
    text += "<Tab>\n\n    ### In a tab\n</Tab>"
    outline = markdown(text, mdx=True)
    assert [(one.text, one.slug) for one in outline.headings] == [
        ("Use", None),
        ("Effects", "effects-list"),
        ("In a tab", None),
    ]


@pytest.mark.parametrize("deep", [">" * 5_000, "- " * 40, "[" * 20_000, "*a " * 20_000])
def test_what_is_nested_ends_nothing(deep: str) -> None:
    assert headings(f"{deep}x\n\n# A {deep[:500]}")[-1].startswith("A")


def test_lists_nested_beyond_reason_keep_their_text() -> None:
    assert "word" in sections_of(markdown("- " * 5_000 + "word"))[-1].text
