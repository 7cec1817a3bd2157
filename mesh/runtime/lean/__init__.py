"""FastMCP imported leanly: what this server never uses is not loaded on its cold start.

Nothing is replaced for good and nothing is left out. What is put off is loaded in the moment
when somebody asks for it, and is the same object then. Four means, each in a file of its own:

- `facades`: packages that only gather names from their modules for convenience, such as `mcp`
  (which would load the whole client), run when somebody asks for one of their names.
- `stand_ins`: a module that is imported for one function, or for annotations alone, is
  imported when that function is called.
- `models`: Pydantic collects the fields of about 500 protocol models, and builds their validators,
  when each is first used.
- `wire_types`: 300 of those models are of two eras of the protocol; a client speaks one.

And Python does not look for garbage meanwhile: what is imported stays.

`MESH_LEAN_IMPORTS=off` turns all of it off. docs/explanation/cold-starts.md has what each is worth.
"""

from __future__ import annotations

import gc
import importlib
import os
from collections.abc import Iterator
from contextlib import contextmanager

from mesh.runtime.lean import facades, models, stand_ins, wire_types

SWITCH = "MESH_LEAN_IMPORTS"


@contextmanager
def imports() -> Iterator[None]:
    """Within this, FastMCP and the SDK are imported leanly.

    No garbage is collected from here on until `collect_from_now_on`.
    """
    if os.environ.get(SWITCH) == "off":
        yield
        return
    gc.disable()
    with facades.installed(), stand_ins.installed(), models.deferred(), wire_types.deferred():
        # What registering a tool imports, later and outside of this.
        for module in ("fastmcp.server.context", "griffe"):
            importlib.import_module(module)

        yield


@contextmanager
def openai_imports() -> Iterator[None]:
    """Within this, OpenAI's client is imported without the types that nobody asks for."""
    if os.environ.get(SWITCH) == "off":
        yield
        return
    with facades.installed():
        # The client imports them later, when it is first asked.
        for package in facades.OPENAI:
            importlib.import_module(package)
        yield


def collect_from_now_on() -> None:
    """End INIT: garbage is what requests leave; what is there now is never looked at again."""
    gc.freeze()
    gc.enable()
