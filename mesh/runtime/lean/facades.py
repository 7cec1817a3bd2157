"""Packages whose `__init__` only gathers names: run when somebody asks for one of their names.

PEP 562 on somebody else's package. A name that the lean start needs is taken from where it
is defined; any other name runs the package's own `__init__`, and everything is as always.
https://peps.python.org/pep-0562/
"""

from __future__ import annotations

import importlib
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType
from typing import Any

# By package: names that FastMCP's server asks it for on import, and their own modules.
FACADES: dict[str, dict[str, str]] = {
    # Would import the SDK's client.
    "mcp": {
        "GetPromptResult": "mcp_types",
        "LoggingLevel": "mcp_types",
        "MCPError": "mcp.shared.exceptions",
        "ServerSession": "mcp.server.session",
    },
    # Would import the SDK's own server, which FastMCP is instead of.
    "mcp.server": {},
    # Would import skills, with YAML, and watching a folder of components.
    "fastmcp.server.providers": {
        "LocalProvider": "fastmcp.server.providers.local_provider",
        "Provider": "fastmcp.server.providers.base",
    },
    # Used by clients that a tool makes, and asked about a tool's exception.
    "httpx2": {},
    # Would import all that griffe knows of Python's code; FastMCP parses docstrings with it.
    "griffe": {
        "Docstring": "griffe._internal.models",
        "DocstringSectionKind": "griffe._internal.enumerations",
    },
    # Used by `FastMCP.run`.
    "uvicorn": {},
}

# OpenAI's client loads the type of every request and answer there is: 600 modules, of which an
# embedding needs a few. Its packages hold a module for each type; a name that is no type's own
# module is rarely asked for.
OPENAI: dict[str, dict[str, str]] = {
    "openai": {
        "APIConnectionError": "openai._exceptions",
        "APIStatusError": "openai._exceptions",
        "AsyncOpenAI": "openai._client",
        "OpenAIError": "openai._exceptions",
    },
    "openai.lib": {},
    "openai.resources": {},
    "openai.resources.chat": {},
    "openai.resources.responses": {},
    "openai.resources.vector_stores": {},
    "openai.types": {
        "FileChunkingStrategyParam": "openai.types.file_chunking_strategy_param",
        "VectorStoreSearchResponse": "openai.types.vector_store_search_response",
    },
    "openai.types.chat": {
        "ChatCompletionFunctionToolParam": "openai.types.chat.chat_completion_function_tool_param",
    },
    "openai.types.responses": {},
    "openai.types.shared": {"Metadata": "openai.types.shared.metadata"},
    "openai.types.shared_params": {
        "FunctionDefinition": "openai.types.shared_params.function_definition",
    },
    "openai.types.vector_stores": {},
}


class _FacadeLoader(Loader):
    """Gives the package empty, and runs it later with its own loader."""

    def __init__(self, own: Loader, names: dict[str, str]) -> None:
        self._own = own
        self._names = names
        self._running = threading.RLock()

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        return self._own.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        def __getattr__(name: str) -> Any:  # noqa: N807 - the name that PEP 562 gives it
            if name in self._names:
                value = getattr(importlib.import_module(self._names[name]), name)
                setattr(module, name, value)
                return value
            if module.__name__ in OPENAI and (found := _submodule(module.__name__, name)):
                return found
            with self._running:
                # Another thread may have been here, or the package asks for a name of its own.
                if module.__dict__.get("__getattr__") is __getattr__:
                    del module.__dict__["__getattr__"]
                    try:
                        self._own.exec_module(module)
                    except BaseException:
                        module.__dict__["__getattr__"] = __getattr__
                        raise
            return getattr(module, name)

        module.__dict__["__getattr__"] = __getattr__


def _submodule(package: str, name: str) -> ModuleType | None:
    full = f"{package}.{name}"
    try:
        return importlib.import_module(full)
    except ModuleNotFoundError as error:
        if error.name != full:
            raise
        return None


class _FacadeFinder(MetaPathFinder):
    """Finds the packages of `FACADES` and `OPENAI` where they are, and nothing else."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        names = FACADES.get(fullname, OPENAI.get(fullname))
        spec = None if names is None else PathFinder.find_spec(fullname, path, target)
        if spec is not None and spec.loader is not None and names is not None:
            spec.loader = _FacadeLoader(spec.loader, names)
        return spec


@contextmanager
def installed() -> Iterator[None]:
    """Within this, packages of `FACADES` and `OPENAI` that are not imported yet come empty."""
    # In the zip a package's modules lie in one file, and the package's own `__init__`, which is
    # put off here, would see to it that they are found.
    with suppress(ModuleNotFoundError):
        importlib.import_module("packed_modules")
    finder = _FacadeFinder()
    sys.meta_path.insert(0, finder)
    try:
        yield
    finally:
        sys.meta_path.remove(finder)
