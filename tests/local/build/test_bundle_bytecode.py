"""Nothing is compiled on Lambda, whose disk is read-only."""

from __future__ import annotations

import importlib.machinery
import importlib.util
import json
import marshal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import CodeType

import pytest

from mesh.build import BuildError
from mesh.build.bundle import bytecode, packed_modules
from mesh.build.target import target
from tests.fixtures.projects import Project, Wheel

# Whatever a request may load: the packages that FastMCP and its access control are made of.
PACKAGES = (
    *("fastmcp", "mcp", "mcp_types", "starlette", "sse_starlette", "mangum", "uvicorn"),
    *("pydantic", "pydantic_settings", "email_validator", "jsonschema", "jsonschema_path"),
    *("joserfc", "jwt", "cryptography", "authlib", "httpx2", "httpcore2", "key_value", "beartype"),
    *("opentelemetry", "griffe", "rich", "yaml", "anyio", "openapi_pydantic", "aiofile"),
)
CODE = b'''
"""A module."""
SHARED = ("a name", b"bytes", 1.5, -0.0, 2**70, frozenset({"x", "y", "z"}), ...)
def outer(argument="a name"):
    def inner(): return argument, SHARED
    return inner
'''


def codes(code: CodeType) -> list[CodeType]:
    return [code, *(c for one in code.co_consts if isinstance(one, CodeType) for c in codes(one))]


def test_bytecode_is_not_compared_with_a_source_file() -> None:
    pyc = bytecode.compiled(CODE, "package/module.py")

    assert pyc[:4] == importlib.util.MAGIC_NUMBER
    assert int.from_bytes(pyc[4:8], "little") == 0b01
    assert pyc[8:16] == importlib.util.source_hash(CODE)


def test_bytecode_does_what_the_source_says() -> None:
    loaded = marshal.loads(bytecode.compiled(CODE, "package/module.py")[16:])

    namespace: dict[str, object] = {}
    exec(loaded, namespace)
    assert namespace["__doc__"] == "A module."
    outer = namespace["outer"]
    assert callable(outer)
    assert outer()() == ("a name", namespace["SHARED"])


def test_bytecode_names_the_file_as_it_lies_on_lambda() -> None:
    loaded = marshal.loads(bytecode.compiled(CODE, "package/module.py")[16:])

    found = codes(loaded)
    assert len(found) == 3
    assert {code.co_filename for code in found} == {"/var/task/package/module.py"}


def test_bytecode_does_not_depend_on_what_the_compiler_shared() -> None:
    code = compile(CODE, "module.py", "exec")
    same = marshal.loads(marshal.dumps(code, 2))
    assert same == code
    # The trap: equal code, other references, other bytes.
    assert marshal.dumps(same) != marshal.dumps(code)

    assert bytecode.canonical(same, "/m.py") == bytecode.canonical(code, "/m.py")


def test_bytecode_is_the_same_in_every_process() -> None:
    folder = str(Path(bytecode.__file__).parent)
    script = (
        f"import sys; sys.path.insert(0, {folder!r}); import bytecode; "
        f"sys.stdout.write(bytecode.compiled({CODE!r}, 'package/module.py').hex())"
    )
    answers = {
        subprocess.run(
            [sys.executable, *options, "-c", script],
            capture_output=True,
            text=True,
            check=True,
            env={"PYTHONHASHSEED": seed},
        ).stdout
        for options, seed in (((), "1"), (("-OO",), "2"), (("-X", "dev"), "3"))
    }

    assert answers == {bytecode.compiled(CODE, "package/module.py").hex()}


def test_every_module_has_bytecode_that_python_takes(task_root: Path) -> None:
    compiled: list[object] = []
    watching = True
    sys.addaudithook(
        lambda event, given: compiled.append(given[1]) if event == "compile" and watching else None
    )
    modules = 0
    packages = [task_root / name for name in ("mesh", "mcp_app")]
    own = {
        f"{package.name}/{place}"
        for package in packages
        for place in packed_modules.Modules(str(package)).places
    }
    for path in sorted(task_root.rglob("*.py*")):
        if "__pycache__" in path.parts or path.suffix not in {".py", ".pyc"}:
            continue
        loader: importlib.machinery.SourceFileLoader | importlib.machinery.SourcelessFileLoader
        if path.suffix == ".py" and any(path.is_relative_to(one) for one in packages):
            assert path.relative_to(task_root).with_suffix("").as_posix() in own
            continue
        if path.suffix == ".py":
            loader = importlib.machinery.SourceFileLoader(path.stem, str(path))
        else:
            loader = importlib.machinery.SourcelessFileLoader(path.stem, str(path))
        assert loader.get_code(path.stem) is not None
        modules += 1
    for path in sorted(task_root.rglob(packed_modules.NAME)):
        packed = packed_modules.Modules(str(path.parent))
        for place in packed.places:
            assert packed.code(place).co_filename.startswith("/var/task/")
            modules += 1
    watching = False

    assert modules > 2000
    assert compiled == []
    assert (task_root / "mcp_app" / "__init__.py").is_file()


def test_importing_everything_compiles_nothing_and_lacks_no_pruned_package(
    run_whole: Callable[..., subprocess.CompletedProcess[str]],
) -> None:
    done = run_whole(Path(__file__).with_name("importing.py"), ",".join(PACKAGES))

    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    assert found["compiled"] == []
    pruned = {
        *("cyclopts", "docstring_parser", "rich_rst", "pyperclip", "watchfiles", "websockets"),
        *("dns", "pycparser", "cffi", "pygments", "h2", "hpack", "hyperframe"),
    }
    asking = {name: asked for name, asked in found["missing"].items() if name in pruned}
    # None of these is reached by an HTTP request: see mesh/build/bundle/exclusions.py.
    assert asking == {
        "dns": ["email_validator.deliverability"],
        "h2": ["httpcore2._async.http2", "httpcore2._sync.http2"],
        "watchfiles": ["uvicorn.supervisors.watchfilesreload"],
        "websockets": [
            "uvicorn.protocols.websockets.websockets_impl",
            "uvicorn.protocols.websockets.websockets_sansio_impl",
        ],
    }


def test_nothing_in_the_zip_lacks_an_optional_part_on_import(
    run_clean: Callable[..., subprocess.CompletedProcess[str]],
) -> None:
    optional_ones = {"jsonschema", "jsonschema_path", "openapi_pydantic"}
    packages = [name for name in PACKAGES if name not in optional_ones]

    done = run_clean(Path(__file__).with_name("importing.py"), ",".join(packages))

    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    assert found["compiled"] == []
    gone = {*optional_ones, "pathable", "referencing", "rpds"}
    assert gone.isdisjoint(found["missing"])
    # Modules of a package whose own module is gone would be named so, too.
    assert {"fastmcp", "pydantic", "anyio", "uvicorn"}.isdisjoint(found["missing"])


def test_our_own_modules_come_with_sources_for_tracebacks(project: Project) -> None:
    project.build()

    zipped = project.zipped()
    assert zipped["mcp_app/handler.py"].startswith(b"def handler")
    assert "mcp_app/__pycache__/handler.cpython-313.pyc" in zipped
    assert "answers/__init__.pyc" in zipped
    assert "answers/__init__.py" not in zipped


def test_file_that_is_not_python_is_carried_as_it_is(project: Project) -> None:
    template = b"class {{ name }}: pass\n"
    files = {"answers/__init__.py": b"", "answers/template.py": template}
    project.require(Wheel("answers", files=files))

    project.build()

    assert project.zipped()["answers/template.py"] == template


def test_invalid_module_of_ours_ends_the_build_with_its_line(project: Project) -> None:
    project.build()
    before = project.output.read_bytes()
    project.write("mcp_app/handler.py", "def handler(:\n")

    with pytest.raises(BuildError, match=r"mcp_app/handler\.py is not valid Python: .*line 1"):
        project.build()

    assert project.output.read_bytes() == before
    assert [path.name for path in project.output.parent.iterdir()] == ["bundle.zip"]


def test_bytecode_without_its_source_knows_lines_and_no_columns(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_bytes(CODE)
    assert bytecode.compile_all([(tmp_path / "a.py", "a.py", tmp_path / "a.pyc")], 1) == []

    loaded = marshal.loads((tmp_path / "a.pyc").read_bytes()[16:])
    for code in codes(loaded):
        positions = list(code.co_positions())
        assert {line for line, *_ in positions} - {None, 0}
        assert {columns for *_, columns in positions} == {None}


def test_killed_compiler_ends_the_build(tmp_path: Path) -> None:
    with pytest.raises(ChildProcessError, match=r"compiling ended with 1: .*gone\.py"):
        bytecode.compile_all([(tmp_path / "gone.py", "gone.py", tmp_path / "gone.pyc")], 2)


def test_bytecode_of_another_python_is_refused() -> None:
    with pytest.raises(BuildError, match=r"Python 3\.14 was asked for, and this is Python 3\.13"):
        target("arm64", "3.14")


def test_unreleased_python_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    alpha = (3551).to_bytes(2, "little") + b"\r\n"
    monkeypatch.setattr(importlib.util, "MAGIC_NUMBER", alpha)

    with pytest.raises(BuildError, match=r"format 3551, Lambda's python3\.13 reads 3571"):
        target("arm64", "3.13")
