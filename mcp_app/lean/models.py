"""The protocol's models: Pydantic builds the validator of each when it is first used.

The SDK and FastMCP define about 500 models, of which a request needs a few dozen. Pydantic
has a setting for that, `defer_build`; here it is the default for those who do not set it.
https://docs.pydantic.dev/latest/api/config/#pydantic.config.ConfigDict.defer_build
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from pydantic import TypeAdapter
from pydantic._internal import _config  # no public way to a default for all

# FastMCP reads the core schemas of the adapters that it makes here, for the types of tools; of an
# adapter that is not built pydantic-core takes none.
READ = "fastmcp.utilities.types"


@contextmanager
def deferred() -> Iterator[None]:
    """Within this, models and type adapters that are made are built at their first use."""
    defaults = _config.config_defaults
    by_config = TypeAdapter.__dict__["_defer_build"]
    defaults["defer_build"] = True
    # An adapter of a union has no model whose setting it could follow.
    TypeAdapter._defer_build = property(lambda adapter: adapter._module_name != READ)  # type: ignore[method-assign,assignment]  # noqa: SLF001
    try:
        yield
    finally:
        TypeAdapter._defer_build = by_config  # type: ignore[method-assign]  # noqa: SLF001
        defaults["defer_build"] = False
