"""What nothing reads on Lambda is left out of files, and what is left does the same."""

from __future__ import annotations

import importlib.util
import marshal
import struct
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mesh.build import BuildResult
from mesh.build.bundle import bytecode, exclusions, native_libraries
from tests.fixtures.projects import Project, Wheel

LOAD = """
import importlib.util, sys
spec = importlib.util.spec_from_file_location(sys.argv[1], sys.argv[2])
module = importlib.util.module_from_spec(spec)
spec.loader.exec_module(module)
print(module.__name__)
"""
SOURCE = b'''"""A module."""

def answer():
    """Say it."""
    raise ValueError("here")


class Empty:
    """Nothing but words."""
'''


def library(module: str) -> Path:
    spec = importlib.util.find_spec(module)
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin)


@pytest.mark.parametrize(
    "module", ["yaml._yaml", "multidict._multidict", "rpds.rpds", "pydantic_core._pydantic_core"]
)
def test_a_stripped_library_is_loaded(module: str, tmp_path: Path) -> None:
    whole = library(module).read_bytes()
    stripped = native_libraries.stripped(whole)
    assert len(stripped) < len(whole)
    copy = tmp_path / library(module).name
    copy.write_bytes(stripped)

    done = subprocess.run(
        [sys.executable, "-c", LOAD, module, str(copy)], capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == module


def test_stripping_twice_changes_nothing() -> None:
    once = native_libraries.stripped(library("yaml._yaml").read_bytes())

    assert native_libraries.stripped(once) == once


def test_what_is_no_library_stays_as_it_is() -> None:
    script = b"GROUP ( libc.so.6 )\n"

    assert native_libraries.stripped(script) == script


@pytest.mark.parametrize("architecture", ["arm64", "x86_64"])
def test_libraries_of_both_architectures_are_stripped(
    real: Callable[[str], BuildResult], architecture: str
) -> None:
    with zipfile.ZipFile(real(architecture).path) as opened:
        names = [name for name in opened.namelist() if ".so" in Path(name).suffixes]
        heads = {name: opened.read(name)[:64] for name in names}

    assert len(heads) > 8
    for name, head in heads.items():
        assert struct.unpack_from("<Q", head, 0x28) == (0,), name


def test_without_docstrings_code_and_its_line_numbers_are_the_same() -> None:
    pyc = bytecode.compiled(SOURCE, "beartype/answers.py", documented=False)
    assert b"Say it" not in pyc
    assert b"Nothing but words" not in pyc
    namespace: dict[str, object] = {"__name__": "answers"}
    exec(marshal.loads(pyc[16:]), namespace)

    answer = namespace["answer"]
    assert callable(answer)
    with pytest.raises(ValueError, match="here") as raised:
        answer()
    assert raised.traceback[-1].lineno == 4
    assert namespace["__doc__"] == answer.__doc__ == ""


def test_docstrings_stay_in_packages_that_describe_tools_and_models() -> None:
    described = {"fastmcp", "mcp", "mcp_types", "mcp_app", "openai", "pydantic"}

    assert not described & exclusions.UNDOCUMENTED
    assert b"Say it" in bytecode.compiled(SOURCE, "fastmcp/answers.py")


def test_a_dataclass_without_its_docstring_writes_itself_none() -> None:
    source = b'import dataclasses\n@dataclasses.dataclass\nclass A:\n    """Words."""\n    b: int\n'
    namespace: dict[str, Any] = {"__name__": "answers"}
    exec(marshal.loads(bytecode.compiled(source, "a.py", documented=False)[16:]), namespace)

    assert namespace["A"].__doc__ == "."


def test_a_project_s_own_packages_keep_all_their_docstrings(project: Project) -> None:
    files = {"answers/__init__.py": SOURCE}
    project.require(Wheel("answers", files=files))
    project.build(indexed=False)

    pyc = project.zipped()["answers/__init__.pyc"]
    assert b"Say it" in pyc
