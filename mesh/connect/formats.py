"""One entry of a configuration text, set or removed; comments and other entries stay."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping, MutableMapping
from dataclasses import dataclass
from typing import Any

from mesh.connect import json_text
from mesh.connect.places import Format
from mesh.connect.refusal import BadTextError
from mesh.runtime.clients import Entry


def _json(text: str, label: str, entry: Entry, *, remove: bool) -> str:
    found: Any = json_text.read(text)
    _table(found, entry.under)
    if remove:
        text = json_text.remove(text, (*entry.under, label))
    else:
        text = json_text.put(text, (*entry.under, label), dict(entry.content))
    for asked in entry.inputs:
        listed = found.get("inputs", []) if isinstance(found, dict) else []
        places = [at for at, one in enumerate(listed) if one.get("id") == asked["id"]]
        if remove and places:
            text = json_text.remove(text, ("inputs", places[0]))
        elif not remove and not places:
            text = json_text.add(text, "inputs", dict(asked))
    return text


def _toml(text: str, label: str, entry: Entry, *, remove: bool) -> str:
    import tomlkit
    from tomlkit.exceptions import TOMLKitError

    try:
        document = tomlkit.parse(text)
    except TOMLKitError as error:
        raise BadTextError(str(error)) from error
    made = tomlkit.table(is_super_table=True) if not remove else None
    _change(document, label, entry, remove=remove, make=lambda: made)
    return tomlkit.dumps(document)


def _yaml(text: str, label: str, entry: Entry, *, remove: bool) -> str:
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError
    from ruamel.yaml.util import load_yaml_guess_indent

    yaml = YAML()
    yaml.preserve_quotes = True
    yaml.width = 1 << 20
    try:
        document = yaml.load(text)
        _, indent, offset = load_yaml_guess_indent(text, yaml=YAML()) if text.strip() else (0, 2, 0)
    except YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f"line {mark.line + 1}, column {mark.column + 1}: " if mark else ""
        raise BadTextError(f"{where}{getattr(error, 'problem', None) or error}") from error
    yaml.indent(mapping=2, sequence=indent or 2, offset=offset or 0)
    if document is None:
        document = {}
    _change(document, label, entry, remove=remove, make=dict)
    written = io.StringIO()
    yaml.dump(document, written)
    comments = text if text.strip() and not document.keys() - {*entry.under} else ""
    only_comments = comments if not any(_is_content(line) for line in comments.splitlines()) else ""
    return only_comments + written.getvalue()


def _is_content(line: str) -> bool:
    return bool(line.strip()) and not line.lstrip().startswith("#")


def _change(
    document: Any, label: str, entry: Entry, *, remove: bool, make: Callable[[], Any]
) -> None:
    _table(document, entry.under)
    table = document
    for key in entry.under:
        if key not in table:
            table[key] = make()
        table = table[key]
    if remove:
        del table[label]
    else:
        table[label] = dict(entry.content)


def _table(document: Any, under: tuple[str, ...]) -> Mapping[str, Any]:
    """The table that servers stand in; empty where there is none yet."""
    table = document
    for number, key in enumerate(("", *under)):
        if number:
            table = table.get(key, {})
        if not isinstance(table, MutableMapping):
            raise BadTextError(f"{key or 'the whole'} is no table of names and values")
    found: Mapping[str, Any] = table
    return found


@dataclass(frozen=True)
class Text:
    """How one format is read and changed."""

    title: str
    read: Callable[[str], Any]
    change: Callable[..., str]


def _read_toml(text: str) -> Any:
    import tomllib

    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise BadTextError(str(error)) from error


def _read_yaml(text: str) -> Any:
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    try:
        return YAML(typ="safe").load(text) or {}
    except YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f"line {mark.line + 1}, column {mark.column + 1}: " if mark else ""
        raise BadTextError(f"{where}{getattr(error, 'problem', None) or error}") from error


FORMATS: dict[Format, Text] = {
    "json": Text("JSON", json_text.read, _json),
    "toml": Text("TOML", _read_toml, _toml),
    "yaml": Text("YAML", _read_yaml, _yaml),
}


def entries(text: str, entry: Entry, form: Format) -> Mapping[str, Any]:
    """The servers that a text has.

    Raises:
        BadTextError: the text is malformed.
    """
    return _table(FORMATS[form].read(text), entry.under)


def changed(text: str, label: str, entry: Entry, form: Format, *, remove: bool = False) -> str:
    """The text with this entry, or without it; the text has it where it is removed.

    Raises:
        BadTextError: the text is malformed.
    """
    return FORMATS[form].change(text, label, entry, remove=remove)
