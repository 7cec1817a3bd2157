"""The deferral of this process, if there is one."""

from __future__ import annotations

import sys

# Not typing's; see `mcp_app.handler`.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from mcp_app.deferral.importing import Deferral

AUTHORS = frozenset({"mcp_app"})
# Its import imports FastMCP as an instance does, and ends the deferral.
START = "mcp_app.initialization"

_current: Deferral | None = None
_early: Mapping[str, str | None] | None = None
_modules: Collection[str] = ()
# Those of all modules, once FastMCP has taken over: a recording cannot be looked at any more.
_last: dict[str, str] | None = None


def _start() -> None:
    __import__(START)


def plan(early: Mapping[str, str | None], modules: Collection[str]) -> None:
    """Say what is to be deferred, once it is imported.

    Args:
        early: See `Deferral`.
        modules: The authors' modules that may be imported so.
    """
    global _early, _modules
    _early, _modules = early, modules


def begin() -> Deferral:
    """Defer FastMCP and Pydantic for what authors wrote; after `plan`."""
    global _current  # noqa: PLW0603 - likewise
    if _current is None:
        from mcp_app.deferral.importing import Deferral  # noqa: PLC0415 - at a tool's first call

        _current = Deferral(AUTHORS, _start, _early, _modules)
        _current.begin()
    return _current


def prints(names: Collection[str]) -> dict[str, str]:
    """The fingerprints of these modules, as far as they were imported deferred."""
    if _last is not None:
        return {name: _last[name] for name in names if name in _last}
    if _current is None:
        return {}
    from mcp_app.deferral.fingerprint import fingerprints  # noqa: PLC0415 - likewise

    return fingerprints(_current.log, {name: sys.modules[name] for name in names})


def _load_all(deferral: Deferral) -> None:
    """Import what is left of the authors' modules: they are looked at before FastMCP takes over."""
    for name in _modules:
        try:
            deferral.load(name)
        except Exception:  # noqa: BLE001, S112 - FastMCP's way imports it, too, and says so
            continue


def stop() -> None:
    """Defer nothing from here on: FastMCP is about to be imported."""
    global _last  # noqa: PLW0603 - likewise
    if _early is not None and _last is None:
        _load_all(begin())
        _last = prints([name for name in _modules if name in sys.modules])
        begin().stop()


def end() -> None:
    """Have FastMCP do what authors' modules recorded; nothing where nothing was deferred."""
    if _current is not None:
        _current.end()
