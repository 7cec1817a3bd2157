"""Numbers in brackets that cite passages."""

from __future__ import annotations

import re
from collections.abc import Iterator

GROUP = r"\[[0-9]+(?:\s*[,;\u2013-]\s*[0-9]+)*\]"
_GROUP = re.compile(GROUP)
_RANGE = re.compile(r"([0-9]{1,4})\s*[\u2013-]\s*([0-9]{1,4})")
# https://platform.openai.com/docs/guides/tools-file-search: number, dagger, what is cited.
_OPENAI = re.compile(r"\u3010([^\u3011\u2020\n]{1,20})\u2020[^\u3011\n]{0,200}\u3011")


def unified(text: str) -> str:
    """The text with OpenAI's citations written as the others are."""
    return _OPENAI.sub(lambda found: f"[{_number(found[1])}]", text)


def _number(text: str) -> str:
    # `4:0` names a place in a conversation of OpenAI's, and no passage: 0 is the number of none.
    return text.strip() if text.strip().isdecimal() else "0"


def numbers(text: str) -> Iterator[str]:
    """Each number that is cited, as written; a range that runs backwards as a whole."""
    for group in _GROUP.findall(text):
        for part in re.split(r"[,;]", group[1:-1]):
            number = part.strip()
            ends = _RANGE.fullmatch(number)
            if ends is None or int(ends[1]) >= int(ends[2]):
                yield number
            else:
                yield from map(str, range(int(ends[1]), int(ends[2]) + 1))


def between(text: str) -> list[str]:
    """What stands before, between and after the citations."""
    return _GROUP.split(text)


def without(text: str) -> str:
    """The text without its citations."""
    return _GROUP.sub(" ", text)
