"""Sections of a Markdown, reStructuredText or plain document, by heading."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from aoma.corpus.chunks import fence_after, split

_ATX = re.compile(r"^ {0,3}(?P<marks>#{1,6})(?:[ \t]+(?P<text>.*?))??(?:[ \t]+#+)?[ \t]*$")
_SETEXT = re.compile(r"^ {0,3}(?P<mark>=+|-{2,})[ \t]*$")
# A line that cannot be a setext heading's text: indented code, list, quote, table.
_NOT_TEXT = re.compile(r"^(?: {4}|\t| {0,3}(?:[-*+>|#]|\d+[.)]\s|[-*_=]{3,}\s*$))")
_CUSTOM_SLUG = re.compile(r"\s*\{\s*#(?P<slug>[\w.:-]+)[^}]*\}\s*$")
_INLINE = (
    (re.compile(r"!?\[([^\]]*)\](?:\([^)]*\)|\[[^\]]*\])"), r"\1"),
    (re.compile(r"</?[A-Za-z][^<>]*>"), ""),
    (re.compile(r"(\*\*|__|\*|~~)(?=\S)(.+?)(?<=\S)\1"), r"\2"),
    (re.compile(r"`+"), ""),
)
_RST_RULE = re.compile(r"^([=\-`:'\"~^_*+#<>.])\1+\s*$")
_TITLE = re.compile(r"^title\s*[:=]\s*(?P<title>.+?)\s*$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Section:
    """A passage to be: `text` holds the heading's line, `body` does not."""

    heading: tuple[str, ...]
    slug: str
    part: int
    text: str
    body: str


@dataclass(frozen=True, slots=True)
class Parsed:
    """A document's title, None when it names none, and its sections in order."""

    title: str | None
    sections: tuple[Section, ...]


@dataclass(slots=True)
class _Piece:
    level: int
    heading: str
    slug: str | None
    head: list[str] = field(default_factory=list)
    body: list[str] = field(default_factory=list)


def plain(heading: str) -> str:
    """A heading's text without inline markup."""
    for pattern, replacement in _INLINE:
        heading = pattern.sub(replacement, heading)
    return " ".join(heading.split())


def slug_of(heading: str) -> str:
    """The anchor that GitHub gives a heading (before numbering of repeats)."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") or "section"


def _front_matter(lines: list[str]) -> tuple[str | None, list[str]]:
    """The front matter's title, and the lines after it. YAML (---) and TOML (+++) alike."""
    if not lines or lines[0].rstrip() not in ("---", "+++"):
        return None, lines
    fence = lines[0].rstrip()
    ends = (fence, "...") if fence == "---" else (fence,)
    for at, line in enumerate(lines[1:], 1):
        if line.rstrip() in ends:
            titles = [found["title"] for entry in lines[1:at] if (found := _TITLE.match(entry))]
            title = titles[0].strip("\"'").strip() if titles else ""
            return title or None, lines[at + 1 :]
    return None, lines


def _markdown_pieces(lines: list[str]) -> list[_Piece]:
    pieces = [_Piece(0, "", None)]
    fence = ""
    for line in lines:
        before = fence
        fence = fence_after(line, fence)
        body = pieces[-1].body
        if before or fence:
            body.append(line)
            continue
        atx = _ATX.match(line)
        setext = _SETEXT.match(line)
        if atx:
            pieces.append(_heading(len(atx["marks"]), atx["text"] or "", [line]))
        elif (
            setext
            and body
            and body[-1].strip()
            and not _NOT_TEXT.match(body[-1])
            and (len(body) == 1 or not body[-2].strip())
        ):
            text = body.pop()
            level = 1 if setext["mark"][0] == "=" else 2
            pieces.append(_heading(level, text, [text, line]))
        else:
            body.append(line)
    return pieces


def _heading(level: int, raw: str, head: list[str]) -> _Piece:
    custom = _CUSTOM_SLUG.search(raw)
    text = plain(raw[: custom.start()] if custom else raw)
    return _Piece(level, text, custom["slug"] if custom else None, head)


def _rst_pieces(lines: list[str]) -> list[_Piece]:
    """Pieces by reStructuredText section titles; levels in order of appearance.

    https://docutils.sourceforge.io/docs/ref/rst/restructuredtext.html#sections
    """
    pieces = [_Piece(0, "", None)]
    levels: dict[tuple[str, bool], int] = {}
    for line in lines:
        body = pieces[-1].body
        rule = _RST_RULE.match(line)
        title = body[-1] if body else ""
        if not (
            rule
            and title.strip()
            and not _RST_RULE.match(title)
            and len(line.rstrip()) >= len(title.rstrip())
            and (title[0] != " " or (len(body) > 1 and body[-2].rstrip() == line.rstrip()))
        ):
            body.append(line)
            continue
        head = [body.pop(), line]
        over = bool(body) and body[-1].rstrip() == line.rstrip()
        if over:
            head.insert(0, body.pop())
        level = levels.setdefault((rule[1], over), len(levels) + 1)
        pieces.append(_Piece(level, plain(title.replace("``", "`")), None, head))
    return pieces


def _sections(pieces: list[_Piece], title: str | None) -> tuple[Section, ...]:
    """Sections of the pieces; a heading with no text of its own goes to the next one."""
    found: list[Section] = []
    path: list[tuple[int, str]] = []
    seen: dict[str, int] = {}
    waiting: list[str] = []
    for at, piece in enumerate(pieces):
        while path and path[-1][0] >= piece.level:
            path.pop()
        if piece.level:
            path.append((piece.level, piece.heading))
        slug = piece.slug or (slug_of(piece.heading) if piece.level else "top")
        # Repeated headings are numbered as GitHub numbers them, bodies or not.
        seen[slug] = seen.get(slug, -1) + 1
        if seen[slug]:
            slug = f"{slug}-{seen[slug]}"
        parts = split("\n".join(piece.body))
        waiting += piece.head
        if not parts and not (waiting and at == len(pieces) - 1):
            continue
        head = "\n".join(waiting)
        waiting = []
        heading = tuple(text for _, text in path if text)
        if heading and heading[0] == title:
            heading = heading[1:]
        for number, body in enumerate(parts or [""]):
            text = f"{head}\n\n{body}".strip("\n") if number == 0 else body
            found.append(Section(heading, slug, number, text, body))
    return tuple(found)


def parse(text: str, kind: str) -> Parsed:
    """A document's title and sections.

    Args:
        text: the whole document.
        kind: "markdown", "rst" or "plain"; plain text has one section, cut by size.
    """
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    title = None
    if kind == "markdown":
        title, lines = _front_matter(lines)
        pieces = _markdown_pieces(lines)
    elif kind == "rst":
        pieces = _rst_pieces(lines)
    else:
        pieces = [_Piece(0, "", None, [], lines)]
    if title is None:
        title = next((piece.heading for piece in pieces if piece.level == 1), None) or None
    return Parsed(title, _sections(pieces, title))
