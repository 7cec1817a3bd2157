"""Text of tickets: Jira's wiki markup and Atlassian's document format, as people read it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

# https://jira.atlassian.com/secure/WikiRendererHelpAction.jspa?section=all
_CODE = re.compile(r"(\{(?:code|noformat)(?::[^{}\n]{0,100})?\})")
_MACRO = re.compile(
    r"\{(?:color|quote|panel|info|note|tip|warning|expand|anchor|toc|section|column)"
    r"(?::[^{}\n]{0,300})?\}"
)
_HEADING = re.compile(r"^[ \t]*h([1-6])\.[ \t]+", re.MULTILINE)
_IMAGE = re.compile(
    r"!([^!\s|]{1,200}\.(?:png|jpe?g|gif|svg|bmp|webp|mp4|mov))(?:\|[^!\n]{0,200})?!"
)
_LINK = re.compile(
    r"\[([^\[\]|\n]{1,300})\|((?:https?://|/|#)[^\[\]|\n]{1,2000})(?:\|[^\[\]\n]{0,40})?\]"
)
_BARE_LINK = re.compile(r"\[(https?://[^\[\]|\n]{1,2000})\]")
_MAIL = re.compile(r"\[(?:([^\[\]|\n]{1,300})\|)?mailto:[^\[\]\n]{0,300}\]")
_MENTION = re.compile(r"\[~(?:accountid:)?[^\[\]\n]{1,200}\]")
_BLANK_LINES = re.compile(r"\n[ \t]*(?:\n[ \t]*)+\n")

# Blocks of a document may lie in each other; deeper ones than this give their words only.
_LIMIT_DEPTH = 40


def _prose(text: str) -> str:
    text = _HEADING.sub(lambda found: "#" * int(found[1]) + " ", text)
    text = _IMAGE.sub("", text)
    text = _MAIL.sub(lambda found: found[1] or "", text)
    # A mention is an account's number, or an address.
    text = _MENTION.sub("", text)
    text = _BARE_LINK.sub(r"\1", text)
    text = _LINK.sub(r"\1 (\2)", text)
    return _MACRO.sub("", text)


def from_wiki(text: str) -> str:
    """Wiki markup or plain text as plain text: headings and code as in Markdown.

    Code stays as it is; pictures, colours and mentions of account numbers go.
    """
    parts: list[str] = []
    inside = ""
    for at, part in enumerate(_CODE.split(text)):
        if at % 2 == 0:
            parts.append(part if inside else _prose(part))
            continue
        name, _, options = part.strip("{}").partition(":")
        if not inside:
            inside = name
            language = options.partition("|")[0] if "=" not in options else ""
            parts.append(f"\n```{language.strip()}\n")
        elif name == inside:
            inside = ""
            parts.append("\n```\n")
        else:
            parts.append(part)
    if inside:
        parts.append("\n```")
    return _BLANK_LINES.sub("\n\n", "".join(parts)).strip()


def _attribute(node: Mapping[str, Any], name: str) -> str:
    attributes = node.get("attrs")
    value = attributes.get(name) if isinstance(attributes, dict) else None
    return str(value) if isinstance(value, str | int | float) else ""


def _children(node: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    content = node.get("content")
    if isinstance(content, list):
        yield from (child for child in content if isinstance(child, dict))


def _date(node: Mapping[str, Any]) -> str:
    try:
        when = datetime.fromtimestamp(float(_attribute(node, "timestamp")) / 1000, UTC)
    except (ValueError, OverflowError, OSError):
        return ""
    return when.date().isoformat()


def _leaf(node: Mapping[str, Any]) -> str:
    """What a node without content shows."""
    kind = node.get("type")
    if kind == "text":
        text = node.get("text")
        shown = text if isinstance(text, str) else ""
        marks = node.get("marks")
        for mark in marks if isinstance(marks, list) else ():
            if isinstance(mark, dict) and mark.get("type") == "link":
                link = _attribute(mark, "href")
                if link.startswith(("https://", "http://")) and link != shown:
                    shown += f" ({link})"
        return shown
    if kind == "hardBreak":
        return "\n"
    if kind == "date":
        return _date(node)
    if kind in {"inlineCard", "blockCard", "embedCard"}:
        return _attribute(node, "url")
    if kind in {"mention", "status", "emoji", "placeholder"}:
        return _attribute(node, "text") or _attribute(node, "shortName")
    return _attribute(node, "alt")


def _words(node: Mapping[str, Any]) -> str:
    """Everything below a node, as one run of text; however deep it is."""
    found: list[str] = []
    rest = [node]
    while rest:
        current = rest.pop()
        below = list(_children(current))
        rest.extend(reversed(below))
        if not below:
            found.append(_leaf(current))
    return "".join(found)


def _items(node: Mapping[str, Any], depth: int) -> str:
    numbered = node.get("type") == "orderedList"
    lines = []
    for number, item in enumerate(_children(node), 1):
        text = _block(item, depth + 1).replace("\n\n", "\n").replace("\n", "\n  ")
        lines.append(f"{number}. {text}" if numbered else f"- {text}")
    return "\n".join(lines)


def _row(node: Mapping[str, Any], depth: int) -> str:
    cells = [" ".join(_block(cell, depth + 1).split()) for cell in _children(node)]
    return "| " + " | ".join(cells) + " |"


def _heading(node: Mapping[str, Any], _depth: int) -> str:
    level = _attribute(node, "level")
    return "#" * (int(level) if level in set("123456") else 1) + " " + _words(node)


def _code(node: Mapping[str, Any], _depth: int) -> str:
    return f"```{_attribute(node, 'language')}\n{_words(node)}\n```"


def _line(node: Mapping[str, Any], _depth: int) -> str:
    return _words(node).strip()


_BLOCKS = {
    "heading": _heading,
    "codeBlock": _code,
    "tableRow": _row,
    **dict.fromkeys(("bulletList", "orderedList", "taskList", "decisionList"), _items),
    **dict.fromkeys(("paragraph", "taskItem", "decisionItem"), _line),
}


def _block(node: Mapping[str, Any], depth: int) -> str:
    if depth > _LIMIT_DEPTH:
        return _words(node)
    kind = node.get("type")
    known = _BLOCKS.get(kind) if isinstance(kind, str) else None
    if known:
        return known(node, depth)
    below = list(_children(node))
    if not below:
        return _leaf(node)
    parts = [_attribute(node, "title"), *(_block(child, depth + 1) for child in below)]
    return ("\n" if kind == "table" else "\n\n").join(part for part in parts if part.strip())


def from_document(node: Mapping[str, Any]) -> str:
    """Atlassian Document Format as plain text: headings, lists, tables, code as in Markdown.

    https://developer.atlassian.com/cloud/jira/platform/apis/document/structure/
    What is of no known kind gives its words.
    """
    return _block(node, 0).strip()
