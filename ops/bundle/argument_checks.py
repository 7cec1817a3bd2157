"""How each tool's arguments are checked without Pydantic, written down from Pydantic's schemas."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

MOST = 2**53
# Patterns that mean the same in Python and in Rust.
SIMPLE_PATTERN = frozenset(
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-^$[]{},"
)
UNION_CHOICES = frozenset({"str", "int", "float", "bool", "list", "dict"})


class NotPlainError(Exception):
    """It takes Pydantic or FastMCP; the message says what does."""


def checks(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Each argument's check for `mcp_app.fast_path.arguments`.

    Args:
        schema: Pydantic's core schema of a call.

    Raises:
        NotPlainError: an argument has to be looked at by Pydantic.
    """
    if schema["type"] != "call" or schema["arguments_schema"]["type"] != "arguments":
        raise NotPlainError("its signature is not a plain one")
    arguments = schema["arguments_schema"]
    if "var_args_schema" in arguments or "var_kwargs_schema" in arguments:
        raise NotPlainError("it takes any number of arguments")
    made = {}
    for argument in arguments["arguments_schema"]:
        name, inner = argument["name"], argument["schema"]
        if argument.get("alias") or argument.get("mode") == "positional_only":
            raise NotPlainError(f"{name} is not passed by its name")
        required = inner["type"] != "default"
        try:
            made[name] = [required, _check(inner if required else inner["schema"])]
        except NotPlainError as error:
            raise NotPlainError(f"{name}: {error}") from None
    return made


def _check(schema: Mapping[str, Any]) -> list[Any]:
    kind = schema["type"]
    if schema.get("strict") or schema.get("serialization"):
        raise NotPlainError(f"a {kind} of its own kind")
    if kind not in _CHECKS:
        raise NotPlainError(f"a {kind} is not checked there")
    return _CHECKS[kind](schema)


def _before(schema: Mapping[str, Any]) -> list[Any]:
    from mcp_app.plain_values import MARK  # noqa: PLC0415 - see ops.bundle.frozen.main

    function = schema["function"]["function"]
    if not hasattr(function, MARK):
        raise NotPlainError(f"its validator {function.__qualname__} is not marked")
    return _check(schema["schema"])


def _list(schema: Mapping[str, Any]) -> list[Any]:
    inner = _check(schema["items_schema"])
    return ["list", inner, schema.get("min_length", 0), schema.get("max_length", MOST)]


def _number(schema: Mapping[str, Any]) -> list[Any]:
    _only(schema, {"ge", "le", "allow_inf_nan"})
    return [schema["type"], schema.get("ge"), schema.get("le")]


def _literal(schema: Mapping[str, Any]) -> list[Any]:
    if not all(type(one) is str for one in schema["expected"]):
        raise NotPlainError("a literal is not checked there")
    return ["literal", *schema["expected"]]


def _dict(schema: Mapping[str, Any]) -> list[Any]:
    _only(schema, {"keys_schema", "values_schema", "min_length", "max_length"})
    keys = schema.get("keys_schema", {"type": "str"})
    if keys["type"] != "str":
        raise NotPlainError("its keys are no text")
    inner = [_check(keys), _check(schema.get("values_schema", {"type": "any"}))]
    return ["dict", *inner, schema.get("min_length", 0), schema.get("max_length", MOST)]


def _union(schema: Mapping[str, Any]) -> list[Any]:
    _only(schema, {"choices", "mode"})
    tagged = any(isinstance(one, tuple) for one in schema["choices"])
    if tagged or schema.get("mode", "smart") != "smart":
        raise NotPlainError("a union of its own kind")
    choices = [_check(one) for one in schema["choices"]]
    kinds = {one[0] for one in choices}
    # Pydantic takes the one that fits best. Where each is a JSON type of its own, only one fits.
    if len(kinds) < len(choices) or not kinds <= UNION_CHOICES or {"int", "float"} <= kinds:
        raise NotPlainError("a union of types that are alike")
    return ["union", *choices]


def _text(schema: Mapping[str, Any]) -> list[Any]:
    known = {"min_length", "max_length", "strip_whitespace", "to_upper", "to_lower", "pattern"}
    _only(schema, known)
    pattern = schema.get("pattern")
    if pattern is not None and not (type(pattern) is str and SIMPLE_PATTERN.issuperset(pattern)):
        raise NotPlainError("a pattern beyond the simplest")
    case = "upper" if schema.get("to_upper") else "lower" if schema.get("to_lower") else ""
    return [
        "str",
        schema.get("min_length", 0),
        schema.get("max_length", MOST),
        bool(schema.get("strip_whitespace")),
        case,
        pattern,
    ]


def _only(schema: Mapping[str, Any], known: set[str]) -> None:
    beyond = schema.keys() - known - {"type", "metadata", "ref"}
    if beyond:
        raise NotPlainError(f"a {schema['type']} with {', '.join(sorted(beyond))}")


_CHECKS: Mapping[str, Callable[[Mapping[str, Any]], list[Any]]] = {
    "any": lambda _schema: ["any"],
    "bool": lambda _schema: ["bool"],
    "dict": _dict,
    "float": _number,
    "function-before": _before,
    "int": _number,
    "list": _list,
    "literal": _literal,
    "nullable": lambda schema: ["nullable", _check(schema["schema"])],
    "str": _text,
    "union": _union,
}
