"""Imports `mcp_app_lean` from two files: 40 modules looked for in folders cost 10 ms.

This becomes `mcp_app_lean/__init__.pyc`. At its end the build puts a call of `install` with
the modules: by name, whether it is a package, and its code as marshal writes it. That is what
INIT needs; the code of the others, which grows with the number of tools, lies one behind the
other in a file beside it, and in its place stands where it begins and ends there.
"""

from __future__ import annotations

import marshal
import sys
from _frozen_importlib import ModuleSpec

# Not typing's; see `mcp_app.handler`.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType
    from typing import Any


class Loader:
    """Finds and loads modules; importlib's finder and loader in one.

    Args:
        modules: See above.
        later: The file with the code of those that INIT does without.
    """

    def __init__(self, modules: dict[str, tuple[Any, ...]], later: str) -> None:
        self._modules = modules
        self._later = later
        self._read: bytes | None = None

    def find_spec(self, name: str, _path: Any = None, _target: Any = None) -> Any:
        """How to load it; None for what is elsewhere."""
        if name not in self._modules:
            return None
        return ModuleSpec(name, self, is_package=self._modules[name][0])  # type: ignore[arg-type]

    def create_module(self, _spec: Any) -> None:
        """Leave making the module to importlib."""

    def exec_module(self, module: ModuleType) -> None:
        """Run the module's code."""
        self.run(module.__name__, module.__dict__)

    def run(self, name: str, namespace: dict[str, Any]) -> None:
        """Run a module's code in a namespace; none where there is no such module."""
        if name in self._modules:
            code = marshal.loads(self._code(*self._modules[name][1:]))  # noqa: S302 - the build's
            # The source, which is in the zip for people.
            namespace["__file__"] = code.co_filename
            exec(code, namespace)  # noqa: S102 - likewise

    def _code(self, code: Any, end: int | None = None) -> bytes:
        if end is None:
            return bytes(code)
        if self._read is None:
            with open(self._later, "rb") as file:  # noqa: PTH123 - pathlib costs
                self._read = file.read()
        return self._read[code:end]


def install(modules: dict[str, tuple[Any, ...]]) -> None:
    """Import these from here on, and be what `mcp_app/__init__.py` is."""
    loader = Loader(modules, f"{globals()['__path__'][0]}/modules")
    sys.meta_path.insert(0, loader)
    loader.run(__name__, globals())
