"""reStructuredText, parsed by docutils.

https://docutils.sourceforge.io/docs/ref/rst/restructuredtext.html

Directives and roles of Sphinx are unknown to docutils. That costs nothing: the passages are the
document's own lines, and docutils tells only where its sections begin.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator

from docutils import frontend, nodes, utils
from docutils.parsers.rst import Parser

from aoma.corpus.markup.outline import Block, Heading, Outline, lines_of, plain

# An underline: at least as many as in "---", of one mark.
_RULE = re.compile(r"^([^\w\s])\1{2,}\s*$", re.MULTILINE)
# A role that docutils does not know stays in a title as it is written.
_ROLE = re.compile(r"(?::[\w:.+-]+:)?`([^`<]*?)(?:\s*<[^<>`]*>)?`_{0,2}")
# Above the highest level of docutils' messages.
_NEVER = 5


def _parsed(text: str) -> nodes.document:
    settings = frontend.get_default_settings(Parser)
    # Nothing is read that the document names, and no message of docutils ends the reading.
    settings.file_insertion_enabled = False
    settings.raw_enabled = False
    settings.halt_level = settings.report_level = _NEVER
    settings.warning_stream = io.StringIO()
    settings.line_length_limit = len(text) + 1
    document = utils.new_document("document", settings)
    Parser().parse(text, document)
    return document


def _sections(node: nodes.Element, level: int = 1) -> Iterator[tuple[nodes.section, int]]:
    for child in node.children:
        if isinstance(child, nodes.section):
            yield child, level
            yield from _sections(child, level + 1)


def _heading(lines: list[str], section: nodes.section, level: int) -> Heading:
    # docutils counts from 1 and names the line of the underline.
    rule = (section.line or 1) - 1
    start = rule - 1
    if start > 0 and lines[start - 1].rstrip() == lines[rule].rstrip():
        start -= 1
    text = _ROLE.sub(r"\1", section[0].astext())
    return Heading(start, rule + 1, level, " ".join(text.split()))


def _blocks(lines: list[str]) -> tuple[Block, ...]:
    """What starts at the left margin after a blank line; what is indented belongs to it."""
    return tuple(
        Block(at)
        for at, line in enumerate(lines)
        if line[:1].strip() and (at == 0 or not lines[at - 1].strip())
    )


def restructured_text(text: str) -> Outline:
    """The outline of a reStructuredText document."""
    lines = lines_of(text)
    sections = _sections(_parsed("\n".join(lines)))
    headings = [_heading(lines, section, level) for section, level in sections]
    return Outline(lines, headings, _blocks(lines))


def text_or_restructured(text: str) -> Outline:
    """The outline of a .txt file: that of reStructuredText if docutils finds sections in it.

    Whoever writes plain text underlines headings too, and is understood.
    """
    if not _RULE.search(text):
        return plain(text)
    outline = restructured_text(text)
    return outline if outline.headings else plain(text)
