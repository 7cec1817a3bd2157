"""What uv's message about packages that cannot be locked means for a server's author."""

from __future__ import annotations

import re
from collections.abc import Mapping

from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

from mesh.build.bundle.dependencies import NAME, UNREACHABLE, unreachable
from mesh.build.target import Target
from mesh.packages.declarations import Declared

LONGEST = 300
FASTMCP = frozenset({"fastmcp", "fastmcp-slim"})
# A name, perhaps with extras and versions.
ASKED = r"(?P<name>[A-Za-z0-9._-]+?)(?:\[\S*\])?(?:[<>=!~]=?\S+)?"
# uv's words, and what is said instead: what is wrong, and what to do.
CASES = (
    (
        re.compile(r"Because `?(?P<name>[^\s`]+)`? was not found in the package registry"),
        (
            "{source} needs {name}, and the package index has no package of that name.\n"
            "Check the spelling; for a private index set UV_INDEX where you build."
        ),
    ),
    (
        re.compile(
            rf"{ASKED} ha(?:s|ve) no wheels with a matching",
        ),
        (
            "{source} needs {name}, which has no wheel for {target}.\n"
            "Ask for another version of it, or for another package; nothing is compiled here."
        ),
    ),
    (
        re.compile(
            r"(?P<name>[A-Za-z0-9._-]+?)(?:\[\S*\])?(?:[<>=!~]=?\S+)? ha(?:s|ve) no usable wheels"
        ),
        (
            "{source} needs {name}, which is published as source only: no wheel for {target}.\n"
            "Ask for another version of it, or for another package; nothing is compiled here."
        ),
    ),
    (
        re.compile(r"there is no version of (?P<name>\S+?) and (?:you require|\S+ depends)"),
        (
            "{source} needs {name}, and the package index has no such version.\n"
            "Ask for a version that exists."
        ),
    ),
    (
        re.compile(
            r"(?:Distribution not found at|File not found): (?:`|file://)?(?P<name>[^`\s]+)"
        ),
        "{source} names {name}, which is not there.\nCorrect the path.",
    ),
    (
        re.compile(r"[Ff]ailed to read from file:? [`'\"]?(?P<name>[^`'\"\n:]+)"),
        "{source} names {name}, which cannot be read.\nCorrect the path.",
    ),
    (
        re.compile(r"(?:Couldn't parse|Unsupported) requirement.*\n.*\n\s*(?P<name>.+)\n"),
        "{source} has a line that is not a requirement: {name}\nWrite it as `name` or `name>=1.2`.",
    ),
)


def refused_fastmcp(declared: Declared, supported: SpecifierSet) -> str | None:
    """Two lines for an author who asks for a FastMCP that Mesh does not run; None for all others.

    Args:
        declared: What the author asks for.
        supported: The versions of FastMCP that Mesh runs.
    """
    for one in declared.parsed():
        name = canonicalize_name(one.name)
        if name in FASTMCP and one.specifier.is_disjoint(supported):
            versions = ",".join(sorted(map(str, supported), reverse=True))
            return (
                f"{declared.source} asks for {one}, and Mesh runs servers with {name} {versions}.\n"
                f"Change the requirement to `{name}`, and check that your server runs with it."
            )
    return None


def explanation(said: str, declared: Declared, own: Mapping[str, str], target: Target) -> str:
    """What uv said, in two lines: what is wrong, and what to do.

    Args:
        said: uv's message.
        declared: What the author asks for.
        own: Mesh's own packages, version by name.
        target: What the packages are for.
    """
    source = declared.source
    if UNREACHABLE.search(said):
        return unreachable(said, target)
    # uv breaks long lines between words.
    unbroken = " ".join(said.split())
    for pattern, text in CASES:
        if found := pattern.search(said) or pattern.search(unbroken):
            return text.format(source=source, name=found["name"], target=target.title)
    return _conflict(said, source, own)


def _conflict(said: str, source: str, own: Mapping[str, str]) -> str:
    cause = " ".join(said.partition("cause:")[2].split()) or " ".join(said.split())
    cause = cause.replace("we can conclude that ", "")
    short = cause if len(cause) <= LONGEST else f"{cause[:LONGEST].rsplit(' ', 1)[0]} ..."
    named = {canonicalize_name(word) for word in NAME.findall(cause)}
    versions = ", ".join(f"{name} {own[name]}" for name in sorted(named & own.keys()))
    has = f"Mesh has {versions}: c" if versions else "C"
    return (
        f"The packages of {source} cannot be installed together with Mesh's: {short}\n"
        f"{has}hange the requirement that excludes the others, or leave its version open."
    )
