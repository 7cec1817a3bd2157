"""AsciiDoc: sections, delimited blocks and tables.

https://docs.asciidoctor.org/asciidoc/latest/sections/titles-and-levels/

No library is used: the kept one for Python, asciidoc-py, runs commands that a document names
(its safe mode fails on its own files), and Asciidoctor needs Ruby or Node. The passages are the
document's own lines, so only the lines that divide it are read here.
"""

from __future__ import annotations

import re

from aoma.corpus.markup.outline import Block, Heading, Outline, lines_of

_HEADING = re.compile(r"^(?P<marks>={1,6}|#{1,6})[ \t]+(?P<text>\S.*?)(?:[ \t]+(?P=marks))?[ \t]*$")
# Lines that open and close a block; what stands between two equal ones is no heading.
_DELIMITER = re.compile(r"^(?:([-.+*_=/])\1{3,}|--|```.*|[|,:!]={3,})[ \t]*$")
_TABLE = re.compile(r"^[|,:!]={3,}[ \t]*$")
_ANCHOR = re.compile(r"^\[(?:\[(?P<block>[\w.:-]+)(?:,[^\]]*)?\]|#(?P<short>[\w.:-]+)[^\]]*)\]\s*$")
_ATTRIBUTE = re.compile(r"\{[\w-]+\}")
_MACRO = re.compile(r"(?:link|xref|image|https?):\S*?\[([^\[\]]*)\]")
_MARK = re.compile(r"([`*_#]{1,2})(?=\S)(.+?)(?<=\S)\1")


def _plain(text: str) -> str:
    text = _MACRO.sub(r"\1", text)
    text = _MARK.sub(r"\2", text)
    return " ".join(_ATTRIBUTE.sub("", text).split()) or text


def asciidoc(text: str) -> Outline:
    """The outline of an AsciiDoc document."""
    lines = lines_of(text)
    headings: list[Heading] = []
    blocks: list[Block] = []
    closing = ""
    for at, line in enumerate(lines):
        stripped = line.rstrip()
        if closing:
            closing = "" if stripped == closing else closing
            continue
        heading = _HEADING.match(line)
        if _DELIMITER.match(line):
            closing = "```" if stripped.startswith("```") else stripped
            # A table's first row is its header.
            blocks.append(Block(at, 2 if _TABLE.match(line) else 1))
        elif heading and (at == 0 or not lines[at - 1].strip() or _ANCHOR.match(lines[at - 1])):
            anchor = _ANCHOR.match(lines[at - 1]) if at else None
            slug = (anchor["block"] or anchor["short"]) if anchor else None
            text_of = _plain(heading["text"])
            headings.append(Heading(at, at + 1, len(heading["marks"]), text_of, slug))
        elif stripped and (at == 0 or not lines[at - 1].strip()):
            blocks.append(Block(at))
    return Outline(lines, headings, blocks)
