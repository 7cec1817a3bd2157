"""The deferral of this process, if there is one."""

from __future__ import annotations

import sys

# Not typing's; see `mesh.runtime.handler`.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from types import ModuleType
    from typing import Any

    from mesh.runtime.deferral.imports import Deferral

# Its import imports FastMCP as an instance does, and ends the deferral.
START = "mesh.runtime.initialization"

_current: Deferral | None = None
_early: Mapping[str, str | None] | None = None
_modules: Collection[str] = ()
_authors: Collection[str] = ()
# The fingerprints of modules. Each is made when somebody asks for it, or else before the first
# recorder is replaced: making all of them takes a fifth of a first call. What another module has
# changed by then makes it another fingerprint, and its tools FastMCP's.
_prints: dict[str, str] = {}
# Where the server is, such as `server:create_server`, and what a function gave that makes it.
_server = ""
_made: list[Any] = []
_is_making = False
_ended = False


def _start() -> None:
    """Start FastMCP for something that needs it before any request does."""
    import gc  # hardly ever

    __import__(START)
    # Off until the server is made, which may never be.
    gc.enable()


def plan(
    early: Mapping[str, str | None],
    modules: Collection[str],
    authors: Collection[str],
    server: str = "",
) -> None:
    """Say what is to be deferred, once it is imported.

    Args:
        early: See `Deferral`.
        modules: The authors' modules that may be imported so.
        authors: The first names of all modules that authors wrote.
        server: Where the server is, such as `server:create_server`; empty where its module is not
            among those.
    """
    global _early, _modules, _authors, _server
    _early, _modules, _authors, _server = early, modules, authors, server


def begin() -> Deferral:
    """Defer FastMCP and Pydantic for what authors wrote; after `plan`."""
    global _current
    if _current is None:
        from mesh.runtime.deferral.imports import Deferral  # at a tool's first call

        _current = Deferral(_authors, _start, _early, _modules, _print_all)
        _current.begin()
    return _current


def load(name: str) -> ModuleType:
    """Import an author's module deferred, as long as that is possible.

    Raises:
        Exception: whatever the module raises.
    """
    return begin().load(name)


def make() -> None:
    """Call the function that makes the server, where one does, once for this instance.

    Its module has been imported with recorders, and it gets them, too: FastMCP does later what it
    recorded.

    Raises:
        Exception: whatever it raises.
    """
    global _is_making
    if _is_making or _made:
        return
    module, _, name = _server.partition(":")
    function = getattr(sys.modules.get(module), name, None)
    if type(function) is type(make):
        _is_making = True
        try:
            _made.append(begin().run(function))
        finally:
            _is_making = False


def made(server: str) -> Any:
    """What the function gave that makes this server; None where it has not been called."""
    if server != _server or not _made:
        return None
    from mesh.runtime.deferral.recorder import real  # FastMCP has been imported

    return real(_made[0])


def _print(names: Collection[str]) -> None:
    """Make the fingerprints of those of these modules whose import has ended."""
    if _is_making:
        # It goes on recording.
        return
    new = {
        name: sys.modules[name]
        for name in names
        if name in sys.modules and name not in _prints and not _is_being_imported(name)
    }
    if new:
        from mesh.runtime.deferral.fingerprint import fingerprints  # at a first call

        _prints.update(fingerprints(begin().log, new))


def _is_being_imported(name: str) -> bool:
    return bool(getattr(sys.modules[name].__spec__, "_initializing", False))


def _print_all() -> None:
    _print(_modules)


def prints(names: Collection[str]) -> dict[str, str]:
    """The fingerprints of these modules, as far as they were imported deferred."""
    if not _ended:
        _print(names)
    return {name: _prints[name] for name in names if name in _prints}


def stop() -> None:
    """Defer nothing from here on: FastMCP is about to be imported."""
    global _ended
    if _early is not None and not _ended:
        from contextlib import suppress  # FastMCP needs it

        # The other modules are imported before FastMCP takes over. If one of them fails, it fails
        # with FastMCP, too, which reports it.
        for name in _modules:
            with suppress(Exception):
                load(name)
        with suppress(Exception):
            make()
        _print_all()
        _ended = True
        begin().stop()


def end() -> None:
    """Have FastMCP do what authors' modules recorded; nothing where nothing was deferred."""
    if _current is not None:
        _current.end()
