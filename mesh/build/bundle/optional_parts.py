"""What of the dependencies stays out of the zip unless something asks for it.

Parts that FastMCP brings along for what this server does not do, but an application may. One is
kept where the application names it or what loads it (an import, `FastMCP.from_openapi`), or where
a distribution beyond those that are known here requires it. So nothing has to be configured: write
`from fastmcp import Client` in a tool, and the next build carries what a client needs.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from mesh.build.bundle.dependencies import Distribution


@dataclass(frozen=True)
class OptionalPart:
    """A part of the dependencies.

    Attributes:
        title: What it is for.
        distributions: Those left out whole, by their normalised names.
        files: Patterns of fnmatch over paths in the zip.
        named: Modules, functions and classes that load it when they are used. With a dot it is the
            whole name, without one any attribute of that name, or any module.
        through: Distributions through which another one may use it.
        known: Distributions that require those, and do not load it for a server.
    """

    title: str
    distributions: frozenset[str]
    files: tuple[str, ...]
    named: frozenset[str]
    through: frozenset[str]
    known: frozenset[str] = frozenset()


# The SDK's client checks results against their schemas; rpds alone is 300 KB, compiled Rust.
_SCHEMAS = ("jsonschema", "jsonschema-specifications", "referencing", "rpds-py")
# FastMCP makes tools of an API's description with these.
_OPENAPI = ("jsonschema-path", "openapi-pydantic", "pathable")

# Saves 4 % of the zip.
CLIENTS = OptionalPart(
    title="clients, proxies and OpenAPI",
    distributions=frozenset({*_SCHEMAS, *_OPENAPI}),
    files=("fastmcp/server/providers/openapi/*", "fastmcp/utilities/openapi/*"),
    named=frozenset(
        {
            *("jsonschema", "jsonschema_specifications", "referencing", "rpds"),
            *("jsonschema_path", "openapi_pydantic", "pathable"),
            *("fastmcp.Client", "fastmcp.client"),
            *("fastmcp.contrib", "fastmcp.experimental", "fastmcp.utilities.openapi"),
            *("fastmcp.server.openapi", "fastmcp.server.proxy"),
            *("fastmcp.server.create_proxy", "fastmcp.server.providers.openapi"),
            *("fastmcp.server.providers.proxy", "fastmcp.utilities.tests"),
            *("mcp.Client", "mcp.ClientSession", "mcp.ClientSessionGroup", "mcp.client"),
            *("FastMCPProxy", "OpenAPIProvider", "ProxyProvider", "as_proxy", "create_proxy"),
            *("from_fastapi", "from_openapi"),
        }
    ),
    through=frozenset({*_SCHEMAS, *_OPENAPI, "fastmcp", "fastmcp-slim", "mcp"}),
    known=frozenset({*_SCHEMAS, *_OPENAPI, "beartype", "fastmcp", "fastmcp-slim", "mcp"}),
)
PARTS = (CLIENTS,)
WORDS = frozenset(
    word.encode() for part in PARTS for name in part.named for word in name.split(".")
)


def asked_for(files: Iterable[tuple[str, Path]]) -> tuple[OptionalPart, ...]:
    """The parts that the application asks for.

    Args:
        files: With their paths in the zip.
    """
    asked: set[OptionalPart] = set()
    for _, path in files:
        if path.suffix == ".py":
            asked |= _named_in(path.read_bytes())
    return tuple(part for part in PARTS if part in asked)


def _named_in(source: bytes) -> set[OptionalPart]:
    # Few files have all words of such a name: the others need not be parsed.
    words = {word.decode() for word in WORDS.intersection(re.findall(rb"\w+", source))}
    likely = [part for part in PARTS if any(words.issuperset(one.split(".")) for one in part.named)]
    if not likely:
        return set()
    try:
        names = set(_names(ast.parse(source)))
    except (SyntaxError, ValueError):
        # Compiling it says what is wrong.
        return set()
    return {part for part in likely if any(_is_among(part.named, name) for name in names)}


def _is_among(named: frozenset[str], name: str) -> bool:
    parts = name.split(".")
    wholes = (".".join(parts[:end]) for end in range(1, len(parts) + 1))
    return parts[-1] in named or not named.isdisjoint(wholes)


def _names(module: ast.Module) -> Iterator[str]:
    """All that the module imports, calls and otherwise names; in words, too, as imports may be."""
    for node in ast.walk(module):
        match node:
            case ast.Import(names):
                yield from (one.name for one in names)
            case ast.ImportFrom(str() as package, names, 0):
                yield from (f"{package}.{one.name}" for one in names)
            case ast.Attribute() | ast.FunctionDef() | ast.AsyncFunctionDef():
                yield _dotted(node)
            case ast.Constant(str() as text) if re.fullmatch(r"[\w.]+", text):
                yield text


def _dotted(node: ast.AST) -> str:
    match node:
        case ast.Attribute(value, name):
            return f"{_dotted(value)}.{name}"
        case ast.Name(name) | ast.FunctionDef(name) | ast.AsyncFunctionDef(name):
            return name
    return ""


def left_out(
    asked: Iterable[OptionalPart], installed: Iterable[Distribution]
) -> tuple[OptionalPart, ...]:
    """The parts that neither the application nor a distribution asks for.

    Args:
        asked: What the application asks for.
        installed: All that the lock holds.
    """
    kept = set(asked)
    for one in installed:
        kept |= {
            part
            for part in PARTS
            if one.name not in part.known and not part.through.isdisjoint(one.requires)
        }
    return tuple(part for part in PARTS if part not in kept)
