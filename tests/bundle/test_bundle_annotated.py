"""What reads annotations, or may, is found before they are taken out."""

from __future__ import annotations

from pathlib import Path

import pytest

from ops.bundle.annotated import NotLeanError, check
from ops.bundle.source_module import SourceModule

IMPORTS = """
import dataclasses, functools, inspect, typing
from dataclasses import KW_ONLY, InitVar, dataclass, field
from functools import singledispatch, wraps
from typing import Any, ClassVar, NamedTuple, get_type_hints
import httpx
import tenacity
from fastmcp.tools import tool
from mcp_app.own import Base, own
"""


def checked(tmp_path: Path, source: str) -> None:
    """Check the last statement of a module with these imports."""
    package = tmp_path / "mcp_app"
    package.mkdir()
    (package / "tools.py").write_text(IMPORTS + source)
    module = SourceModule.read(tmp_path, "mcp_app.tools")
    assert module is not None
    check(module.tree.body[-1], module)


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("def f(x: int): return get_type_hints(f)", "get_type_hints reads annotations"),
        ("def f(x: int): return inspect.signature(f)", "inspect.signature reads annotations"),
        ("def f(x: int): return f.__annotations__", "f.__annotations__ reads annotations"),
        ("@singledispatch\ndef f(x: int): pass", "singledispatch reads annotations"),
        ("@functools.singledispatch\ndef f(x: int): pass", "reads annotations"),
        ("@tenacity.retry\ndef f(x: int): pass", "f is decorated by tenacity.retry"),
        ("@tenacity.retry(stop=3)\ndef f(): pass", "f is decorated by tenacity.retry"),
        ("class C:\n  @tenacity.retry\n  def f(self): pass", "f is decorated by tenacity.retry"),
        ("class C(httpx.Auth):\n  x: int = 1", "C is a httpx.Auth"),
        ("@dataclass(order=True)\nclass C:\n  x: int", "C is a dataclass with order"),
        ("@dataclasses.dataclass(eq=False)\nclass C:\n  x: int", "C is a dataclass with eq"),
        ("@dataclass\nclass C:\n  x: int = field(init=False)", "C has a field with init"),
        ("@dataclass\nclass C:\n  x: InitVar[int]", "C has the field x: InitVar"),
        ("@dataclass\nclass C:\n  _: KW_ONLY\n  x: int", "C has the field _: KW_ONLY"),
    ],
)
def test_what_does_otherwise_without_annotations_is_refused(
    tmp_path: Path, source: str, reason: str
) -> None:
    with pytest.raises(NotLeanError, match=reason):
        checked(tmp_path, source)


@pytest.mark.parametrize(
    "source",
    [
        "@tool(name='f')\ndef f(x: int) -> dict[str, Any]: return {}",
        "@own\n@functools.cache\ndef f(x: int): pass",
        "def f(signature: str): return signature.strip()",
        "def f():\n  @wraps(f)\n  def g(): pass\n  return g",
        (
            "@dataclass(frozen=True, slots=True, kw_only=True)\nclass C(Base):\n  x: int = field("
            "default=1, repr=False)\n  y: ClassVar[int] = 2"
        ),
        "class C(httpx.Auth):\n  def auth_flow(self, request): yield request",
        "class C(NamedTuple):\n  x: int",
    ],
)
def test_what_does_the_same_passes(tmp_path: Path, source: str) -> None:
    checked(tmp_path, source)
