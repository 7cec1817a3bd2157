"""What nothing reads on Lambda is left out of files, and what is left does the same."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import marshal
import ssl
import struct
import subprocess
import sys
import typing
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import certifi
import pytest

from mesh.build import BuildResult, bytecode, trimming
from tests.bundle.projects import Project, Wheel

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


def test_metadata_keeps_what_is_looked_up_and_what_is_said_of_the_licence() -> None:
    whole = (
        b"Name: answers\nClassifier: Framework :: AnyIO\nClassifier: License :: MIT\n"
        b"Keywords: a,\n        b\nRequires-Dist: questions\nProject-URL: Home, https://a\n"
    )

    trimmed = trimming.trimmed("answers-1.2.dist-info/METADATA", whole)

    assert trimmed == b"Name: answers\nClassifier: License :: MIT\nRequires-Dist: questions\n"


def test_authorities_are_the_same_certificates_without_comments() -> None:
    whole = Path(certifi.where()).read_bytes()
    contexts = [ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT) for _ in range(2)]

    trimmed = trimming.trimmed("certifi/cacert.pem", whole)
    for context, data in zip(contexts, (whole, trimmed), strict=True):
        context.load_verify_locations(cadata=data.decode())

    assert b"#" not in trimmed
    assert (
        contexts[0].get_ca_certs(binary_form=True)
        == contexts[1].get_ca_certs(binary_form=True)
        != []
    )


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


CHECKED = b'''"""A module."""
from typing import TYPE_CHECKING, Protocol, overload

if TYPE_CHECKING:
    from nowhere import Missing
else:
    Missing = None


class Model:
    """A model."""

    @overload
    def find(self, key: int) -> int: ...
    @overload
    def find(self, key: str) -> str: ...
    def find(self, key):
        """Find it."""
        if TYPE_CHECKING:
            import nowhere
        raise LookupError(key)

    @property
    def plain(self):
        """Said to nobody."""

    @(lambda function: function)
    def computed(self):
        """Becomes a description."""


class Declared(Protocol):
    @overload
    def only(self, key: int) -> int: ...
    @overload
    def only(self, key: str) -> str: ...


def tool():
    """A tool of the package's own."""
    def inner():
        """Another."""
    return inner
'''


def test_what_only_type_checkers_read_is_left_out_and_lines_stay() -> None:
    slim = bytecode.Slim(methods_documented=False)
    pyc = bytecode.compiled(CHECKED, "openai/answers.py", slim=slim)
    assert b"nowhere" not in pyc
    namespace: dict[str, Any] = {"__name__": "answers"}
    exec(marshal.loads(pyc[16:]), namespace)  # noqa: S102, S302 - ours

    assert namespace["Missing"] is None
    assert callable(namespace["Declared"].only)
    with pytest.raises(LookupError) as raised:
        namespace["Model"]().find("it")
    assert raised.traceback[-1].lineno == 20
    assert not typing.get_overloads(namespace["Model"].find)


def test_docstrings_that_may_become_descriptions_stay() -> None:
    slim = bytecode.Slim(methods_documented=False)
    namespace: dict[str, Any] = {"__name__": "answers"}
    pyc = bytecode.compiled(CHECKED, "openai/answers.py", slim=slim)
    exec(marshal.loads(pyc[16:]), namespace)  # noqa: S102, S302 - ours
    model, tool = namespace["Model"], namespace["tool"]

    assert (model.__doc__, model.computed.__doc__) == ("A model.", "Becomes a description.")
    assert (tool.__doc__, tool().__doc__) == ("A tool of the package's own.", "Another.")
    assert namespace["__doc__"] == model.find.__doc__ == model.plain.__doc__ == ""


def test_a_dataclass_without_its_docstring_writes_itself_none() -> None:
    source = b'import dataclasses\n@dataclasses.dataclass\nclass A:\n    """Words."""\n    b: int\n'
    namespace: dict[str, Any] = {"__name__": "answers"}
    exec(marshal.loads(bytecode.compiled(source, "a.py", documented=False)[16:]), namespace)  # noqa: S102, S302 - ours

    assert namespace["A"].__doc__ == "."


def test_a_project_s_own_packages_keep_all_their_docstrings(project: Project) -> None:
    files = {"answers/__init__.py": CHECKED}
    project.require(Wheel("answers", files=files))
    project.build(indexed=False)

    pyc = project.zipped()["answers/__init__.pyc"]
    assert b"Find it." in pyc
    assert b"Said to nobody." in pyc
    assert b"nowhere" not in pyc
