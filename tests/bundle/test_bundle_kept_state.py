"""What modules keep from call to call is found, wherever it is changed."""

from __future__ import annotations

from pathlib import Path

import pytest

from ops.bundle.kept_state import kept
from ops.bundle.source_module import SourceModule


def found(tmp_path: Path, **sources: str) -> set[str]:
    """What the modules of a package with these sources keep."""
    package = tmp_path / "mcp_app"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("")
    modules = {}
    for name, source in sources.items():
        (package / f"{name}.py").write_text(source)
        module = SourceModule.read(tmp_path, f"mcp_app.{name}")
        assert module is not None
        modules[module.name] = module
    return {f"{module}.{name}".removeprefix("mcp_app.") for module, name in kept(modules)}


@pytest.mark.parametrize(
    "change",
    [
        "kept.append(1)",
        "kept[0] = 1",
        "kept[0] += 1",
        "del kept[0]",
        "kept.x = 1",
        "kept.inner.clear()",
        "kept[0].update(a=1)",
        "global kept; kept = 1",
        "global kept; kept += 1",
        "print(kept.pop())",
    ],
)
def test_what_a_function_changes_is_kept(tmp_path: Path, change: str) -> None:
    assert found(tmp_path, a=f"kept = []\ndef f():\n  {change}\n") == {"a.kept"}


@pytest.mark.parametrize(
    "body",
    [
        "own = kept.copy(); own.append(1)",
        "return [*kept, 1]",
        "return kept[0].x",
        "for kept in (): kept.append(1)",
        "with open('x') as kept: kept.write('x')",
    ],
)
def test_what_is_only_read_or_a_function_s_own_is_not(tmp_path: Path, body: str) -> None:
    assert found(tmp_path, a=f"kept = []\ndef f(argument=None):\n  {body}\n") == set()


def test_it_is_found_in_the_module_that_another_changes(tmp_path: Path) -> None:
    b = "from mcp_app import a\ndef f(): a.words.append(1)\n"
    c = "from mcp_app.a import names\ndef f(): names.add(1)\n"
    d = "import mcp_app.a as all\ndef f(): all.numbers[1] = 2\n"
    a = "words = []\nnames = set()\nnumbers = {}\nothers = []\n"
    assert {"a.words", "a.names", "a.numbers"} <= found(tmp_path, a=a, b=b, c=c, d=d)
    assert "a.others" not in found(tmp_path / "again", a=a, b=b, c=c, d=d)


def test_an_object_that_changes_itself_is_kept(tmp_path: Path) -> None:
    counter = "class Counter:\n  def __init__(self): self.n = 0\n  def up(self): self.n += 1\n"
    register = "class Register:\n  def __init__(self): self.n = []\n  def up(self): self.n.sort()\n"
    plain = "class Plain:\n  def __init__(self): self.n = 0\n  def shown(self): return self.n\n"
    a = f"{counter}{register}{plain}"
    b = "from mcp_app.a import Counter, Plain, Register\nx = Counter()\ny: object = Register()\n"
    b += "z = Plain()\n"
    assert found(tmp_path, a=a, b=b) == {"b.x", "b.y"}
