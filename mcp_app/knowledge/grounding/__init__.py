"""Whether what a model wrote stands on the passages it was given.

Checked, without another model and therefore the same each time:

- Every statement (a sentence, a heading, a bold line, a row of a table, a quotation) has a
  citation of a passage that the model was shown, or is copied from one. `[1]`, `[1][3]`, `[1, 3]`,
  `[1-3]` and OpenAI's own form, whose brackets are U+3010 and U+3011, are citations; numbers
  inside code are not. A citation covers one sentence of 60 words at most.
- A heading, or a line with a colon before what it introduces, needs none if it only repeats
  words of the passages and the question.
- Numbers, dates, versions, names, identifiers, code and quotations of a statement stand in a
  passage that it cites. So do links, in every spelling. A block of code is copied.
- There are no images and there is no HTML. So no answer makes a reader's client send what the
  model read to an address.

Not checked: that a cited passage really says what the sentence says with the same names and
numbers. A negation, or two facts that change places, pass, and so does a document's own
falsehood, cited as that document's. The passages come with every answer so that a reader can
compare. benchmarks/grounding measures how often the check errs.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from typing import NamedTuple

from mcp_app.knowledge.grounding import citations
from mcp_app.knowledge.grounding.facts import Source, nouns_are_capitalised
from mcp_app.knowledge.grounding.statements import Answer, Kind, Statement, read

# What one citation covers at most.
LIMIT_WORDS = 60
LIMIT_LABEL = 3
LIMIT_LEAD = 12


class Verdict(NamedTuple):
    """The passages that a text cites, in ascending order, and what is wrong with it if anything."""

    cited: tuple[int, ...]
    fault: str | None


def _plain(text: str) -> str:
    """Without signs that are not seen, and each sign in its usual form."""
    seen = "".join(sign for sign in text if unicodedata.category(sign) != "Cf")
    return citations.unified(unicodedata.normalize("NFKC", seen))


def check(text: str, passages: Iterable[tuple[str, ...]], *, asked: str = "") -> Verdict:
    """Look at each statement of a model's answer.

    Args:
        text: what it wrote.
        passages: for each, from number 1 on, the texts of it: what it says, title, link.
        asked: what the caller gave; headings may repeat it, and so may links.
    """
    shown = {
        str(number): Source(_plain("\n".join(texts))) for number, texts in enumerate(passages, 1)
    }
    answer = read(_plain(text))
    numbers = dict.fromkeys(
        number
        for one in answer.statements
        if one.kind is not Kind.CODE
        for number in citations.numbers(one.text)
    )
    cited = tuple(sorted(int(number) for number in numbers if number in shown))
    false = next((number for number in numbers if number not in shown), None)
    if false is not None:
        fault = f"it cites [{false[:20]}], and passages are numbered 1 to {len(shown)}"
        return Verdict(cited, fault)
    if not cited:
        return Verdict(cited, "it cites no passage")
    return Verdict(cited, _first_fault(answer, shown, cited, _plain(asked)))


def _first_fault(
    answer: Answer, shown: dict[str, Source], cited: Iterable[int], asked: str
) -> str | None:
    """What is wrong first with an answer whose citations are of passages; None for nothing."""
    every = "\n".join(source.text for source in shown.values())
    given = _Given(Source(every), Source(asked), Source(f"{every}\n{asked}"))
    known = Source("\n".join([*(shown[str(number)].text for number in cited), asked]))
    if answer.images:
        return "it holds an image"
    if any(not given.every.holds_token(piece) or "=" in piece for piece in answer.html):
        return "it holds HTML"
    if not all(map(known.holds_link, answer.links)):
        return "it holds a link that no cited passage has"
    names = not nouns_are_capitalised(" ".join(one.text for one in answer.statements))
    faults = (_fault(one, shown, given, names=names) for one in answer.statements)
    found = ((place, fault) for place, fault in enumerate(faults, 1) if fault is not None)
    return next((f"its statement {place} {fault}" for place, fault in found), None)


class _Given(NamedTuple):
    """All passages as one, what the caller asked, and both together."""

    every: Source
    asked: Source
    both: Source


def _fault(one: Statement, shown: dict[str, Source], given: _Given, *, names: bool) -> str | None:
    """What is wrong with a statement; None for nothing."""
    if one.kind is Kind.CODE:
        whole = all(given.every.holds_line(line) for line in one.text.split("\n"))
        return None if whole else "is code that no passage has"
    own = [*dict.fromkeys(citations.numbers(one.text))]
    if not own:
        if _needs_none(one, given):
            return None
        return "has no citation"
    if any(_length(part) > LIMIT_WORDS for part in citations.between(one.text)):
        return f"has more than {LIMIT_WORDS} words for one citation"
    source = Source("\n".join(shown[number].text for number in own))
    return source.lacks(citations.without(one.text), given.asked, names=names)


def _length(text: str) -> int:
    """Its words; in scripts without blanks, two signs are one."""
    return sum(max(1, sum(not sign.isascii() for sign in word) // 2) for word in text.split())


def _needs_none(one: Statement, given: _Given) -> bool:
    """Whether a statement claims nothing, or only what a passage says in the same words."""
    words = one.text.split()
    if given.every.copied(one.text):
        return True
    if one.kind is Kind.LABEL:
        few = len(words) == 1 or (
            len(words) <= LIMIT_LABEL and not given.both.unsupported(one.text)
        )
        known = few and given.both.lacks(one.text, given.asked, names=False) is None
        return known or given.both.copied(one.text)
    if one.kind is Kind.LEAD:
        near = len(words) <= LIMIT_LEAD and not given.both.unsupported(one.text)
        return near and given.every.lacks(one.text, given.asked, names=True) is None
    return False
