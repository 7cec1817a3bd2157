"""Generated modules: types, defaults, results, state and decorators in every combination."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.local.runtime.fast_path.copies import built, compare, project_with
from tests.local.runtime.fast_path.requests import call

EXAMPLES = int(os.environ.get("MESH_MODULES", "1"))
TOOLS = 14
HEAD = """
from __future__ import annotations
import asyncio, functools, itertools
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import Enum
from typing import Annotated, Any, Literal, NamedTuple, Optional, TypedDict
from fastmcp.exceptions import ToolError
from fastmcp.tools import tool
from pydantic import AfterValidator, BeforeValidator, Field

IDS = itertools.count()
SEEN = []
WHO = ContextVar("who", default="nobody")
class Colour(Enum):
    RED = "red"
    BLUE = "blue"
@dataclass
class Point:
    x: int
    y: float = 0.5
@dataclass
class Secret(Point):
    password: str = "hidden"
class Pair(NamedTuple):
    a: int
    b: str = "b"
class Row(TypedDict, total=False):
    name: str
    size: int
def shout(value):
    SEEN.append(value)
    return value.upper()
Short = Annotated[str, Field(max_length=4), AfterValidator(shout)]
def counted(function):
    @functools.wraps(function)
    def wrapper(*given, **named):
        SEEN.append(function.__name__)
        return function(*given, **named)
    return wrapper
"""
# Types, each with defaults of it.
TYPES = {
    "int": ["3", "Field(3, ge=1)", "Field(default_factory=lambda: 7)"],
    "float": ["1", "2.5"],
    "str": ["'a'", "''"],
    "bool": ["True"],
    "list[int]": ["[]", "[1]", "Field(default_factory=list)"],
    "dict[str, Any]": ["{}", "{'a': [1]}"],
    "Optional[int]": ["None"],
    "int | str": ["1", "'x'"],
    "Literal['a', 'b', 3]": ["'a'"],
    "Colour": ["Colour.RED"],
    "Point": ["Point(1)", "Secret(1)"],
    "Pair": ["Pair(1)"],
    "Row": ["{'name': 'n'}"],
    "Short": ["'ab'"],
    "date": ["date(2026, 1, 2)"],
    "Decimal": ["Decimal('1.5')"],
    "set[int]": ["{1}"],
    "Annotated[int, BeforeValidator(lambda v: v or 5)]": ["2"],
    "Any": ["None"],
}
VALUES: list[Any] = [
    *(None, True, 0, 3, 2.5, "", "a", "red", "7", "2026-03-04", [], [1], ["x"], {}, {"x": 1}),
    *({"x": "2", "y": 1}, {"name": "n", "size": "3"}, [1, "b"], {"a": 1}, -(2**60), "é “x”"),
]
BODIES = [
    "return value",
    "return [value, repr(value)]",
    "return next(IDS)",
    "SEEN.append(repr(value)); return len(SEEN)",
    "value = [*value, 'x'] if isinstance(value, list) else value; return value",
    "before = WHO.get(); WHO.set(repr(value)); return before",
    "raise ToolError(f'no {value!r}')",
    "raise ValueError('secret')",
    "return Secret(1, 2)",
    "return [Secret(1), Point(2, 3)]",
    "return None",
    "return {1: value, 'c': Colour.BLUE}",
    "return (value, 1e-7, 10**20)",
    "yield from [value, 1]",
    "if isinstance(value, (list, dict)): value.clear()\n    return value",
]
WAITS = ["await asyncio.sleep(0); ", "await asyncio.gather(asyncio.sleep(0)); ", ""]
RESULTS = ["", "", " -> Any", " -> int", " -> str", " -> list[Point]", " -> Point", " -> dict"]


@st.composite
def tools(draw: st.DrawFn, number: int) -> tuple[str, list[Any]]:
    """A tool's source, and arguments to call it with."""
    kind = draw(st.sampled_from([*TYPES]))
    default = draw(st.sampled_from(["", *TYPES[kind]]))
    body = draw(st.sampled_from(BODIES))
    result = draw(st.sampled_from(RESULTS))
    waits = draw(st.booleans()) and "yield" not in body
    if waits:
        body = draw(st.sampled_from(WAITS)) + body
    decorated = "" if waits or "yield" in body else draw(st.sampled_from(["", "@counted\n"]))
    parameter = f"value: {kind}" + (f" = {default}" if default else "")
    source = f"@tool\n{decorated}{'async ' if waits else ''}def t_{number}({parameter}){result}:\n"
    given = draw(st.lists(st.sampled_from(VALUES), min_size=1, max_size=3))
    return f"{source}    {body}\n", [{}, *({"value": one} for one in given), {}]


@st.composite
def modules(draw: st.DrawFn) -> tuple[str, list[tuple[str, Any]]]:
    """A module, and calls of its tools."""
    made = [draw(tools(number)) for number in range(TOOLS)]
    calls = [(f"t_{number}", one) for number, (_, many) in enumerate(made) for one in many]
    return HEAD + "\n".join(source for source, _ in made), draw(st.permutations(calls))


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A new folder for each example."""
    return lambda: tmp_path_factory.mktemp("module")


@settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=EXAMPLES == 1,
    phases=[Phase.generate],
    suppress_health_check=[*HealthCheck],
)
@given(made=modules())
def test_both_ways_answer_alike(folders: Any, index: Path, made: Any) -> None:
    source, calls = made
    folder = folders()
    root = project_with(folder, source)
    built(root, folder / "cache")
    found = compare(
        root, index, folder / "run", [call(tool, arguments, "/mcp") for tool, arguments in calls]
    )
    assert found.different == []
    assert "error" not in found.reasons.values()
    assert found.served
