"""The protocol's models: Pydantic prepares each when it is first used.

The SDK and FastMCP define about 500 models, of which a request needs a few dozen. Pydantic
has a setting that puts off a model's validator, `defer_build`; here it is the default for those
who do not set it.
https://docs.pydantic.dev/latest/api/config/#pydantic.config.ConfigDict.defer_build

Two more steps are put off. Pydantic evaluates the annotations of a class for its fields: here when
somebody asks for the fields. And a module may call `model_rebuild` once it has defined every name
that a model refers to: the first use of the model finds these names, too.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from pydantic import BaseModel, TypeAdapter
from pydantic._internal import _config, _model_construction  # no public way to a default for all
from pydantic.main import _rebuild_lock

# FastMCP reads the core schemas of the adapters that it makes here, for the types of tools; of an
# adapter that is not built pydantic-core takes none.
READ = "fastmcp.utilities.types"

_collect: Any = _model_construction.set_model_fields


class Fields:
    """Stands in a model's class for its fields, until somebody asks for them.

    Args:
        model: The class.
        options: What Pydantic collects them with.
    """

    def __init__(self, model: type[BaseModel], options: dict[str, Any]) -> None:
        self._model = model
        self._options = options

    def __get__(self, _instance: object, _owner: type) -> Any:
        with _rebuild_lock:
            if self._model.__dict__["__pydantic_fields__"] is self:
                # As a class has none while its fields are collected.
                del self._model.__pydantic_fields__
                try:
                    _collect(self._model, **self._options)
                except BaseException:
                    self._model.__pydantic_fields__ = self
                    raise
        return self._model.__dict__["__pydantic_fields__"]


def _put_off_fields(model: type[BaseModel], **options: Any) -> None:
    # Private attributes are found with the fields, and needed at once.
    if any(name.startswith("_") for name in model.__annotations__):
        _collect(model, **options)
    else:
        model.__pydantic_fields__ = Fields(model, options)  # type: ignore[assignment]


@contextmanager
def deferred() -> Iterator[None]:
    """Within this, models and type adapters that are made are built at their first use."""
    defaults = _config.config_defaults
    by_config = TypeAdapter.__dict__["_defer_build"]
    rebuild = BaseModel.__dict__["model_rebuild"]

    def put_off(model: type[BaseModel], /, *, raise_errors: bool = True, **options: Any) -> Any:
        # Pydantic's own call at the first use of a model is the one that wants no errors.
        if raise_errors and not options.get("force"):
            return None
        return rebuild.__get__(None, model)(raise_errors=raise_errors, **options)

    defaults["defer_build"] = True
    # An adapter of a union has no model whose setting it could follow.
    TypeAdapter._defer_build = property(lambda adapter: adapter._module_name != READ)  # type: ignore[method-assign,assignment]
    BaseModel.model_rebuild = classmethod(put_off)  # type: ignore[method-assign,assignment]
    _model_construction.set_model_fields = _put_off_fields  # type: ignore[assignment]
    try:
        yield
    finally:
        _model_construction.set_model_fields = _collect
        BaseModel.model_rebuild = rebuild  # type: ignore[method-assign]
        TypeAdapter._defer_build = by_config  # type: ignore[method-assign]
        defaults["defer_build"] = False
