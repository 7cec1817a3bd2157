"""Markdown and MDX, parsed by markdown-it-py as CommonMark with GitHub's tables.

https://spec.commonmark.org/0.31.2/
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from html.parser import HTMLParser

from markdown_it import MarkdownIt
from markdown_it.token import Token

from aoma.corpus.markup.front_matter import NOT_READ, front_matter
from aoma.corpus.markup.outline import Block, Heading, Outline, lines_of

# What a heading's own anchor looks like: {#anchor}, or {/*anchor*/} in MDX.
_ANCHOR = re.compile(r"\s*\{(?:\s*#(?P<slug>[^\s{}#~]+)[^}]*|/\*#?(?P<mdx>[\w.:-]+)\*/)\}\s*$")
_MDX_COMMENT = re.compile(r"\s*\{/\*.*?\*/\}")
# Lines of each part of a long block: a table's header and its rule, an opening fence.
_HEADS = {"table_open": 2, "fence": 1}
_DEEPEST = 100
_LEAVES = frozenset(
    {"paragraph_open", "heading_open", "fence", "code_block", "html_block", "table_open", "hr"}
)


def _parser(*, mdx: bool) -> MarkdownIt:
    """A parser of blocks. What stands inside a paragraph is read for headings only."""
    parser = MarkdownIt("commonmark", {"maxNesting": _DEEPEST})
    parser.enable(["table", "strikethrough"]).disable(["inline"])
    # MDX has no indented code: what is indented lies inside a component.
    return parser.disable(["code"]) if mdx else parser


_MARKDOWN, _MDX = _parser(mdx=False), _parser(mdx=True)


def _shown(tokens: Sequence[Token]) -> Iterator[str]:
    """The text of inline markup, without the markup."""
    for token in tokens:
        if token.type in {"text", "code_inline", "text_special"}:
            yield token.content
        elif token.type == "image":
            yield from _shown(token.children or ())
        elif token.type in {"softbreak", "hardbreak"}:
            yield " "


class _HtmlHeadings(HTMLParser):
    """Headings in a block of HTML, such as <h1 align="center">Title</h1>."""

    def __init__(self, first_line: int) -> None:
        super().__init__()
        self.found: list[Heading] = []
        self._first_line = first_line - 1
        self._level = self._line = 0
        self._slug: str | None = None
        self._text: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if re.fullmatch("h[1-6]", tag):
            self._level, self._line = int(tag[1]), self._first_line + self.getpos()[0]
            self._slug = dict(attrs).get("id")
            self._text = []

    def handle_data(self, data: str) -> None:
        self._text.append(data)

    def handle_endtag(self, tag: str) -> None:
        text = " ".join("".join(self._text).split())
        if self._level and tag == f"h{self._level}":
            if text:
                slug = self._slug if _named(self._slug) else None
                self.found.append(Heading(self._line, self._line, self._level, text, slug))
            self._level = 0


def _named(slug: str | None) -> bool:
    """Whether an anchor can stand in a passage's id."""
    return bool(slug) and re.fullmatch(r"[^\s{}#~]+", slug or "") is not None


def _heading(parser: MarkdownIt, opening: Token, inline: Token, env: dict[str, object]) -> Heading:
    start, end = opening.map or (0, 0)
    raw = inline.content
    anchor = _ANCHOR.search(raw)
    if anchor:
        raw = raw[: anchor.start()]
    if parser is _MDX:
        raw = _MDX_COMMENT.sub("", raw)
    tokens: list[Token] = []
    parser.inline.parse(raw, parser, env, tokens)
    text = " ".join("".join(_shown(tokens)).split())
    slug = (anchor["slug"] or anchor["mdx"]) if anchor else None
    return Heading(start, end, int(opening.tag[1]), text, slug)


def markdown(text: str, *, mdx: bool = False) -> Outline:
    """The outline of a Markdown document.

    Args:
        text: the document.
        mdx: whether it is MDX: Markdown with components and comments of JSX.
    """
    lines = lines_of(text)
    matter = front_matter(lines)
    hidden = matter.lines
    if matter.is_read:
        lines, hidden = lines[hidden:], 0
    parser = _MDX if mdx else _MARKDOWN
    env: dict[str, object] = {}
    # Front matter that cannot be read stays in the text, without making headings of it.
    tokens = parser.parse("\n".join([""] * hidden + lines[hidden:]), env)
    headings: list[Heading] = []
    blocks: list[Block] = []
    for at, token in enumerate(tokens):
        if token.type not in _LEAVES or token.map is None:
            continue
        if token.type == "heading_open" and token.level == 0:
            headings.append(_heading(parser, token, tokens[at + 1], env))
            continue
        if not blocks or token.map[0] > blocks[-1].start:
            blocks.append(Block(token.map[0], _HEADS.get(token.type, 0)))
        if token.type == "html_block":
            reader = _HtmlHeadings(token.map[0])
            reader.feed(token.content)
            headings += reader.found
    gaps = () if matter.is_read else ((NOT_READ, ""),)
    return Outline(lines, headings, blocks, matter.title, gaps=gaps)
