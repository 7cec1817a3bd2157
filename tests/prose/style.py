"""The style: which words and sentences are hard to read, and what to write instead.

The engine is proselint's. So are the first checks; the others are this project's own.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib import import_module

from proselint.registry.checks import Check, CheckResult
from proselint.registry.checks.types import ExistenceSimple, PreferredFormsSimple

# Long enough for a list of values; a longer sentence has two ideas.
MOST_WORDS = 35
WORD = re.compile(r"[A-Za-z0-9][\w'.-]*")
# A full stop that ends a sentence: not the one in "e.g. this" or "v1.2".
END = re.compile(r"(?<=[.!?:;])[\s]+(?=[\"'(`*]*[A-Z0-9])")
PROSELINT = (
    "archaism",
    "cliches",
    "lexical_illusions",
    "malapropisms",
    "mixed_metaphors",
    "mondegreens",
    "needless_variants",
    "nonwords",
    "oxymorons",
    "redundancy.misc",
    "redundancy.ras_syndrome",
    "uncomparables",
)
# Stiff or old words, and what people say.
PREFERRED = {
    "begun": "started",
    "whom": "who, or another sentence",
    "shall": "must, or will",
    "whilst": "while",
    "amongst": "among",
    "upon": "on",
    "therein": "in it",
    "thereof": "of it",
    "thereby": "so",
    "wherein": "where",
    "hence": "so",
    "thus": "so",
    "whereas": "but",
    "hitherto": "until now",
    "likewise": "too",
    "for ever": "forever",
    "anew": "again",
    "utilize": "use",
    "utilise": "use",
    "in order to": "to",
    "prior to": "before",
    "subsequent to": "after",
    "in the event that": "if",
    "a multitude of": "many",
    "for nobody": "another sentence",
    "must needs": "must",
    "nought": "nothing",
    "lest": "so that ... not",
    "save for": "except",
    "of theirs": "their",
    "all the same": "still",
    "not yet begun": "not started",
    "is to be had": "is available",
    "cannot be had": "is not available",
    "can be had": "is available",
}


def _long_sentences(text: str, check: Check) -> Iterator[CheckResult]:
    start = 0
    for sentence in END.split(text):
        words = len(WORD.findall(sentence))
        found = text.index(sentence, start)
        start = found + len(sentence)
        if words > MOST_WORDS:
            yield CheckResult(
                check.path, check.message.format(words, sentence[:60]), (found, start), None
            )


OWN = (
    Check(
        path="mesh.words",
        message="Write '{}' instead of '{}'.",
        check_type=PreferredFormsSimple(items=PREFERRED),
    ),
    Check(
        path="mesh.inverted",
        message="'{}' turns the sentence around. Begin with who does it.",
        check_type=ExistenceSimple(
            pattern=r"\b(?:Not checked is|Left out is|Deleted is|Said is|What of (?:it|them))\b"
        ),
    ),
    Check(
        path="mesh.passive",
        message="'{}' has two passives. Say who does it.",
        check_type=ExistenceSimple(
            pattern=r"\b(?:is|are|was|were) (?:\w+ed|made|kept|told) (?:by|to|when|where) what "
            r"(?:is|are|was|were) \w+(?:ed|en)\b"
        ),
    ),
    Check(
        path="mesh.length",
        message="{} words in one sentence; at most " + str(MOST_WORDS) + ": '{}...'",
        check_type=_long_sentences,
    ),
)


def _register() -> tuple[Check, ...]:
    found: list[Check] = []
    for name in PROSELINT:
        found += import_module(f"proselint.checks.{name}").__register__
    return tuple(found)


CHECKS = (*_register(), *OWN)


def problems(text: str) -> Iterator[str]:
    """What is hard to read in a paragraph, a sentence each.

    Args:
        text: Prose without code and markup.
    """
    # proselint's patterns ask for a character on both sides of a word.
    padded = f" {text} "
    for check in CHECKS:
        for result in check.check_with_flags(padded):
            yield f"{result.message} ({result.check_path})"
