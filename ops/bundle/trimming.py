"""What of a dependency's file nothing reads on Lambda: left out, the rest as it was."""

from __future__ import annotations

from pathlib import PurePosixPath

from ops.bundle import stripping

# Packages whose docstrings nobody sees: they define no tools and no models, whose docstrings
# become descriptions, and read none of their own. beartype's alone are 4 % of the zip.
UNDOCUMENTED = frozenset(
    {
        *("anyio", "attr", "authlib", "beartype", "click", "griffe", "httpcore", "httpcore2"),
        *("httpx", "httpx2", "key_value", "markdown_it", "packaging", "pygments", "rich"),
    }
)


def trimmed(name: str, data: bytes) -> bytes:
    """The content of the file at `name` in the zip."""
    path = PurePosixPath(name)
    if ".so" in path.suffixes:
        return stripping.stripped(data)
    if path.parts[0].endswith(".dist-info") and path.name == "METADATA":
        # Name and version are looked up; behind the headers stands the project's README.
        head, _, _ = data.partition(b"\n\n")
        return head.rstrip(b"\n") + b"\n"
    return data
