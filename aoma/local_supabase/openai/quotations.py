"""What the stand-in for a model writes: sentences of the passages it was given, and says so."""

from __future__ import annotations

import re

from aoma.local_supabase.openai.hashed_words import stems

SAYS_SO = "This stand-in for a model quotes the passages."
NOTHING = "This stand-in for a model was given no numbered passages, so it says nothing."
SENTENCES = 3
# "[1] ...", "Passage 1: ..." or <passage number="1"> at the beginning of a line.
_NUMBER = re.compile(
    r"^[ \t]*(?:\[(\d{1,3})\]|[Pp]assage (\d{1,3}):"
    r"|<passage[^>\n]*?(?:number|id|n)=\"?(\d{1,3})\"?[^>\n]*>)",
    re.MULTILINE,
)
_MARKUP = re.compile(r"</?[a-z_]+[^>]*>|^[#>*\-\s]+|[`*]", re.MULTILINE)
# Headings, rows of tables and blocks of code are no sentences; a point of a list begins one.
_NO_PROSE = re.compile(r"^(`{3,}|~{3,})[\s\S]*?^\1[ \t]*$|^#{1,6} .*$|^[ \t]*\|.*$", re.MULTILINE)
_POINT = re.compile(r"^[ \t]*(?:[-*+]|\d+\.) ", re.MULTILINE)
_LINK = re.compile(r"\[([^\]\n]*)\]\([^)\n]*\)")
_SENTENCE = re.compile(r"(?<=[.!?])\s+|\n{2,}")


def passages(text: str) -> dict[int, str]:
    """The numbered passages in what a model was sent."""
    found = list(_NUMBER.finditer(text))
    ends = [match.start() for match in found[1:]] + [len(text)]
    return {
        int(next(filter(None, match.groups()))): text[match.end() : end]
        for match, end in zip(found, ends, strict=True)
    }


def quote(text: str) -> str:
    """The sentences that share most words with the rest of the text, each with its [n]."""
    numbered = passages(text)
    if not numbered:
        return NOTHING
    first = _NUMBER.search(text)
    # What stands before the passages is the question; else what stands behind the last one.
    question = (text[: first.start()] if first else "").strip() or text.rsplit("\n\n", 1)[-1]
    asked = set(stems(_MARKUP.sub(" ", question)))
    ranked = sorted(
        (
            (-len(asked & set(stems(sentence))), number, at, sentence)
            for number, passage in numbered.items()
            for at, sentence in enumerate(_sentences(passage))
        ),
    )
    lines = [
        f"{sentence.rstrip('.!?: ')} [{number}]." for _, number, _, sentence in ranked[:SENTENCES]
    ]
    return " ".join([SAYS_SO + f" [{ranked[0][1]}]", *lines]) if lines else NOTHING


def _sentences(passage: str) -> list[str]:
    # The first line is what it is called, as headings are, and no statement.
    _, _, said = passage.strip().partition("\n")
    prose = _POINT.sub("\n\n", _NO_PROSE.sub("\n\n", said or passage))
    plain = _MARKUP.sub(" ", _LINK.sub(r"\1", prose))
    cut = [" ".join(sentence.split()) for sentence in _SENTENCE.split(plain)]
    return [sentence[:300] for sentence in cut if len(stems(sentence)) > 1]
