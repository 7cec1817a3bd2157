"""What nothing reads on Lambda is left out of files, and what is left does the same."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import marshal
import struct
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from ops.bundle import BuildResult, bytecode, trimming

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
    stripped = trimming.trimmed(f"package/{library(module).name}", whole)
    assert len(stripped) < len(whole)
    copy = tmp_path / library(module).name
    copy.write_bytes(stripped)

    done = subprocess.run(
        [sys.executable, "-c", LOAD, module, str(copy)], capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == module


def test_stripping_twice_changes_nothing() -> None:
    once = trimming.trimmed("a.so", library("yaml._yaml").read_bytes())

    assert trimming.trimmed("a.so", once) == once


def test_what_is_no_library_stays_as_it_is() -> None:
    script = b"GROUP ( libc.so.6 )\n"

    assert trimming.trimmed("package/libc.so", script) == script
    assert trimming.trimmed("package/METADATA", b"Name: a\n\nb\n") == b"Name: a\n\nb\n"


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


def test_versions_are_still_looked_up(tmp_path: Path) -> None:
    information = tmp_path / "answers-1.2.dist-info"
    information.mkdir()
    whole = b"Metadata-Version: 2.4\nName: answers\nVersion: 1.2\n\n# Answers\n\nVersion: 9\n"
    trimmed = trimming.trimmed("answers-1.2.dist-info/METADATA", whole)
    (information / "METADATA").write_bytes(trimmed)

    (found,) = importlib.metadata.distributions(path=[str(tmp_path)])
    assert (found.name, found.version) == ("answers", "1.2")
    assert b"# Answers" not in trimmed


def test_without_docstrings_code_and_its_line_numbers_are_the_same() -> None:
    pyc = bytecode.compiled(SOURCE, "beartype/answers.py", documented=False)
    assert b"Say it" not in pyc
    assert b"Nothing but words" not in pyc
    namespace: dict[str, object] = {"__name__": "answers"}
    exec(marshal.loads(pyc[16:]), namespace)  # noqa: S102, S302 - ours

    answer = namespace["answer"]
    assert callable(answer)
    with pytest.raises(ValueError, match="here") as raised:
        answer()
    assert raised.traceback[-1].lineno == 4
    assert namespace["__doc__"] == answer.__doc__ == ""


def test_docstrings_stay_in_packages_that_describe_tools_and_models() -> None:
    described = {"fastmcp", "mcp", "mcp_types", "mcp_app", "openai", "pydantic"}

    assert not described & trimming.UNDOCUMENTED
    assert b"Say it" in bytecode.compiled(SOURCE, "fastmcp/answers.py")
