"""The stand-in for a name of a deferred package: it records what is done with it."""

from __future__ import annotations

import _operator
import builtins
import sys

# Not typing's; see `mesh.runtime.handler`.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, Protocol

    class Owner(Protocol):
        """What recorders belong to; `mesh.runtime.deferral.imports.Deferral` is one."""

        def recording(self, package: str) -> bool:
            """Whether an operation is written down rather than done."""

        def add(self, operation: Operation) -> Any:
            """Write an operation down; its result, in most cases a recorder."""

        def resolve(self, recorder: Recorder) -> None:
            """Give a recorder its real value."""


# What FastMCP's decorators are called. They give back the function that they are put on; the
# replay checks that.
DECORATORS = frozenset({"tool", "resource", "prompt", "custom_route"})
IMPORT, ATTRIBUTE, CALL, OR, ITEM = "import", "attribute", "call", "or", "item"


class Operation:
    """One thing that a module did with a deferred name.

    Attributes:
        kind: One of the constants above.
        package: The package that is needed to do it, such as `pydantic`.
        module: The name of the module that did it.
        operands: What it was done with, recorders among them.
        given_back: The function that a decorator gave back; None for everything else.
    """

    __slots__ = ("given_back", "kind", "module", "operands", "package")

    def __init__(self, kind: str, package: str, module: str, operands: tuple[Any, ...]) -> None:
        self.kind = kind
        self.package = package
        self.module = module
        self.operands = operands
        self.given_back: Any = None


def _class_of(self: Recorder) -> Any:
    """The class that `isinstance` is told; typing asks for it with every annotation."""
    frame = sys._getframe(1)  # noqa: SLF001 - no public way
    if frame.f_globals.get("__name__") == "typing" and _recording(self):
        return Recorder
    return resolved(self).__class__


class Recorder:
    """Stands in for an object of a deferred package.

    Every attribute but the four below is the real object's.
    """

    __slots__ = (
        "__weakref__",
        "mesh_deferral_attributes",
        "mesh_deferral_operation",
        "mesh_deferral_owner",
        "mesh_deferral_value",
    )
    mesh_deferral_attributes: dict[str, Recorder]
    mesh_deferral_operation: Operation
    mesh_deferral_owner: Owner
    mesh_deferral_value: tuple[Any] | None

    def __init__(self, owner: Owner, operation: Operation) -> None:
        object.__setattr__(self, "mesh_deferral_owner", owner)
        object.__setattr__(self, "mesh_deferral_operation", operation)
        object.__setattr__(self, "mesh_deferral_value", None)
        object.__setattr__(self, "mesh_deferral_attributes", {})

    def __getattr__(self, name: str) -> Any:
        if not _recording(self) or (name.startswith("__") and name.endswith("__")):
            return getattr(resolved(self), name)
        known = self.mesh_deferral_attributes
        if name not in known:
            known[name] = _record(self, ATTRIBUTE, (self, name))
        return known[name]

    def __call__(self, *given: Any, **named: Any) -> Any:
        """Record the call, or make it."""
        if not _recording(self):
            return resolved(self)(
                *map(real, given), **{name: real(one) for name, one in named.items()}
            )
        if len(given) == 1 and not named and type(given[0]) is _FUNCTION and _decorates(self):
            _record(self, CALL, (self, given, named), given_back=given[0])
            return given[0]
        return _record(self, CALL, (self, given, named))

    def __getitem__(self, item: Any) -> Any:
        if not _recording(self):
            return resolved(self)[real(item)]
        return _record(self, ITEM, (self, item))

    def __or__(self, other: Any) -> Any:
        if not _recording(self):
            return resolved(self) | real(other)
        return _record(self, OR, (self, other))

    def __ror__(self, other: Any) -> Any:
        if not _recording(self):
            return other | resolved(self)
        return _record(self, OR, (other, self))

    def __mro_entries__(self, bases: tuple[Any, ...]) -> tuple[Any, ...]:
        value = resolved(self)
        if isinstance(value, type):
            return (value,)
        entries: tuple[Any, ...] = value.__mro_entries__(bases)
        return entries

    def __setattr__(self, name: str, value: Any) -> None:
        setattr(resolved(self), name, value)

    def __delattr__(self, name: str) -> None:
        delattr(resolved(self), name)

    # typing hashes what annotations hold. It stays the same, since a dict may hold it.
    def __hash__(self) -> int:
        return id(self) >> 4

    def __eq__(self, other: object) -> bool:
        return self is other or bool(resolved(self) == real(other))

    __class__ = property(_class_of)


def path_of(operation: Operation) -> str:
    """An operation in words, such as `fastmcp.FastMCP()`."""
    if operation.kind == IMPORT:
        return str(operation.operands[0])
    first = operation.operands[0]
    base = path_of(first.mesh_deferral_operation) if type(first) is Recorder else "_"
    if operation.kind == ATTRIBUTE:
        return f"{base}.{operation.operands[1]}"
    return f"{base}()" if operation.kind == CALL else f"{base} {operation.kind}"


def resolved(recorder: Recorder) -> Any:
    """The real object that a recorder stands in for.

    Raises:
        Exception: what the operation raises when it is done.
    """
    # A module that needs a real object records no more, though another had it resolved before.
    if recorder.mesh_deferral_value is None or _recording(recorder):
        recorder.mesh_deferral_owner.resolve(recorder)
    value = recorder.mesh_deferral_value
    if value is None:
        raise RuntimeError("a deferred name was not resolved")
    return value[0]


def real(value: Any) -> Any:
    """The real object that a recorder stands in for; any other value as it is."""
    return resolved(value) if type(value) is Recorder else value


def is_recorder(value: Any) -> bool:
    """Whether it is a recorder; `isinstance` would ask what the recorder stands in for."""
    return type(value) is Recorder


def _recording(recorder: Recorder) -> bool:
    # Also where the value is known: whether a module records must not depend on what others did.
    return recorder.mesh_deferral_owner.recording(recorder.mesh_deferral_operation.package)


def _record(
    recorder: Recorder, kind: str, operands: tuple[Any, ...], given_back: Any = None
) -> Any:
    frame = sys._getframe(1)  # noqa: SLF001 - no public way
    while frame.f_back is not None and frame.f_globals is _OWN:
        frame = frame.f_back
    module = frame.f_globals.get("__name__", "")
    operation = Operation(kind, recorder.mesh_deferral_operation.package, module, operands)
    operation.given_back = given_back
    return recorder.mesh_deferral_owner.add(operation)


def _decorates(recorder: Recorder) -> bool:
    """Whether it is one of FastMCP's decorators, or one that was given arguments."""
    operation = recorder.mesh_deferral_operation
    if operation.kind == CALL:
        operation = operation.operands[0].mesh_deferral_operation
    return (
        operation.package == "fastmcp"
        and operation.kind in {IMPORT, ATTRIBUTE}
        and operation.operands[-1] in DECORATORS
    )


def _through(function: Callable[..., Any]) -> Callable[..., Any]:
    """A special method that does to the real object what the function does."""

    def method(self: Recorder, *given: Any) -> Any:
        return function(resolved(self), *map(real, given))

    return method


def _through_type(name: str) -> Callable[..., Any]:
    """A special method that calls the real object's own."""

    def method(self: Recorder, *given: Any) -> Any:
        value = resolved(self)
        return getattr(type(value), name)(value, *given)

    return method


def _reflected(function: Callable[..., Any]) -> Callable[..., Any]:
    """A special method for an operator whose other side does not know recorders."""

    def method(self: Recorder, other: Any) -> Any:
        return function(other, resolved(self))

    return method


def _operator_named(name: str) -> Callable[..., Any]:
    # Words of the language have an underscore at their end there.
    function: Callable[..., Any] = getattr(_operator, name, None) or getattr(_operator, f"{name}_")
    return function


_OWN = globals()
_FUNCTION = type(real)
# Python looks these up on the class, so each is here.
# https://docs.python.org/3/reference/datamodel.html#special-lookup
_BUILTINS = "abs bool bytes complex dir float format int iter len next repr reversed round str"
_OPERATORS = (
    "contains delitem ge gt iadd iand ifloordiv ilshift imatmul imod imul index invert ior ipow "
    "irshift isub itruediv ixor le lt ne neg pos setitem"
)
_REFLECTED = "add and floordiv lshift matmul mod mul pow rshift sub truediv xor"
_OWN_METHODS = (
    "aenter aexit aiter anext await enter exit fspath instancecheck reduce_ex subclasscheck"
)
for _name in _BUILTINS.split():
    setattr(Recorder, f"__{_name}__", _through(getattr(builtins, _name)))
for _name in _OPERATORS.split():
    setattr(Recorder, f"__{_name}__", _through(_operator_named(_name)))
for _name in _REFLECTED.split():
    setattr(Recorder, f"__{_name}__", _through(_operator_named(_name)))
    setattr(Recorder, f"__r{_name}__", _reflected(_operator_named(_name)))
for _name in _OWN_METHODS.split():
    setattr(Recorder, f"__{_name}__", _through_type(f"__{_name}__"))
