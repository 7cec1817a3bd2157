"""The statements of a Markdown text: sentences, headings, rows of tables, blocks of code."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from enum import Enum
from typing import NamedTuple

from markdown_it import MarkdownIt
from markdown_it.token import Token

from mcp_app.knowledge.grounding.citations import GROUP

# Around code within a sentence, whose brackets are no citations.
CODE_BEGIN, CODE_END, BRACKET = "\ue000", "\ue001", "\ue002"
_PRIVATE = str.maketrans("", "", CODE_BEGIN + CODE_END + BRACKET)
_CJK_STOP = "\u3002\uff01\uff1f"
# The end of a sentence with what belongs to it: closing signs, and citations after it.
_END = re.compile(
    rf"(?:[.!?\u2026]+[\"'\u201d\u2019)\]*_]*(?:\s*{GROUP})*(?=\s|$))"
    rf"|(?:[{_CJK_STOP}!?][\u300d\u300f\"')]*(?:\s*{GROUP})*)"
)
_ONLY_CITATIONS = re.compile(rf"(?:\s|{GROUP}|[.,;:!?])*")
_SHORT_WORDS = 2


class Kind(Enum):
    """What a statement is: a label is a heading or a bold line, a lead ends with a colon."""

    SENTENCE = "sentence"
    LABEL = "label"
    LEAD = "lead"
    CODE = "code"


class Statement(NamedTuple):
    """What is claimed at once."""

    kind: Kind
    text: str


class Answer(NamedTuple):
    """A text as its reader sees it.

    Attributes:
        statements: in order.
        links: where its links lead.
        html: each piece of HTML.
        images: whether there is one.
    """

    statements: list[Statement]
    links: list[str]
    html: list[str]
    images: bool


def _any_link(url: str) -> bool:  # noqa: ARG001 - as the parser calls it
    return True


def read(text: str) -> Answer:
    """The statements of a text, its links, and what is no text in it."""
    parser = MarkdownIt("commonmark").enable(["table", "strikethrough"])
    # All that is meant as a link is one, as written.
    parser.validateLink = _any_link  # type: ignore[method-assign]
    parser.normalizeLink = lambda url: url  # type: ignore[method-assign]
    environment: dict[str, dict[str, dict[str, str]]] = {}
    tokens = parser.parse(text.translate(_PRIVATE), environment)
    links = [one["href"] for one in environment.get("references", {}).values()]
    answer = Answer([], links, [], images=False)
    images = False
    row: list[str] | None = None
    for place, token in enumerate(tokens):
        if token.type in {"fence", "code_block"}:
            answer.statements.append(Statement(Kind.CODE, token.content))
        elif token.type == "html_block":
            answer.html.append(token.content.strip())
        elif token.type == "tr_open":
            row = []
        elif token.type == "tr_close" and row is not None:
            _add(answer, [Statement(Kind.SENTENCE, " | ".join(filter(None, row)))])
            row = None
        elif token.type == "inline":
            around = tokens[place - 1].type
            images |= _inline(token, answer)
            pieces = _pieces(token.children or ())
            if around == "td_open" and row is not None:
                row.append(" ".join(piece for piece, _ in pieces))
            elif around in {"heading_open", "th_open"}:
                joined = " ".join(piece for piece, _ in pieces)
                _add(answer, [Statement(Kind.LABEL, joined)])
            else:
                leads = _leads(tokens, place)
                _add(answer, _sentences(pieces, leads=leads))
    return answer._replace(images=images)


def _add(answer: Answer, statements: Sequence[Statement]) -> None:
    answer.statements.extend(one for one in statements if any(sign.isalnum() for sign in one.text))


def _inline(token: Token, answer: Answer) -> bool:
    """Note links and HTML; whether there is an image."""
    images = False
    for child in token.children or ():
        if child.type == "link_open":
            answer.links.append(str(child.attrs.get("href", "")))
        elif child.type == "html_inline" and child.content.lower() not in {"<br>", "<br/>"}:
            answer.html.append(child.content)
        images |= child.type == "image"
    return images


def _pieces(children: Sequence[Token]) -> list[tuple[str, bool]]:
    """The text in pieces that no sentence goes beyond, and whether each is a bold label."""
    writer = _Pieces()
    for place, child in enumerate(children):
        writer.add(child, children[place + 1] if place + 1 < len(children) else None)
    writer.end()
    return writer.pieces


class _Pieces:
    """Takes the parts of a line of text, one after the other.

    Attributes:
        pieces: what is complete.
    """

    def __init__(self) -> None:
        self.pieces: list[tuple[str, bool]] = []
        self._written = ""
        self._before_link = ""
        self._begins_bold = False

    def end(self, *, label: bool = False) -> None:
        """Begin another piece."""
        if self._written.strip():
            self.pieces.append((self._written, label))
        self._written, self._begins_bold = "", False

    def add(self, part: Token, following: Token | None) -> None:
        """Take the next part, with the one after it."""
        kind, content = part.type, part.content
        if kind == "text":
            self._written += content
        elif kind == "code_inline":
            self._written += f"{CODE_BEGIN}{content.replace('[', BRACKET)}{CODE_END}"
        elif kind == "hardbreak" or (kind == "html_inline" and content.lower().startswith("<br")):
            self.end()
        elif kind == "softbreak":
            self._break(following)
        elif kind.startswith("strong"):
            self._bold(following, opens=kind == "strong_open")
        elif kind == "link_open":
            self._before_link = self._written
        elif kind == "link_close":
            # A link whose text is a number is a citation.
            number = self._written[len(self._before_link) :].strip()
            if number.isdecimal():
                self._written = f"{self._before_link}[{number}]"

    def _break(self, following: Token | None) -> None:
        first = (following.content.strip()[:1] if following is not None else "") or "x"
        if first.isupper() or not first.isascii():
            self.end()
        else:
            self._written += " "

    def _bold(self, following: Token | None, *, opens: bool) -> None:
        if opens:
            self._begins_bold = self._begins_bold or not self._written.strip()
        elif self._begins_bold:
            self._begins_bold = False
            after = following.content.strip() if following is not None else ""
            if not after or after.startswith(":") or self._written.rstrip().endswith(":"):
                self.end(label=True)


def _leads(tokens: Sequence[Token], place: int) -> bool:
    """Whether a list, a table, code or a quotation comes right after the paragraph."""
    following = tokens[place + 2].type if place + 2 < len(tokens) else ""
    begins = ("bullet_list_open", "ordered_list_open", "table_open", "blockquote_open")
    return following in {*begins, "fence", "code_block"}


def _sentences(pieces: Sequence[tuple[str, bool]], *, leads: bool) -> list[Statement]:
    found: list[Statement] = []
    for place, (piece, label) in enumerate(pieces):
        if label:
            found.append(Statement(Kind.LABEL, piece.strip().removesuffix(":")))
            continue
        parts = [*_joined(_split(piece))]
        for number, part in enumerate(parts, 1):
            last = place == len(pieces) - 1 and number == len(parts)
            lead = leads and last and part.rstrip("*_ ").endswith(":")
            found.append(Statement(Kind.LEAD if lead else Kind.SENTENCE, part))
    return found


def _split(text: str) -> Iterator[str]:
    begin = 0
    for found in _END.finditer(text):
        before = text[begin : found.start()].rpartition(" ")[2].lstrip("(\"'")
        rest = text[found.end() :].lstrip()
        # "e.g.", "z. B.", and what goes on in small letters, end no sentence.
        inner = found[0][0] == "." and ("." in before or (len(before) == 1 and before.isalpha()))
        if rest[:1].islower() or (inner and rest and not before[:1].isdecimal()):
            continue
        yield text[begin : found.end()].strip()
        begin = found.end()
    if text[begin:].strip():
        yield text[begin:].strip()


def _joined(sentences: Iterable[str]) -> Iterator[str]:
    """Sentences, with one or two words before another joined to it, as in "Yes. They are"."""
    held = ""
    for sentence in sentences:
        if held and _ONLY_CITATIONS.fullmatch(sentence):
            held = f"{held} {sentence}"
            continue
        whole = f"{held} {sentence}".strip()
        if len(sentence.split()) <= _SHORT_WORDS and sentence.isascii() and "[" not in sentence:
            held = whole
            continue
        held = ""
        yield whole
    if held:
        yield held
