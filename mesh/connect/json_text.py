"""One member of a JSON text, set or removed without touching anything else.

Editors' files have comments and commas at the end, which the standard library refuses and every
library that takes them loses. So the text stays, and only the places of its values are found.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from mesh.connect.refusal import BadTextError

# Spaces, `// to the end of the line`, and `/* between */`.
SPACE = re.compile(r"(?:[ \t\r\n\ufeff]+|//[^\n]*|/\*.*?\*/)*", re.DOTALL)
SAME_LINE = re.compile(r"[ \t]*(?://[^\n\r]*|/\*[^\n]*?\*/)?[ \t]*")
PLAIN = re.compile(r"[-+.\w]+")
DECODER = json.JSONDecoder()


@dataclass
class Node:
    """A value: where it stands, and what is in it.

    Attributes:
        start: of its text.
        end: of its text.
        value: as Python has it.
        members: of an object or a list: where each begins (an object's at its key), and its value.
        keys: of an object's members.
    """

    start: int
    end: int
    value: Any
    members: list[tuple[int, Node]] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)

    def member(self, key: str) -> Node | None:
        """The member of this name; the last one counts."""
        found = [
            node for name, (_, node) in zip(self.keys, self.members, strict=True) if name == key
        ]
        return found[-1] if found else None


class Reader:
    """Reads a text with comments."""

    def __init__(self, text: str) -> None:
        self._text = text

    def whole(self) -> Node:
        """The one value that the text holds."""
        node = self._value(self._space(0))
        end = self._space(node.end)
        if end != len(self._text):
            self._refuse(end, "nothing more was expected")
        return node

    def _refuse(self, at: int, what: str) -> None:
        line = self._text.count("\n", 0, at) + 1
        column = at - self._text.rfind("\n", 0, at)
        raise BadTextError(f"line {line}, column {column}: {what}")

    def _space(self, at: int) -> int:
        found = SPACE.match(self._text, at)
        return found.end() if found else at

    def _value(self, at: int) -> Node:
        begins = self._text[at : at + 1]
        if begins in {"{", "["}:
            return self._container(at, "}" if begins == "{" else "]")
        try:
            value, end = DECODER.raw_decode(self._text, at)
        except ValueError:
            self._refuse(at, "a value was expected" if begins else "the text ends too early")
            raise
        return Node(at, end, value)

    def _container(self, start: int, closing: str) -> Node:
        is_object = closing == "}"
        node = Node(start, start, {} if is_object else [])
        at = self._space(start + 1)
        while self._text[at : at + 1] != closing:
            begins = at
            if is_object:
                key = self._value(at) if self._text[at : at + 1] == '"' else None
                if key is None:
                    self._refuse(at, "a name in quotation marks was expected")
                    raise AssertionError
                at = self._space(key.end)
                if self._text[at : at + 1] != ":":
                    self._refuse(at, "a colon was expected")
                at = self._space(at + 1)
                node.keys.append(key.value)
            value = self._value(at)
            node.members.append((begins, value))
            if is_object:
                node.value[node.keys[-1]] = value.value
            else:
                node.value.append(value.value)
            at = self._space(value.end)
            if self._text[at : at + 1] == ",":
                at = self._space(at + 1)
            elif self._text[at : at + 1] != closing:
                self._refuse(at, f"a comma or {closing} was expected")
        node.end = at + 1
        return node


def read(text: str) -> Any:
    """The value of a text; an empty text is an empty object."""
    return Reader(text).whole().value if text.strip() else {}


def put(text: str, path: Sequence[str], value: Any) -> str:
    """The text with this value at this path; tables on the way are made."""
    if not text.strip():
        text = "{}\n"
    root = Reader(text).whole()
    node, depth = root, 0
    for depth, key in enumerate(path):
        if not isinstance(node.value, dict):
            raise BadTextError(f"{'.'.join(path[:depth]) or 'the whole'} is no object")
        inner = node.member(key)
        if inner is None:
            break
        node = inner
    else:
        return text[: node.start] + _written(text, value, len(path)) + text[node.end :]
    for outer in reversed(path[depth + 1 :]):
        value = {outer: value}
    written = f"{json.dumps(path[depth], ensure_ascii=False)}: {_written(text, value, depth + 1)}"
    return _appended(text, node, written, depth)


def add(text: str, key: str, value: Any) -> str:
    """The text with this value at the end of the root's list of this name."""
    node = Reader(text).whole().member(key)
    if node is None:
        return put(text, (key,), [value])
    if not isinstance(node.value, list):
        raise BadTextError(f"{key} is no list")
    return _appended(text, node, _written(text, value, 2), 1)


def remove(text: str, path: Sequence[str | int]) -> str:
    """The text without the value at this path, which is there."""
    node = Reader(text).whole()
    for key in path[:-1]:
        inner = node.members[key][1] if isinstance(key, int) else node.member(key)
        assert inner is not None  # noqa: S101 - who removes it has read it
        node = inner
    last = path[-1]
    number = last if isinstance(last, int) else len(node.keys) - 1 - node.keys[::-1].index(last)
    start, value = node.members[number]
    end = value.end
    comma = Reader(text)._space(end)  # noqa: SLF001 - of this module
    if text[comma : comma + 1] == ",":
        text = text[:comma] + text[comma + 1 :]
    elif number:
        before = Reader(text)._space(node.members[number - 1][1].end)  # noqa: SLF001 - as above
        text = text[:before] + text[before + 1 :]
        start, end = start - 1, end - 1
    line = text.rfind("\n", 0, start) + 1
    rest = re.compile(r"[ \t]*(\r?\n|$)").match(text, end)
    if not text[line:start].strip() and rest:
        # The lines that it stood on go with it.
        return text[:line] + text[rest.end() :]
    return text[:start] + text[end:]


def _appended(text: str, node: Node, written: str, depth: int) -> str:
    unit, newline = _style(text)
    inside = newline + unit * (depth + 1)
    if not node.members:
        kept = text[node.start + 1 : node.end - 1].rstrip()
        closing = f"{inside}{written}{newline}{unit * depth}"
        return text[: node.start + 1] + kept + closing + text[node.end - 1 :]
    last = node.members[-1][1]
    comma = Reader(text)._space(last.end)  # noqa: SLF001 - of this module
    has_comma = text[comma : comma + 1] == ","
    before = text[: comma + 1] if has_comma else f"{text[: last.end]},"
    end = comma + 1 if has_comma else last.end
    # A remark behind the last member stays with it.
    remark = SAME_LINE.match(text, end)
    after = remark.end() if remark else end
    if has_comma:
        # As whoever wrote the file likes it.
        written += ","
    closes = text[after : node.end - 1]
    tail = "" if "\n" in closes else newline + unit * depth
    return before + text[end:after].rstrip() + inside + written + tail + text[after:]


def _style(text: str) -> tuple[str, str]:
    """What the text indents with, and how it ends lines."""
    indented = re.search(r"\{\s*?\n([ \t]+)\S", text)
    return indented[1] if indented else "  ", "\r\n" if "\r\n" in text else "\n"


def _written(text: str, value: Any, depth: int) -> str:
    unit, newline = _style(text)
    lines = json.dumps(value, indent=unit, ensure_ascii=False).split("\n")
    return (newline + unit * depth).join(lines)
