"""Tools, resources and prompts that replace others of the same name, for the build's report.

FastMCP only logs such a warning, and a server on Lambda never shows what the first one was.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any


@contextmanager
def duplicates(root: Path) -> Iterator[list[str]]:
    """A list that gets a sentence for each duplicate that FastMCP would warn of.

    Args:
        root: The folder that the author's modules are in.
    """
    from fastmcp.server.providers.local_provider import LocalProvider

    found: list[str] = []
    kind: Any = LocalProvider
    add = kind._add_component

    def noting(provider: Any, component: Any) -> Any:
        before = provider._components.get(component.key)
        if before is not None and provider._on_duplicate == "warn":
            found.append(
                f"{_place(component, root)}the {type(component).__name__} {component.name!r} "
                f"replaces an earlier one. Give it another name, or remove one of them."
            )
        return add(provider, component)

    kind._add_component = noting
    try:
        yield found
    finally:
        kind._add_component = add


def _place(component: Any, root: Path) -> str:
    code = getattr(getattr(component, "fn", None), "__code__", None)
    if code is None:
        return ""
    file = Path(code.co_filename)
    name = file.relative_to(root) if file.is_relative_to(root) else file.name
    return f"{name}, line {code.co_firstlineno}: "
