"""Results that every JSON writer writes alike: without Pydantic's serializers.

The first serializer imports uuid, ipaddress, pathlib and fractions, and the first one of a
dataclass all of `pydantic_core`: 9 and 35 ms, a fifth and three quarters of a cold start of a
bare handler. A value whose types are exactly those of the schema needs no serializer. Any other
value raises `NotPlainError`, and Pydantic writes it.
"""

from __future__ import annotations

# Not typing's; see `mesh.runtime.handler`.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

EXACT = {"str": str, "int": int, "bool": bool, "none": type(None)}
# What a schema may say of a value besides its own parts, without a change to how it is written.
SILENT = frozenset({"type", "ref", "metadata", "strict", "config", "slots", "frozen", "post_init"})
FIELD = frozenset({"type", "name", "schema", "metadata", "init", "kw_only", "frozen"})
TYPED_FIELD = frozenset({"type", "schema", "required", "metadata"})
# Pydantic refuses what is nested a little deeper than 255 levels.
MAX_DEPTH = 200


class NotPlainError(Exception):
    """Pydantic has to write the value."""


def plain(value: Any, schema: Any) -> Any:
    """The value as JSON has it: texts, numbers, truth values, None, lists and dicts of these.

    Args:
        value: What a tool gave.
        schema: Pydantic's core schema of what it says to give; None where that says nothing.

    Raises:
        NotPlainError: Pydantic has to write the value.
    """
    schema = schema or {"type": "any"}
    definitions = {}
    if schema["type"] == "definitions":
        definitions = {one["ref"]: one for one in schema["definitions"]}
        schema = schema["schema"]
    return _plain(value, schema, definitions, 0)


def _plain(value: Any, schema: Mapping[str, Any], known: Mapping[str, Any], depth: int) -> Any:  # noqa: C901, PLR0911, PLR0912 - one for each kind
    kind = schema["type"]
    if depth > MAX_DEPTH:
        return _refuse()
    if kind in EXACT:
        return _exact(value, EXACT[kind], schema)
    if kind == "float":
        return _float(value) if "serialization" not in schema else _refuse()
    if kind == "any":
        return _whatever(value, depth) if "serialization" not in schema else _refuse()
    if kind == "definition-ref" and "serialization" not in schema:
        return _plain(value, known[schema["schema_ref"]], known, depth + 1)
    if kind == "nullable" and _only(schema, "schema"):
        return None if value is None else _plain(value, schema["schema"], known, depth + 1)
    if kind == "literal" and _only(schema, "expected"):
        return value if type(value) is str and value in schema["expected"] else _refuse()
    if kind == "list" and "serialization" not in schema and type(value) is list:
        inner = schema.get("items_schema", {"type": "any"})
        return [_plain(one, inner, known, depth + 1) for one in value]
    if kind == "tuple" and _only(schema, "items_schema", "variadic_item_index"):
        (inner,) = schema["items_schema"] if len(schema["items_schema"]) == 1 else _refuse()
        if schema.get("variadic_item_index") == 0 and type(value) is tuple:
            return [_plain(one, inner, known, depth + 1) for one in value]
    if kind == "dict" and _only(schema, "keys_schema", "values_schema") and type(value) is dict:
        _only_text(schema)
        inner = schema.get("values_schema", {"type": "any"})
        return {_text(name): _plain(one, inner, known, depth + 1) for name, one in value.items()}
    if kind == "dataclass" and _only(
        schema, "cls", "schema", "fields", "cls_name", "generic_origin"
    ):
        return _dataclass(value, schema, known, depth)
    if kind == "typed-dict" and _only(
        schema, "cls", "cls_name", "fields", "computed_fields", "extra_behavior", "total"
    ):
        return _typed_dict(value, schema, known, depth)
    return _refuse()


def _typed_dict(value: Any, schema: Mapping[str, Any], known: Mapping[str, Any], depth: int) -> Any:
    """A dict whose keys the schema names; where it allows others, they are written as they are."""
    fields = schema["fields"]
    if type(value) is not dict or schema.get("computed_fields"):
        return _refuse()
    needed = {name for name, one in fields.items() if one.get("required", True)}
    others = value.keys() - fields.keys()
    if needed - value.keys() or (others and schema.get("extra_behavior") != "allow"):
        return _refuse()
    made = {}
    for name, item in value.items():
        field = fields.get(name)
        if field is None:
            made[_text(name)] = _whatever(item, depth + 1)
        elif field.keys() <= TYPED_FIELD:
            made[name] = _plain(item, field["schema"], known, depth + 1)
        else:
            return _refuse()
    return made


def _dataclass(value: Any, schema: Mapping[str, Any], known: Mapping[str, Any], depth: int) -> Any:
    arguments = schema["schema"]
    if type(value) is not schema["cls"] or arguments["type"] != "dataclass-args":
        return _refuse()
    made = {}
    for one in arguments["fields"]:
        if not one.keys() <= FIELD:
            return _refuse()
        inner = one["schema"]
        if inner["type"] == "default" and "serialization" not in inner:
            inner = inner["schema"]
        made[one["name"]] = _plain(getattr(value, one["name"]), inner, known, depth + 1)
    # What else an instance holds, Pydantic looks at.
    more = getattr(value, "__dict__", made).keys() - made.keys()
    return made if [*made] == schema["fields"] and not more else _refuse()


def _only_text(schema: Mapping[str, Any]) -> None:
    if schema.get("keys_schema", {"type": "str"}) != {"type": "str"}:
        _refuse()


def _whatever(value: Any, depth: int) -> Any:
    kind = type(value)
    if depth > MAX_DEPTH:
        return _refuse()
    if kind is list:
        return [_whatever(one, depth + 1) for one in value]
    if kind is dict:
        return {_text(name): _whatever(one, depth + 1) for name, one in value.items()}
    if kind is float:
        return _float(value)
    return value if value is None or kind in {str, int, bool} else _refuse()


def _exact(value: Any, kind: type, schema: Mapping[str, Any]) -> Any:
    return value if type(value) is kind and "serialization" not in schema else _refuse()


def _text(value: Any) -> str:
    return value if type(value) is str else _refuse()


def _float(value: Any) -> Any:
    # Python and Rust write the shortest digits alike, but not exponents; "nan" and "inf" have an n.
    if type(value) is not float:
        _refuse()
    return value if "e" not in (shown := repr(value)) and "n" not in shown else _refuse()


def _only(schema: Mapping[str, Any], *known: str) -> bool:
    return schema.keys() <= SILENT | {*known}


def _refuse() -> Any:
    raise NotPlainError
