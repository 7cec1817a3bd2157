"""The authors' modules, and whether they do what they did when the build asked FastMCP.

What a server offers may depend on its environment: a default that is read from a variable, a
tool inside an `if`. The build froze the catalogue of its own environment; another one is
FastMCP's to list.
"""

from __future__ import annotations

import os
import sys

from mesh.runtime.deferral import process
from mesh.runtime.fast_path.messages import LeftToFastMcpError

# Not typing's; see `mesh.runtime.handler`.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from typing import Any

    from mesh.runtime.deferral.imports import Deferral

DISCOVER = "server/discover"


class Catalogue:
    """Imports authors' modules, once, and checks them.

    Args:
        frozen: What the build wrote down.
            `authors` has the first names of all modules that authors wrote.
            `modules` has the fingerprint of each, and `imports` the modules that each imports.
            `order` has the modules of tools in the order in which the server imports them.
            `server` says where the server is, if its module is one of those.
            `functions` has each tool's module, and the name of its function there, or else the
            place at which a recorded call of the module got it.
            `early` is that of `Deferral`.
            `environment` has the variables that modules read, and their values, None where not set.
            `varies` has the methods whose answers are others in each process.
            `maker` is the module that makes the server; empty where that is none of those.
    """

    def __init__(self, frozen: Mapping[str, Any]) -> None:
        self._frozen = frozen
        modules = dict.fromkeys((*frozen["order"], *frozen["modules"]))
        process.plan(frozen["early"], modules, frozen["authors"], frozen["server"])
        self._checked: set[str] = set()
        self._different: set[str] = set()
        self._is_environment_checked = False
        self._maker: tuple[str, ...] = (frozen["maker"],) if frozen["maker"] else ()
        self._functions: dict[str, Any] = {}

    @property
    def deferral(self) -> Deferral:
        """What imports authors' modules."""
        return process.begin()

    def function(self, tool: str) -> Any:
        """A tool's function.

        Raises:
            LeftToFastMcpError: its module does something else than it did in the build.
            Exception: whatever a module raises on import.
        """
        self._load()
        # A function that was given to another call than in the build is told by this, too.
        self._check(self._frozen["imports"][self._frozen["functions"][tool][0]])
        return self._functions[tool]

    def _load(self) -> None:
        """Import all modules before the first call, as the server does.

        One may leave something in another, and a call may change what an import sees.
        """
        if self._functions:
            return
        for name in self._frozen["order"]:
            process.load(name)
        process.make()
        # Now: a call may give a name to something else.
        calls: dict[str, Any] = {}
        for tool, (module, place) in self._frozen["functions"].items():
            if type(place) is str:
                self._functions[tool] = getattr(sys.modules[module], place)
                continue
            if module not in calls:
                calls[module] = self.deferral.calls_of(module)
            self._functions[tool] = _operand(calls[module], place)

    def check_server(self) -> None:
        """See that the server is called what it was in the build: results of the newest era say so.

        Raises:
            LeftToFastMcpError: FastMCP has to say it.
        """
        if DISCOVER in self._frozen["varies"]:
            raise LeftToFastMcpError("environment")
        self._load()
        self._check(self._maker)

    def check(self, method: str) -> None:
        """See that what was frozen of a method's answer is right in this environment.

        Raises:
            LeftToFastMcpError: FastMCP has to answer.
        """
        if method in self._frozen["varies"]:
            raise LeftToFastMcpError("environment")
        if not self._is_environment_checked:
            self._is_environment_checked = True
            read: Mapping[str, str | None] = self._frozen["environment"]
            if any(os.environ.get(name) != value for name, value in read.items()):
                self._load()
        self._check(self._frozen["modules"])

    def _check(self, names: Collection[str]) -> None:
        """Compare the fingerprints of modules, as far as these have been imported.

        Raises:
            LeftToFastMcpError: one differs.
        """
        known: Mapping[str, str] = self._frozen["modules"]
        new = [name for name in names if name in sys.modules and name not in self._checked]
        if new:
            found = process.prints(new)
            self._different.update(name for name in new if known[name] != found.get(name))
            self._checked.update(new)
        if not self._different.isdisjoint(names):
            raise LeftToFastMcpError("environment")


def _operand(calls: Any, place: Any) -> Any:
    """What was given to one of these calls; None where the module made no such call."""
    try:
        for one in place:
            calls = calls[one]
    except LookupError:
        return None
    return calls
