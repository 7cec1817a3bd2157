"""Prompts whose arguments are checked before anything is rendered.

FastMCP's own answers an argument that does not fit with an internal error that quotes it,
and logs it; here it is the caller's mistake, -32602, named and not quoted.
"""

from __future__ import annotations

import inspect
import logging
from collections.abc import Callable, Mapping
from typing import Any, Self

from fastmcp.decorators import get_fastmcp_meta
from fastmcp.exceptions import ValidationError
from fastmcp.prompts import PromptResult
from fastmcp.prompts.function_prompt import FunctionPrompt
from pydantic import BaseModel, ConfigDict, PrivateAttr, create_model
from pydantic import ValidationError as Invalid

from mcp_app.registration.completions import Completer, beginning_with
from mesh.runtime.server.exits import contained_exits


class TypedPrompt(FunctionPrompt):
    """A prompt made from a function; make it with `of`."""

    _model: type[BaseModel] = PrivateAttr()
    # JSON Schema of each argument, made once: it takes milliseconds of INIT.
    _schemas: dict[str, dict[str, Any]] = PrivateAttr()

    @classmethod
    def of(cls, function: Callable[..., Any]) -> Self:
        """The prompt that `@prompt` says this function is; its annotations must be resolved."""
        made = cls.from_function(function, metadata=get_fastmcp_meta(function))
        assert isinstance(made, cls)  # noqa: S101 - from_function makes its own class
        parameters = inspect.signature(function).parameters
        fields: dict[str, Any] = {}
        for argument in made.arguments or []:
            parameter = parameters[argument.name]
            required = parameter.default is inspect.Parameter.empty
            fields[argument.name] = (parameter.annotation, ... if required else parameter.default)
        made._model = create_model(  # noqa: SLF001 - our own class
            "Arguments", __config__=ConfigDict(extra="forbid"), **fields
        )
        made._schemas = made._model.model_json_schema().get("properties", {})  # noqa: SLF001 - as above
        for argument in made.arguments or []:
            argument.description = made._description(argument.name)  # noqa: SLF001 - as above
        return made

    def _values(self, name: str) -> list[str]:
        """What the argument may be, where that is a short list."""
        schema = self._schemas[name]
        for entry in (schema, *schema.get("anyOf", ())):
            values = entry.get("enum", [entry["const"]] if "const" in entry else [])
            if values:
                return [str(value) for value in values]
        return []

    def _description(self, name: str) -> str | None:
        """The words of its `Field`, and the values that it may have."""
        said = self._schemas[name].get("description")
        values = self._values(name)
        listed = f"One of: {', '.join(values)}." if values else None
        return " ".join(part for part in (said, listed) if part) or None

    def completers(self, others: Mapping[str, Completer]) -> dict[str, Completer]:
        """Who completes which argument: its module's completer, or its own list of values."""
        found = {}
        for argument in self.arguments or []:
            values = self._values(argument.name)
            if argument.name in others:
                found[argument.name] = others[argument.name]
            elif values:
                found[argument.name] = beginning_with(values)
        return found

    async def render(self, arguments: dict[str, Any] | None = None) -> PromptResult:
        """The messages for these arguments.

        Raises:
            ValidationError: one is missing, not known, or does not fit.
        """
        optional = {argument.name for argument in self.arguments or [] if not argument.required}
        # Forms send what was left blank as an empty string.
        given = {
            name: value
            for name, value in (arguments or {}).items()
            if value != "" or name not in optional
        }
        try:
            checked = self._model.model_validate(given)
        except Invalid as error:
            wrong = "; ".join(
                f"{'.'.join(map(str, problem['loc'])) or 'arguments'}: {problem['msg']}"
                for problem in error.errors(include_input=False, include_url=False)
            )
            # The caller's mistake, and no cause: its text would quote what was sent.
            raise ValidationError(
                f"Invalid arguments for prompt {self.name!r}: {wrong}.", log_level=logging.DEBUG
            ) from None
        with contained_exits():
            return await super().render({name: getattr(checked, name) for name in given})
