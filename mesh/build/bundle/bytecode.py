"""Bytecode that is valid on Lambda's read-only disk, and the same bytes on every build.

- Unchecked-hash files (PEP 552): nothing compares them with a source file's date, and
  the zip's fixed dates would make all dated bytecode stale.
- Canonical: marshal writes down reference counts and what happens to be interned, so
  compiling the same source twice gives different bytes. One trip through marshal version 2,
  which knows no references, leaves an object whose sharing depends on its value alone.
- `co_filename` is the path on Lambda, whatever folder the build ran in.

Run as a script it compiles many files, in a process of its own: that needs nothing but
the standard library, and works alike on Linux, macOS and Windows.
"""

from __future__ import annotations

import ast
import importlib.util
import json
import marshal
import subprocess
import sys
import warnings
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import CodeType

TASK_ROOT = "/var/task"

# Lines without columns: those would underline a part of a line that is not there to be shown. This
# saves 12 % of the zip (`python -m benchmarks.build_steps`). https://docs.python.org/3/using/cmdline.html#cmdoption-X
COMPILER = ("-I", "-S", "-X", "no_debug_ranges")

Function = ast.FunctionDef | ast.AsyncFunctionDef

# https://peps.python.org/pep-0552/: bit 0 says hash-based, bit 1 would ask for the check.
UNCHECKED_HASH = (0b01).to_bytes(4, "little")


@dataclass(frozen=True)
class Refused:
    """A file that is not valid source for this Python.

    Attributes:
        source: The file.
        reason: The compiler's words, with the line.
    """

    source: str
    reason: str


def compiled(source: bytes, name: str, *, documented: bool = True) -> bytes:
    """The `.pyc` file of `source`, which lies at `name` below the task root.

    Args:
        source: The file.
        name: Its path below the task root.
        documented: False leaves its docstrings empty.

    Raises:
        SyntaxError: `source` is not valid for this Python.
        ValueError: `source` has NUL bytes.
    """
    with warnings.catch_warnings():
        # Other people's invalid escapes: nothing that a build could do about them.
        warnings.simplefilter("ignore")
        # Never optimised: docstrings are what tools are described with.
        parsed = source if documented else ast.parse(source)
        if isinstance(parsed, ast.Module):
            empty_docstrings(parsed)
        code = compile(parsed, name, "exec", dont_inherit=True, optimize=0)
    return _file(code, name, importlib.util.source_hash(source))


def compiled_tree(tree: ast.Module, name: str) -> bytes:
    """The `.pyc` file of a syntax tree whose lines are those of the source at `name`."""
    code = compile(tree, name, "exec", dont_inherit=True, optimize=0)
    return _file(code, name, bytes(8))


def marshalled_tree(tree: ast.Module, name: str) -> bytes:
    """The code of a syntax tree as it stands within another file; see `compiled_tree`."""
    code = compile(tree, name, "exec", dont_inherit=True, optimize=0)
    return canonical(code, f"{TASK_ROOT}/{name}")


def _file(code: CodeType, name: str, source_hash: bytes) -> bytes:
    return b"".join(
        (
            importlib.util.MAGIC_NUMBER,
            UNCHECKED_HASH,
            source_hash,
            canonical(code, f"{TASK_ROOT}/{name}"),
        )
    )


def cached(name: str) -> str:
    """Where Python looks for the `.pyc` file of the source at `name`, which lies beside it.

    Not cache_from_source: PYTHONPYCACHEPREFIX would lead it elsewhere.
    """
    folder, _, module = name.removesuffix(".py").rpartition("/")
    return f"{folder}/__pycache__/{module}.{sys.implementation.cache_tag}.pyc"


def empty_docstrings(module: ast.Module) -> None:
    """Leave the module's docstrings empty; the numbers of its lines stay."""
    for node in ast.walk(module):
        if isinstance(node, ast.ClassDef):
            # A dataclass without a docstring would write itself one, from its signature.
            _describe(node, ".")
        elif isinstance(node, ast.Module | Function):
            _describe(node, "")


def _describe(node: ast.Module | ast.ClassDef | Function, text: str) -> None:
    match node.body:
        # Not taken away: what is left might be a body without a statement.
        case [ast.Expr(ast.Constant(str()) as docstring), *_]:
            docstring.value = text


def canonical(code: CodeType, path: str) -> bytes:
    """`code` as marshal writes it for `path`, whatever shared what when it was made."""
    unshared = marshal.loads(marshal.dumps(code, 2))  # noqa: S302 - our own bytes
    return marshal.dumps(placed(unshared, path))


def placed(code: CodeType, path: str) -> CodeType:
    """`code` as if compiled from `path`: one string for all of its functions."""
    constants = tuple(
        placed(one, path) if isinstance(one, CodeType) else one for one in code.co_consts
    )
    return code.replace(co_filename=path, co_consts=constants)


def compile_all(
    jobs: Sequence[tuple[Path, str, Path]],
    workers: int,
    undocumented: Collection[str] = (),
    as_written: Collection[str] = (),
) -> list[Refused]:
    """Compile files side by side; gives those that are not valid source.

    Args:
        jobs: Source file, its path below the task root, the `.pyc` file to write.
        workers: How many processes; the result does not depend on it.
        undocumented: Packages whose docstrings are left empty.
        as_written: Paths of the modules of which nothing is left out.

    Raises:
        ChildProcessError: a process was killed, or ran out of memory.
    """
    # Dealt out like cards, so that one package's large files do not meet in one worker.
    hands = [hand for start in range(workers) if (hand := jobs[start::workers])]
    processes = [
        subprocess.Popen(
            [
                *(sys.executable, *COMPILER, __file__),
                ",".join(sorted(undocumented)),
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )
        for _ in hands
    ]
    try:
        for process, hand in zip(processes, hands, strict=True):
            assert process.stdin is not None  # noqa: S101 - for the type checker
            with process.stdin as stream:
                written = (
                    (str(one), name, str(into), name in as_written) for one, name, into in hand
                )
                json.dump([*written], stream)
            process.stdin = None
        refused: list[Refused] = []
        for process in processes:
            said, problem = process.communicate()
            if process.returncode != 0:
                last = problem.strip().rpartition("\n")[2]
                raise ChildProcessError(f"compiling ended with {process.returncode}: {last}")
            refused += [Refused(**one) for one in json.loads(said)]
    finally:
        for process in processes:
            process.kill()
            process.wait()
    return sorted(refused, key=lambda one: one.source)


def main() -> None:
    """Compile the jobs on standard input; write the refused ones to standard output.

    The argument names packages whose docstrings are left empty.
    """
    undocumented = frozenset(sys.argv[1].split(","))
    refused = []
    for source, name, into, as_written in json.load(sys.stdin):
        try:
            pyc = compiled(
                Path(source).read_bytes(),
                name,
                documented=as_written or name.partition("/")[0] not in undocumented,
            )
        except (SyntaxError, ValueError) as error:
            refused.append({"source": source, "reason": str(error)})
            continue
        Path(into).write_bytes(pyc)
    json.dump(refused, sys.stdout)


if __name__ == "__main__":
    main()
