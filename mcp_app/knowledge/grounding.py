"""Whether what a model wrote stands on the passages it was given.

Checked, without another model and therefore the same each time:

- It cites at least one passage, and every number in brackets is one of a passage that it was
  shown. `[1]`, `[1][3]`, `[1, 3]` and `[1-3]` are citations; numbers inside code are not.
- Every paragraph and every list item holds a citation, so that nothing uncited stands beside
  what is cited. Exempt is what claims nothing by itself: short headings, a short line with a
  colon before what it introduces, code blocks. Items below an item or a line with a colon
  that is cited are covered by it. Sentences are not counted one by one: models cite
  once for two sentences that say one thing.
- Every link is in a passage that is cited, or in what the caller asked. There are no images. So
  no answer makes a reader's client send what the model read to an address.

Not checked: that a cited passage really says what the sentence before its number says. A wrong
paraphrase passes, and so does a document's own falsehood, cited as that document's. The
passages come with every answer so that a reader can compare.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

_FENCED = re.compile(r"^[ \t]*(```+|~~~+).*?(?:^[ \t]*\1[ \t]*$|\Z)", re.MULTILINE | re.DOTALL)
_SPAN = re.compile(r"(`+)(?!`).*?(?<!`)\1(?!`)")
_CITATION = re.compile(r"\[([0-9]+(?:\s*[,;\u2013-]\s*[0-9]+)*)\]")
_RANGE = re.compile(r"([0-9]{1,4})\s*[\u2013-]\s*([0-9]{1,4})")
_ITEM = re.compile(r"(?:[-*+\u2022]|[0-9]{1,3}[.)])\s+")
_HEADING = re.compile(r"#{1,6}\s|\*\*[^*]+\*\*:?$")
_LINK = re.compile(
    r"([A-Za-z][A-Za-z0-9+.-]{0,30}://[^\s<>()\[\]\"'`]+)"
    r"|\]\(\s*<?([^)\s>]+)"
    r"|^[ \t]*\[[^\]\n]+\]:[ \t]*<?([^\s>]+)"
    r"|\b(?:src|href)\s*=\s*[\"']?([^\s\"'>]+)",
    re.MULTILINE | re.IGNORECASE,
)
_IMAGE = re.compile(r"!\[|<img\b", re.IGNORECASE)
# Longer, it says something itself.
LIMIT_HEADING = 120


class Verdict(NamedTuple):
    """The passages that a text cites, in ascending order, and what is wrong with it if anything."""

    cited: tuple[int, ...]
    fault: str | None


class _Block(NamedTuple):
    """A paragraph (`indent` 0) or a list item with how far it is indented."""

    text: str
    indent: int
    item: bool


def _numbers(text: str) -> Iterator[str]:
    """Each number that is cited, as written; a range that runs backwards as a whole."""
    for group in _CITATION.findall(text):
        for part in re.split(r"[,;]", group):
            number = part.strip()
            ends = _RANGE.fullmatch(number)
            if ends is None or int(ends[1]) >= int(ends[2]):
                yield number
            else:
                yield from map(str, range(int(ends[1]), int(ends[2]) + 1))


def _blocks(text: str) -> Iterator[_Block]:
    """Paragraphs and list items in order; headings and rules are none."""
    lines: list[str] = []
    indent, item = 0, False
    for raw in [*text.expandtabs(4).split("\n"), ""]:
        line = raw.strip()
        starts = _ITEM.match(line) is not None
        label = _ITEM.sub("", line, count=1)
        heading = len(line) <= LIMIT_HEADING and _HEADING.match(label) is not None
        if (starts or heading or not line) and lines:
            yield _Block(" ".join(lines), indent, item)
            lines = []
        if heading or not any(sign.isalnum() for sign in line):
            continue
        if not lines:
            indent, item = len(raw) - len(raw.lstrip()), starts
        lines.append(line)


def _uncited(text: str) -> int | None:
    """Which paragraph or list item, from 1 on, is the first without a citation; None if none."""
    blocks = [*_blocks(text)]
    # Indents of the blocks that what follows lies below, and whether each is cited.
    above: list[tuple[int, bool]] = []
    for at, block in enumerate(blocks):
        indent = block.indent if block.item or block.indent else -1
        while above and above[-1][0] >= indent:
            above.pop()
        cited = _CITATION.search(block.text) is not None or any(is_cited for _, is_cited in above)
        leads = block.text.rstrip("*_ ").endswith(":") and len(block.text) <= LIMIT_HEADING
        if not cited and not (leads and at + 1 < len(blocks)):
            return at + 1
        if leads or indent >= 0:
            above.append((indent, cited))
    return None


def _links_elsewhere(text: str, known: str) -> bool:
    """Whether a link is in the text that is not in what is known."""
    links = (next(filter(None, found.groups())) for found in _LINK.finditer(text))
    return any(link.rstrip(".,;:!?*_") not in known for link in links)


def check(text: str, passages: Iterable[tuple[str, ...]], *, asked: str = "") -> Verdict:
    """Hold a model's text against the passages it was shown.

    Args:
        text: what it wrote.
        passages: for each, from number 1 on, the texts of it: what it says, title, link.
        asked: what the caller gave; its links may be repeated.
    """
    shown = {str(number): texts for number, texts in enumerate(passages, 1)}
    prose = _SPAN.sub("``", _FENCED.sub("", text))
    numbers = dict.fromkeys(_numbers(prose))
    cited = tuple(sorted(int(number) for number in numbers if number in shown))
    false = [number for number in numbers if number not in shown]
    fault = None
    if false:
        fault = f"it cites [{false[0][:20]}], and passages are numbered 1 to {len(shown)}"
    elif not cited:
        fault = "it cites no passage"
    elif (uncited := _uncited(prose)) is not None:
        fault = f"its paragraph or list item {uncited} has no citation"
    else:
        texts = [piece for number in cited for piece in shown[str(number)]]
        if _IMAGE.search(prose):
            fault = "it holds an image"
        elif _links_elsewhere(text, "\n".join((*texts, asked))):
            fault = "it holds a link that no cited passage has"
    return Verdict(cited, fault)
