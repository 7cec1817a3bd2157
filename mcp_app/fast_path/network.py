"""Tools that ask other services: on an event loop that is kept, with the services' own clients.

The tools' functions are the lean ones. What they ask, `mcp_app.knowledge`, is the ordinary
package's, and so is what belongs to it: with the clients come Pydantic and the standard
library whole, and nothing is left to be gained from stand-ins.
"""

from __future__ import annotations

import sys
from _frozen_importlib import ModuleSpec
from importlib import import_module

from mcp_app import connected
from mcp_app.deployment import Deployment, set_current
from mcp_app.fast_path.tool_calls import finished
from mcp_app.garbage import imported

# Not typing's; see `mcp_app.handler`.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType
    from typing import Any

    from mcp_app.caller import Caller
    from mcp_app.settings import Settings

PACKAGE = "mcp_app"
# Of the lean package's modules, those that are the ordinary ones here; and what is in them.
ORDINARY = ("deadline", "knowledge")
# Of the standard library, what tools then get themselves instead of a stand-in.
WHOLE = ("asyncio", "contextvars", "dataclasses", "hashlib", "typing")


class Network:
    """Calls tools of a deployment that asks services over the network.

    Args:
        settings: What it is.
    """

    def __init__(self, settings: Settings) -> None:
        _lead_to_ordinary_modules()
        self._settings = settings
        self._loop: Any = None
        self._backend: Any = None
        self._callers: Any = None

    def connect(self) -> None:
        """Make what tools ask; before one that does is imported."""
        if self._backend is not None:
            return
        supabase = self._settings.supabase
        self._callers = import_module(f"{PACKAGE}.caller")
        made = imported(f"{PACKAGE}.knowledge.supabase.backend").SupabaseBackend(supabase)
        self._backend = made
        set_current(Deployment(self._settings, made))
        connected.leave(self._event_loop(), made, supabase)

    def wait(self) -> None:
        """Make the event loop; before a tool that may have to wait is called."""
        self._event_loop()

    def run(self, function: Callable[..., Any], arguments: dict[str, Any], caller: Caller) -> Any:
        """What the tool's function gives.

        Args:
            function: Plain, or a coroutine's.
            arguments: By name.
            caller: Whose call it is; one without a token.

        Raises:
            Exception: whatever it raises.
        """
        if self._callers is None:
            return self._finished(function(**arguments))
        # The backend looks for the caller where the ordinary package has it.
        asking = self._callers.Caller(
            caller.name, tools=caller.tools, rate_per_minute=caller.rate_per_minute
        )
        with self._callers.calling(asking):
            return self._finished(function(**arguments))

    def _finished(self, made: Any) -> Any:
        if not hasattr(made, "send"):
            return made
        # What has not imported it does not wait.
        if self._loop is None and "asyncio" not in sys.modules:
            return finished(made)
        return self._event_loop().run_until_complete(made)

    def _event_loop(self) -> Any:
        if self._loop is None:
            self._loop = import_module("asyncio").new_event_loop()
        return self._loop

    def close(self) -> None:
        """Close the connections and the loop; for tests."""
        if self._loop is not None and not self._loop.is_closed():
            if self._backend is not None:
                self._loop.run_until_complete(self._backend.close())
            self._loop.close()


class _Ordinary:
    """Gives ordinary modules under their lean names; finder and loader in one.

    Args:
        lean: The lean package.
    """

    def __init__(self, lean: str) -> None:
        self._ordinary = {f"{lean}.{name}": f"{PACKAGE}.{name}" for name in ORDINARY}
        self._ordinary |= {f"{lean}.fast_path.stand_ins.{name}": name for name in WHOLE}

    def _named(self, name: str) -> str | None:
        for lean, ordinary in self._ordinary.items():
            if name == lean or name.startswith(f"{lean}."):
                return f"{ordinary}{name.removeprefix(lean)}"
        return None

    def find_spec(self, name: str, _path: Any = None, _target: Any = None) -> Any:
        """How to load it; None for what is not among them."""
        if self._named(name) is None:
            return None
        return ModuleSpec(name, self)  # type: ignore[arg-type]

    def create_module(self, _spec: Any) -> None:
        """Leave making the module to importlib."""

    def exec_module(self, module: ModuleType) -> None:
        """Put the ordinary module in the place of this one.

        https://docs.python.org/3/reference/import.html#loading
        """
        name = module.__name__
        sys.modules[name] = import_module(str(self._named(name)))


def _lead_to_ordinary_modules() -> None:
    """Have tools that are imported from here on find ordinary modules.

    The fast path's own, which answered requests before, stay.
    """
    lean = __name__.partition(".")[0]
    if not any(isinstance(one, _Ordinary) for one in sys.meta_path):
        sys.meta_path.insert(0, _Ordinary(lean))
        for name in WHOLE:
            sys.modules.pop(f"{lean}.fast_path.stand_ins.{name}", None)
