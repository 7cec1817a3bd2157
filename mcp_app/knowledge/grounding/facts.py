"""Numbers, dates, versions, names, identifiers and quotations: what can be looked up in a text."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import cached_property
from itertools import pairwise

from mcp_app.knowledge.grounding.statements import BRACKET, CODE_BEGIN, CODE_END
from mcp_app.knowledge.grounding.vocabulary import (
    ENGLISH,
    GERMAN,
    GRAMMAR,
    MONTHS,
    NUMBER_WORDS,
    UNITS,
)

_NUMBER = re.compile(r"(?<![A-Za-z0-9_.])\d+(?:[.,]\d+)*(?![A-Za-z0-9_])")
_ORDINAL = re.compile(r"(?<=\d)(?:st|nd|rd|th)\b")
_THOUSANDS = re.compile(r"\d{1,3}([.,])\d{3}(?:\1\d{3})*")
_WORD = re.compile(r"[^\W\d_]+(?:['\u2019-][^\W\d_]+)*")
_ISO_DATE = re.compile(r"\b\d{4}-(\d{2})-\d{2}\b")
_CODE = re.compile(f"{CODE_BEGIN}(.*?){CODE_END}", re.DOTALL)
# Addresses, paths and names with dots, and identifiers: a run without blanks.
_TOKEN = re.compile(r"[A-Za-z0-9_@:/\\?#&=%+~.$-]+")
_QUOTED = re.compile(
    '"([^"]{3,})"|\u201c([^\u201d]{3,})\u201d|\u201e([^\u201c\u201d]{3,})[\u201c\u201d]'
    "|\u00ab([^\u00bb]{3,})\u00bb|\u300c([^\u300d]{3,})\u300d"
)
_QUOTED_WORDS, _QUOTED_SIGNS = 3, 8
_PREFIX = 5
_SMALL = 13


def nouns_are_capitalised(text: str) -> bool:
    """Whether the text seems to be German, where a capital letter tells no name."""
    words = [word.casefold() for word in _WORD.findall(text)]
    german = sum(word in GERMAN for word in words)
    return german > sum(word in ENGLISH for word in words)


def _normal(number: str) -> str:
    """A number without separators of thousands and leading zeros; a version as it is."""
    if _THOUSANDS.fullmatch(number):
        number = number.replace(",", "").replace(".", "")
    return number.lstrip("0") or "0"


def _numbers(text: str) -> Iterator[tuple[str, str]]:
    """Each number in digits with the word after it, in lower case."""
    text = _ORDINAL.sub("", text)
    for found in _NUMBER.finditer(text):
        after = re.match(r"[\s-]{0,3}([^\W\d_]+)", text[found.end() :])
        yield _normal(found[0]), after[1].casefold() if after else ""


def _worded_numbers(text: str) -> Iterator[tuple[str, str]]:
    words = [part for word in _WORD.findall(text) for part in word.split("-")]
    for word, after in pairwise([*words, ""]):
        value = NUMBER_WORDS.get(word.casefold())
        if value is not None:
            yield value, after.casefold()


def _unit(word: str) -> str | None:
    for unit, beginnings in UNITS.items():
        if word.startswith(beginnings):
            return unit
    return None


def _words(text: str) -> str:
    """Its words alone, in lower case, each with a blank before and after."""
    return f" {' '.join(re.findall(r'\w+', text.casefold()))} "


def _tokens(text: str) -> Iterator[str]:
    """Addresses, paths, dotted names and identifiers."""
    for found in _TOKEN.findall(_ORDINAL.sub("", text)):
        token = found.lstrip(":?,-").rstrip(".:?,-").rstrip("/")
        letters, digits = re.search(r"[A-Za-z]", token), re.search(r"\d", token)
        if not letters:
            continue
        parts = re.split(r"[.]", token)
        dotted = len(parts) > 1 and any(len(part) > 1 for part in parts)
        mixed = digits and re.search(r"[A-Za-z]\d|\d[A-Za-z]", token)
        if dotted or mixed or "_" in token or "@" in token or "//" in token or found[0] == "/":
            yield token


def _quotations(prose: str) -> Iterator[str]:
    """What is quoted at some length; a word or two in quotation marks quote nobody."""
    for groups in _QUOTED.findall(prose):
        quoted = "".join(groups)
        signs = len(quoted) if not quoted.isascii() else 0
        if len(quoted.split()) >= _QUOTED_WORDS or signs >= _QUOTED_SIGNS:
            yield quoted


class Source:
    """A text in which facts are looked up; several passages may be one.

    Args:
        text: what they say.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self._folded = text.casefold()

    @cached_property
    def _plain(self) -> str:
        return _words(self.text)

    @cached_property
    def _lines(self) -> str:
        return " ".join(self.text.split())

    @cached_property
    def _beginnings(self) -> frozenset[str]:
        return frozenset(word[:_PREFIX] for word in self._plain.split())

    @cached_property
    def _known(self) -> dict[str, set[str]]:
        """The words after each number."""
        known: dict[str, set[str]] = {}
        for number, after in (*_numbers(self.text), *_worded_numbers(self.text)):
            known.setdefault(number, set()).add(after)
        # 1.500 may be a version here, and a number there.
        for found in _NUMBER.findall(self.text):
            known.setdefault(found.lstrip("0") or "0", set())
        for place, month in enumerate(MONTHS, 1):
            if f" {month} " in self._plain:
                known.setdefault(str(place), set())
        return known

    @cached_property
    def _months(self) -> frozenset[str]:
        months = {int(month) for month in _ISO_DATE.findall(self.text)}
        return frozenset(MONTHS[month - 1] for month in months if 1 <= month <= len(MONTHS))

    def copied(self, text: str) -> bool:
        """Whether these words stand here in this order, whatever signs are between them."""
        words = _words(text.replace(CODE_BEGIN, " ").replace(CODE_END, " "))
        return bool(words.strip()) and words in self._plain

    def holds_line(self, line: str) -> bool:
        """Whether a line of code stands here, but for its blanks."""
        return " ".join(line.split()) in self._lines or self.copied(line)

    def holds_token(self, token: str) -> bool:
        """Whether an address, a path or a name stands here whole."""
        wanted = re.escape(token.casefold())
        return re.search(rf"(?<![\w.@-]){wanted}(?![\w@?&=%#-]|[./:]\w)", self._folded) is not None

    def holds_link(self, link: str) -> bool:
        """Whether this address stands here."""
        return self.holds_token(link.rstrip("/"))

    def unsupported(self, text: str) -> list[str]:
        """Words that are neither here, nor grammar."""
        words = _words(text).split()
        return [
            word for word in words if word not in GRAMMAR and word[:_PREFIX] not in self._beginnings
        ]

    def lacks(self, text: str, asked: Source, *, names: bool) -> str | None:
        """Which kind of fact in a statement is not here; None if all are.

        Args:
            text: the statement, without its citations.
            asked: what the caller gave, whose links may be repeated.
            names: whether a capital letter within a sentence tells a name.
        """
        prose = _CODE.sub(" ", text)
        addresses = [token for token in _tokens(_CODE.sub(r" \1 ", text)) if "//" in token]
        tokens = [token for token in _tokens(prose) if token not in addresses]
        bare = prose
        for token in (*addresses, *tokens):
            bare = bare.replace(token, " ")
        held: dict[str, Callable[[], bool]] = {
            "has a link": lambda: all(
                self.holds_token(one) or asked.holds_token(one) for one in addresses
            ),
            "has code": lambda: all(
                self.holds_line(code.replace(BRACKET, "[")) for code in _CODE.findall(text)
            ),
            "has a quotation": lambda: all(map(self.copied, _quotations(prose))),
            "names something": lambda: all(map(self.holds_token, tokens)),
            "has a number": lambda: self._has_numbers(bare),
            "has a name": lambda: not names or all(map(self._has_name, _names(bare))),
        }
        for what, is_held in held.items():
            if not is_held():
                return f"{what} that its passages do not have"
        return None

    def _has_numbers(self, prose: str) -> bool:
        for number, after in _numbers(prose):
            if number not in self._known or self._other_unit(number, after):
                return False
        counted = {unit for afters in self._known.values() for unit in map(_unit, afters)}
        counted |= {after for afters in self._known.values() for after in afters}
        for number, after in _worded_numbers(prose):
            if number in self._known:
                if self._other_unit(number, after):
                    return False
            # "Two things" counts what the passages list.
            elif int(number) >= _SMALL or after in counted or _unit(after) is not None:
                return False
        return True

    def _other_unit(self, number: str, after: str) -> bool:
        """Whether the number is of another unit of time here."""
        unit = _unit(after)
        here = {_unit(word) for word in self._known[number]} - {None}
        return unit is not None and bool(here) and unit not in here

    def _has_name(self, name: str) -> bool:
        word = re.sub(r"['\u2019]s$", "", name.casefold())
        return all(
            f" {part} " in self._plain or part in self._months for part in _words(word).split()
        )


def _names(prose: str) -> Iterator[str]:
    """Words with a capital letter that no sentence begins with."""
    previous_end, initial, before = 0, True, None
    for found in _WORD.finditer(prose):
        gap = prose[previous_end : found.start()]
        initial = previous_end == 0 or re.search(r"[.!?:\"\u201c(|\n]", gap) is not None
        word = found[0]
        capital = word[0].isupper() and len(word) > 1
        if capital and not initial:
            # Two in a row are a name even where a sentence begins.
            if before is not None and not gap.strip():
                yield before
            yield word
        begins = capital and initial and word.casefold() not in GRAMMAR
        before = word if begins else None
        previous_end = found.end()
