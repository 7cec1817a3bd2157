"""Whether two recordings of a module are the same: what it did, and its functions' signatures.

A catalogue that the build froze is right as long as the modules that make it do the same on
Lambda as they did in the build. A default that comes from an environment variable, or a tool
inside an `if`, changes the fingerprint of its module.
"""

from __future__ import annotations

import re

from mesh.runtime.deferral.recorder import Recorder
from mesh.runtime.digests import sha256

# Not typing's; see `mesh.runtime.handler`.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from typing import Any

# Written as Python shows them; the same in every process.
PLAIN = frozenset({str, bytes, int, float, bool, type(None), type(...)})
FUNCTION = type(lambda: None)
DEPTH = 12
# Of these modules, values that are shown whole.
SHOWN = frozenset(
    {"annotated_types", "datetime", "decimal", "fractions", "ipaddress", "pathlib", "re", "uuid"}
)
OWNERS = frozenset({"annotated_types", "fastmcp", "mcp", "mcp_types", "pydantic", "pydantic_core"})
_WORD = re.compile(r"[^\W\d]\w*")


def fingerprints(log: Iterable[Recorder], modules: Mapping[str, Any]) -> dict[str, str]:
    """The fingerprint of each of these modules, in hexadecimal.

    Args:
        log: What was recorded.
        modules: The modules by name.
    """
    writer = _Writer(log)
    done: dict[str, list[str]] = {name: [] for name in modules}
    for recorder in log:
        operation = recorder.mesh_deferral_operation
        if operation.module in done and operation.kind not in {"attribute", "import"}:
            done[operation.module].append(writer.value(recorder))
    return {
        name: sha256(
            "\n".join([*operations, *writer.module(name, modules[name])]).encode("utf-8", "replace")
        ).hexdigest()
        for name, operations in done.items()
    }


def described(value: Any) -> str:
    """A value as the same text in every process."""
    return _Writer(()).value(value)


class _Writer:
    """Writes values as the same text in every process.

    Args:
        log: What was recorded: a value that came of it is written as the operation, whether it
            has been done already or not.
    """

    def __init__(self, log: Iterable[Recorder]) -> None:
        self._made: dict[int, Recorder] = {}
        for recorder in log:
            value = recorder.mesh_deferral_value
            # A name may stand for somebody else's object, which others name, too.
            if value is not None and _is_of_deferred(value[0]):
                self._made.setdefault(id(value[0]), recorder)

    def module(self, name: str, module: Any) -> Iterator[str]:
        """The functions and classes that a module defines, as far as FastMCP looks at them."""
        # A copy: what a module keeps may import something when it is looked at.
        for key, value in [*vars(module).items()]:
            if type(value) is Recorder:
                # What it recorded is among the operations.
                continue
            if type(value) is FUNCTION and value.__module__ == name:
                yield f"{key}={self._function(value, 0)}"
            elif isinstance(value, type) and value.__module__ == name:
                yield f"{key}=class {self._class(value, vars(module))}"

    def value(self, value: Any, depth: int = 0) -> str:  # noqa: C901, PLR0911 - one for each kind of value
        kind = type(value)
        if depth > DEPTH:
            return "..."
        deeper = depth + 1
        if id(value) in self._made:
            return self.value(self._made[id(value)], depth)
        if kind is Recorder:
            operation = value.mesh_deferral_operation
            operands = ",".join(self.value(one, deeper) for one in operation.operands)
            return f"{operation.kind}({operands})"
        if kind in PLAIN:
            return repr(value)
        if kind is FUNCTION:
            return self._function(value, deeper)
        if kind in {list, tuple}:
            return f"{kind.__name__}[{','.join(self.value(one, deeper) for one in value)}]"
        if kind in {set, frozenset}:
            return f"{kind.__name__}[{','.join(sorted(self.value(one, deeper) for one in value))}]"
        if kind is dict:
            items = (
                f"{self.value(name, deeper)}:{self.value(one, deeper)}"
                for name, one in value.items()
            )
            return f"dict[{','.join(items)}]"
        if isinstance(value, type):
            return _named(value)
        if kind.__module__ in {"typing", "types"}:
            parts = (
                getattr(value, name, None) for name in ("__origin__", "__args__", "__metadata__")
            )
            return f"{kind.__name__}[{','.join(self.value(one, deeper) for one in parts)}]"
        if kind.__module__.partition(".")[0] in SHOWN:
            return f"{_named(kind)}:{value!r}"
        # An enumeration's member has a name and a value.
        member = getattr(value, "_name_", ""), getattr(value, "_value_", None)
        return f"{_named(kind)}:{self.value(member, deeper)}"

    def _class(self, value: type, names: Mapping[str, Any]) -> str:
        """A class, with the values that its objects begin with."""
        own = vars(value)
        fields = own.get("__dataclass_fields__", {})
        described: dict[str, Any] = {
            "annotations": self._annotations(own.get("__annotations__", {}), names, 0),
            "fields": [(one.name, one.default) for one in fields.values()],
            "members": getattr(value, "_member_map_", {}),
            "defaults": getattr(value, "_field_defaults", {}),
            # A dataclass's own may have addresses in it.
            "doc": None if fields else own.get("__doc__"),
        }
        described |= {
            name: one
            for name, one in own.items()
            if not name.startswith("_") and type(one) is not FUNCTION
        }
        return f"{_named(value)} {self.value(described)}"

    def _function(self, function: Any, depth: int) -> str:
        code = function.__code__
        parts = [
            function.__name__,
            function.__doc__,
            *code.co_varnames[: code.co_argcount + code.co_kwonlyargcount],
            code.co_flags,
            function.__defaults__,
            function.__kwdefaults__,
        ]
        annotations = self._annotations(function.__annotations__, function.__globals__, depth)
        return f"def {','.join(self.value(one, depth) for one in parts)} {annotations}"

    def _annotations(self, annotations: Any, names: Mapping[str, Any], depth: int) -> str:
        """Annotations, with what they name where they are text."""
        texts = [one for one in annotations.values() if type(one) is str]
        named = {name for text in texts for name in _WORD.findall(text) if name in names}
        values = {name: names[name] for name in sorted(named)}
        return self.value([annotations, values], depth)


def _is_of_deferred(value: Any) -> bool:
    modules = (getattr(value, "__module__", None), type(value).__module__)
    return any(str(one).partition(".")[0] in OWNERS for one in modules)


def _named(kind: type) -> str:
    return f"{kind.__module__}.{kind.__qualname__}"
