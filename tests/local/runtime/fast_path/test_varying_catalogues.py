"""What a server offers may depend on where, when and how it is started."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mesh.build.fast_path import catalogues
from tests.local.runtime.fast_path.copies import built, compare, project_with
from tests.local.runtime.fast_path.requests import asked, call

HEAD = "from fastmcp.tools import tool\n"
OTHER = HEAD + "@tool\ndef other() -> str:\n    'Other.'\n    return 'x'\n"
VARYING = {
    "day": "from datetime import date\nDEFAULT = str(date.today())\n",
    "place": "from pathlib import Path\nDEFAULT = str(Path(__file__).resolve())\n",
    "order of a set": "DEFAULT = ','.join({'alpha', 'beta', 'gamma', 'delta', 'epsilon'})\n",
    "random number": "import uuid\nDEFAULT = str(uuid.uuid4())\n",
}


def with_default(source: str) -> str:
    return f"{HEAD}{source}@tool\ndef mine(x: str = DEFAULT) -> str:\n    'Mine.'\n    return x\n"


@pytest.mark.parametrize("kind", VARYING)
def test_fastmcp_lists_tools_where_a_description_varies(
    tmp_path: Path, index: Path, kind: str
) -> None:
    files = {"mine": with_default(VARYING[kind]), "other": OTHER}
    root = project_with(tmp_path, {f"mcp_app/tools/{name}.py": one for name, one in files.items()})
    made = built(root, tmp_path / "cache")
    assert made.varies == ("mine",)
    assert "mine" in made.off
    assert "other" in made.tools
    events = [call("other", {}, "/mcp"), asked("tools/list", {}, "/mcp")]
    found = compare(root, index, tmp_path / "run", events)
    assert found.reasons == {1: "environment"}
    # The default itself may differ between the two processes.
    assert kind in {"random number", "order of a set"} or found.different == []


def test_only_what_depends_on_the_environment_is_left_to_fastmcp(
    tmp_path: Path, index: Path
) -> None:
    reads = "import os\nDEFAULT = os.environ.get('SHOP_REGION', 'none')\n"
    files = {"mine": with_default(reads), "other": OTHER}
    root = project_with(tmp_path, {f"mcp_app/tools/{name}.py": one for name, one in files.items()})
    made = built(root, tmp_path / "cache")
    assert {"mine", "other"} <= {*made.tools}
    events = [
        call("other", {}, "/mcp"),
        call("mine", {}, "/mcp"),
        asked("tools/list", {}, "/mcp"),
        call("other", {}, "/mcp"),
    ]
    found = compare(root, index, tmp_path / "here", events)
    assert (found.different, found.reasons) == ([], {})
    found = compare(root, index, tmp_path / "there", events, SHOP_REGION="north")
    assert (found.different, found.reasons) == ([], {1: "environment", 2: "environment"})


def test_a_module_that_breaks_the_takeover_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    modules = [f"m{number}" for number in range(9)]
    tried = []

    asking: Any = None

    def deferred(_asking: Any, names: list[str], _early: Any) -> dict[str, Any]:
        tried.append(names)
        return {"failed": {"": "it broke"}} if {"m2", "m7"} & {*names} else {}

    monkeypatch.setattr(catalogues, "_deferred", deferred)
    found = catalogues._culprits(asking, modules, {}, deferred(asking, modules, {}))
    assert found == {"m2": "it broke", "m7": "it broke"}
    assert len(tried) < 2 * len(modules)
