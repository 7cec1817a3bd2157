"""Which routes are public, as the README's table promises: never as the code says it itself."""

from __future__ import annotations

import re

from mesh.build.environment import ROOT

ROW = re.compile(r"^\| `([A-Z]+) (/\S*)` \| ([^|]+?) \|", re.MULTILINE)
EVERYBODY = "everybody"


def routes() -> dict[tuple[str, str], str]:
    """Who may call, by method and path."""
    found = {
        (method, path): who for method, path, who in ROW.findall((ROOT / "README.md").read_text())
    }
    assert {("POST", "/mcp"), ("POST", "/rpc"), ("GET", "/health")} <= found.keys()
    return found


def public(*, tokens: bool = False) -> set[str]:
    """Paths that answer strangers to GET, and so to HEAD.

    Args:
        tokens: whether access tokens are taken.
    """
    open_to = {EVERYBODY, f"{EVERYBODY}, where access tokens are taken"} if tokens else {EVERYBODY}
    found = {(method, path) for (method, path), who in routes().items() if who in open_to}
    assert {method for method, _ in found} == {"GET"}
    return {path for _, path in found}
