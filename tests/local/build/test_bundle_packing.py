"""A package whose modules lie in one file is a package like any other."""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

from mesh.build.bundle.module_packs import LEAST_MODULES, packs
from tests.fixtures.projects import Project, Wheel

FILES = {
    "answers/__init__.py": b"from answers.deep.thought import answer\nnames = dir()\n",
    "answers/__main__.py": b"print('started')\n",
    "answers/data.json": b"{}",
    "answers/deep/__init__.py": b"",
    "answers/deep/thought.py": b"def answer():\n    return 42\n",
    "answers/deep/note.txt": b"a note",
    "answers/broken.py": b"\n\ndef fail():\n    raise ValueError('here')\n",
    "answers/wrong.py": b"import missing_package\n",
    "answers/Early.py": b"",
    "answers/loose/part.py": b"here = __file__\n",
}
USE = """
import importlib, importlib.metadata, importlib.resources, importlib.util, json, pkgutil, sys
import traceback
sys.path.insert(0, sys.argv[1])
import answers, answers.broken, answers.loose.part
try:
    answers.broken.fail()
except ValueError as error:
    failed = traceback.extract_tb(error.__traceback__)[-1]
try:
    import answers.wrong
except ModuleNotFoundError as error:
    missing = error.name
try:
    import answers.nothing
except ModuleNotFoundError as error:
    nothing = error.name
print(json.dumps({
    "answer": answers.answer(),
    "names": answers.names,
    "files": [answers.__file__, answers.broken.__file__, answers.loose.part.here],
    "failed": [failed.filename, failed.lineno],
    "missing": [missing, nothing],
    "resources": [
        importlib.resources.files("answers").joinpath("data.json").read_text(),
        importlib.resources.files("answers.deep").joinpath("note.txt").read_text(),
        pkgutil.get_data("answers.deep", "note.txt").decode(),
    ],
    "version": importlib.metadata.version("answers"),
    "modules": sorted(one.name for one in pkgutil.walk_packages(answers.__path__, "answers.",
                                                                onerror=print)),
    "package": [importlib.util.find_spec(one).submodule_search_locations is not None
                for one in ("answers.deep", "answers.broken")],
    "reloaded": importlib.reload(answers).answer(),
    "again": importlib.import_module("answers.deep.thought").answer is answers.answer,
}))
"""


@pytest.fixture
def unpacked(project: Project, tmp_path: Path) -> Path:
    project.require(Wheel("answers", files=FILES))
    project.build(indexed=False)
    folder = tmp_path / "task root"
    with zipfile.ZipFile(project.output) as opened:
        opened.extractall(folder)
    return folder


def run(*arguments: str, **variables: str) -> str:
    done = subprocess.run(
        [sys.executable, "-S", "-B", *arguments],
        capture_output=True,
        text=True,
        check=False,
        env=variables,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_modules_of_a_package_lie_in_one_file(project: Project, unpacked: Path) -> None:
    names = {name for name in project.zipped() if name.startswith("answers/")}

    assert names == {
        "answers/__init__.pyc",
        "answers/__modules__",
        "answers/data.json",
        "answers/deep/note.txt",
        # A namespace: its folder may lie in several places.
        "answers/loose/part.pyc",
    }
    assert (unpacked / "packed_modules.pyc").is_file()


def test_it_is_imported_like_any_other(unpacked: Path) -> None:
    found: dict[str, Any] = json.loads(run("-c", USE, str(unpacked)))

    assert found["answer"] == found["reloaded"] == 42
    assert found["again"]
    # Nothing of ours is left in the package.
    assert [name for name in found["names"] if not name.startswith("__")] == ["answer", "deep"]
    assert found["files"] == [
        f"{unpacked}/answers/__init__.pyc",
        f"{unpacked}/answers/broken.pyc",
        f"{unpacked}/answers/loose/part.pyc",
    ]
    assert found["failed"] == ["/var/task/answers/broken.py", 4]
    assert found["missing"] == ["missing_package", "answers.nothing"]
    assert found["resources"] == ["{}", "a note", "a note"]
    assert found["version"] == "1.0"
    assert found["package"] == [True, False]
    assert found["modules"] == [
        *("answers.Early", "answers.__main__", "answers.broken", "answers.deep"),
        *("answers.deep.thought", "answers.wrong"),
    ]


OWN = {
    "mcp_app/__init__.py": '"""What the server is."""\n\n__version__ = "1.0.0"\n',
    "mcp_app/tools/__init__.py": "",
    "mcp_app/tools/greeting.py": "def greet():\n    return 'hello'\n",
    "mcp_app/tools/failing.py": "\n\ndef fail():\n    raise ValueError('here')\n",
    "mcp_app/tools/note.txt": "a note",
    "mcp_app/cases.py": "class Case:\n    pass\n",
    "mcp_app/state.py": "calls = []\n",
}
USE_OWN = """
import importlib.resources, inspect, json, pickle, pkgutil, sys, traceback
sys.path.insert(0, sys.argv[1])
import mcp_app, mcp_app.tools, mcp_app.cases
found = [one.name for one in pkgutil.iter_modules(mcp_app.tools.__path__)]
from mcp_app.tools import failing, greeting
try:
    failing.fail()
except ValueError as error:
    failed = traceback.extract_tb(error.__traceback__)[-1]
print(json.dumps({
    "version": mcp_app.__version__,
    "documentation": mcp_app.__doc__,
    "names": [name for name in vars(mcp_app) if not name.startswith("__")],
    "file": greeting.__file__,
    "origin": [greeting.__spec__.origin, mcp_app.tools.__spec__.origin],
    "folders": [*mcp_app.tools.__path__],
    "found": found,
    "source": [inspect.getsource(greeting), greeting.__loader__.get_source(greeting.__name__)],
    "failed": [failed.filename, failed.lineno],
    "note": importlib.resources.files("mcp_app.tools").joinpath("note.txt").read_text(),
    "one": pickle.loads(pickle.dumps(mcp_app.cases.Case)) is mcp_app.cases.Case,
    "compiled": [name for name, one in sys.modules.items() if name.startswith("mcp_app")
                 and type(one.__loader__).__module__ != "packed_modules"],
}))
"""


def test_the_application_is_packed_beside_its_sources(project: Project, tmp_path: Path) -> None:
    for name, text in OWN.items():
        project.write(name, text)
    project.build(indexed=False)
    folder = tmp_path / "task root"
    with zipfile.ZipFile(project.output) as opened:
        opened.extractall(folder)

    found: dict[str, Any] = json.loads(run("-c", USE_OWN, str(folder)))

    # One file, and the one that Python looks for first; no other bytecode.
    bytecode = {name for name in project.zipped() if not name.endswith((".py", ".txt", ".json"))}
    assert {name for name in bytecode if name.startswith("mcp_app/")} == {
        "mcp_app/__modules__",
        "mcp_app/__pycache__/__init__.cpython-313.pyc",
    }
    tools = f"{folder}/mcp_app/tools"
    # The package itself is started by Python's own loader, from the one file that stays.
    assert found == {
        "version": "1.0.0",
        "documentation": "What the server is.",
        "names": ["tools", "cases"],
        "file": f"{tools}/greeting.py",
        "origin": [f"{tools}/greeting.py", f"{tools}/__init__.py"],
        "folders": [tools],
        "found": ["failing", "greeting"],
        "source": [OWN["mcp_app/tools/greeting.py"]] * 2,
        "failed": ["/var/task/mcp_app/tools/failing.py", 4],
        "note": "a note",
        "one": True,
        "compiled": ["mcp_app"],
    }


def test_it_is_run_as_a_program(unpacked: Path) -> None:
    assert run("-m", "answers", PYTHONPATH=str(unpacked)) == "started\n"


def test_it_is_found_while_its_own_start_is_put_off(unpacked: Path) -> None:
    script = (
        "import importlib, sys; sys.path.insert(0, sys.argv[1]); import packed_modules; "
        "from types import ModuleType; empty = sys.modules['answers'] = ModuleType('answers'); "
        "empty.__path__ = [sys.argv[1] + '/answers']; "
        "print(importlib.import_module('answers.deep.thought').answer())"
    )

    assert run("-c", script, str(unpacked)) == "42\n"


def test_files_put_beside_packed_modules_are_found_too(unpacked: Path) -> None:
    (unpacked / "answers" / "later.py").write_text("value = 'later'\n")
    script = "import sys; sys.path.insert(0, sys.argv[1]); from answers.later import value; "

    assert run("-c", script + "print(value)", str(unpacked)) == "later\n"


def test_a_module_beside_its_own_native_library_stays_a_file() -> None:
    modules = ["fast/__init__.py", "fast/core.py", *(f"fast/m{n}.py" for n in range(LEAST_MODULES))]

    (pack,) = packs(modules, ["fast/core.cpython-313-x86_64-linux-gnu.so", "fast/data.json"])

    assert "fast/core.py" not in pack.modules
    assert len(pack.modules) == len(modules) - 1


def test_small_packages_and_single_modules_stay_files() -> None:
    assert not list(packs(["small/__init__.py", "small/one.py", "single.py"], []))


def test_packages_of_a_namespace_are_packed_one_by_one() -> None:
    modules = [f"space/{name}/{m}.py" for name in "ab" for m in ("__init__", *"uvwxyz")]

    assert [pack.package for pack in packs(modules, [])] == ["space/a", "space/b"]
