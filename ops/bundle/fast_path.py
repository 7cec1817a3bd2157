"""The fast path in the zip: `mcp_app_lean`, and FastMCP's answers frozen. See docs/fast-path.md."""

from __future__ import annotations

import ast
import hashlib
import importlib.metadata
import json
import marshal
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ops.bundle import application, bytecode, frozen
from ops.bundle.annotated import NotLeanError
from ops.bundle.archive import Entry
from ops.bundle.failure import BuildError
from ops.bundle.lean import LEAN, PACKAGE, STAND_INS, Lean, LeanModule

ENTRY = (f"{PACKAGE}.fast_path.front", "front")
# Imported at the first request, so not reached from the entry where it cannot be had.
AT_REQUEST = (
    (f"{PACKAGE}.fast_path.methods", "Methods"),
    (f"{PACKAGE}.instance", "backend_of"),
    (f"{PACKAGE}.fast_path.network", "Network"),
    (f"{PACKAGE}.fast_path.domain", "Domain"),
    (f"{PACKAGE}.domain_secrets", "origin_secrets"),
    (f"{PACKAGE}.origin_secret", "OriginSecrets"),
    (f"{PACKAGE}.fast_path.waiting", "Waiting"),
    (f"{PACKAGE}.fast_path.resources", "listed"),
    (f"{PACKAGE}.fast_path.resources", "read_document"),
    (f"{PACKAGE}.preloading", "preload"),
    (f"{PACKAGE}.asgi.health", "health_document"),
    (f"{PACKAGE}.build_info", "read"),
    (f"{PACKAGE}.parameter_store", "get_parameter"),
    (f"{PACKAGE}.parameter_store", "get_parameters"),
)
# Where tools find their settings and their backend.
DEPLOYMENT = f"{PACKAGE}.deployment"
# Of these the answers are frozen: what the zip carries has to be what answered.
FROZEN_OF = ("fastmcp", "fastmcp-slim", "mcp", "mcp-types", "pydantic", "pydantic-core")
# What asks; when it is changed, the answers kept from before are not its own.
ASKED_WITH = ("argument_checks", "callable_tools", "frozen", "frozen_resources")
ASKING = [Path(__file__).parent / f"{name}.py" for name in ASKED_WITH]
LIMIT_SECONDS = 300
# What the fast path leaves to FastMCP besides single tools, and why. docs/fast-path.md has it.
LEFT_TO_FASTMCP: Mapping[str, str] = {
    "resources/read of anything but a document": "what it is is FastMCP's to find and to call",
    "tools/list of a caller with more than a page of allowed tools": "its pages are its own",
    "prompts/get, completion/complete": "arguments are completed and checked by FastMCP",
    "arguments that do not plainly fit": "they are converted, or what is wrong is explained",
    "access tokens": "their signature takes a cryptography library",
    "batches to /rpc": "each message is a request of its own",
    "GET /, GET /ready": "a page for people, and questions to every source",
    "SnapStart": "FastMCP is in the snapshot, and costs no start",
    "streamed answers": "invoke_mode = RESPONSE_STREAM runs on an event loop",
    "anything malformed or unusual": "the answer to it is FastMCP's",
}


@dataclass(frozen=True)
class FastPath:
    """What the build made of it.

    Attributes:
        entries: The files.
        tools: The tools that are called without FastMCP.
        off: Those that are not, each with the reason.
    """

    entries: tuple[Entry, ...]
    tools: tuple[str, ...]
    off: Mapping[str, str]


def ask(root: Path, cache: Path, sources: Callable[[], frozenset[str]]) -> dict[str, Any] | None:
    """FastMCP's answers, from the cache where nothing they depend on has changed.

    Args:
        root: The folder that holds `mcp_app`.
        cache: Where the answers are kept between builds.
        sources: Gives what the embedded index holds; asked for once the server has started.

    Returns:
        See `ops.bundle.frozen`; None for a project without a fast path.

    Raises:
        BuildError: the server cannot be asked.
    """
    if not (root / PACKAGE / "fast_path").is_dir():
        return None
    _same_versions(root)
    digest = hashlib.sha256(sys.version.encode())
    for file in (root / "requirements" / "lambda.txt", *ASKING):
        digest.update(file.read_bytes() if file.is_file() else b"")
    for name, path in application.files(root):
        digest.update(name.encode() + b"\0" + hashlib.sha256(path.read_bytes()).digest())
    kept = cache / f"frozen-{digest.hexdigest()[:32]}.json"
    try:
        answers = dict(json.loads(kept.read_bytes()))
    except (OSError, ValueError):
        pass
    else:
        if ",".join(sorted(sources())) in answers["lists"]:
            return answers
    answers = _asked(root, sources)
    cache.mkdir(parents=True, exist_ok=True)
    scratch = kept.with_name(f"{kept.name}-{os.getpid()}")
    scratch.write_text(json.dumps(answers), encoding="utf-8")
    scratch.replace(kept)
    return answers


def without_tools(root: Path) -> Lean | None:
    """Its modules but for the tools, which depend on no answers; None for a project without one.

    Args:
        root: The folder that holds `mcp_app`.

    Raises:
        BuildError: the fast path itself is not lean.
    """
    if not (root / PACKAGE / "fast_path").is_dir():
        return None
    lean = Lean(root)
    for module, name in (ENTRY, *AT_REQUEST):
        try:
            lean.add(module, name)
        except NotLeanError as error:
            raise BuildError(f"The fast path cannot be made of {module}: {error}.") from error
    return lean


def make(
    root: Path,
    answers: dict[str, Any] | None,
    sources: frozenset[str],
    lean: Lean | None = None,
) -> FastPath | None:
    """Make it; None where the project has none.

    Args:
        root: The folder that holds `mcp_app`.
        answers: What `ask` gave.
        sources: What the embedded index holds.
        lean: What `without_tools` gave, where that was asked before.

    Raises:
        BuildError: the fast path itself is not lean.
    """
    lean = lean or without_tools(root)
    if answers is None or lean is None:
        return None
    off: dict[str, str] = answers.pop("off")
    answers["embedded"] = sorted(sources)
    called = _add_tools(lean, answers["tools"], off)
    entries = (
        *_package(root, lean),
        _constant("listed", _texts(answers["tools"])),
        _constant("frozen", {**answers, "tools": _calls(answers["tools"])}),
    )
    return FastPath(entries, tuple(sorted(called)), off)


def _add_tools(lean: Lean, tools: Mapping[str, Any], off: dict[str, str]) -> list[str]:
    """Take in the tools that can be called without FastMCP; the others get a reason.

    Returns:
        The names of those that can.
    """
    # Both ways of an instance see to these themselves.
    known = lean.taken
    calls = {name: tool["call"] for name, tool in tools.items() if "call" in tool}
    # First all: what one changes may be what another reads.
    for name, call in calls.items():
        try:
            lean.read(call["module"], call["function"])
        except NotLeanError as error:
            off[name] = str(error)
    for name in [one for one in calls if one not in off]:
        call = calls[name]
        where = call["module"], call["function"]
        try:
            _describe(call, lean, known)
        except NotLeanError as error:
            off[name] = str(error)
        else:
            lean.add(*where)
    for name in calls.keys() & off.keys():
        del tools[name]["call"]
    return [one for one in calls if one not in off]


def _describe(call: dict[str, Any], lean: Lean, known: frozenset[tuple[str, str]]) -> None:
    """Add what the fast path has to know of a tool's function.

    Raises:
        NotLeanError: its calls are FastMCP's.
    """
    where = call["module"], call["function"]
    kept = lean.kept_between_calls(*where, known)
    if kept is not None:
        raise NotLeanError(f"it keeps {kept} from call to call")
    changes, waits = call.pop("changes"), call.pop("is_async")
    missing = lean.gives_up(*where) if changes else None
    if missing is not None:
        raise NotLeanError(f"it may change something, and {missing} only once it has begun")
    # Clients wait; and what may change something must not be given up where it would wait.
    call["waits"] = waits and (changes or lean.reaches_client(*where))
    if call["waits"] and lean.reaches(*where, STAND_INS["asyncio"]):
        raise NotLeanError("it waits, and needs asyncio")
    call["asks"] = lean.reaches(*where, DEPLOYMENT)
    call["module"] = call["module"].replace(PACKAGE, LEAN, 1)


def _package(root: Path, lean: Lean) -> tuple[Entry, Entry]:
    """The lean modules and what imports them: a file for INIT, and one for later."""
    made = {one.name: one for one in lean.modules()}
    in_init = _imported(ENTRY[0].replace(PACKAGE, LEAN, 1), made)
    modules: dict[str, tuple[Any, ...]] = {}
    later = bytearray()
    for one in made.values():
        code = bytecode.marshalled_tree(one.tree, one.source)
        if one.name in in_init:
            modules[one.name] = (one.is_package, code)
        else:
            modules[one.name] = (one.is_package, len(later), len(later) + len(code))
            later += code
    name = f"{PACKAGE}/fast_path/loader.py"
    loader = ast.parse((root / name).read_bytes())
    loader.body += ast.parse(f"install({modules!r})").body
    return (
        Entry(
            f"{LEAN}/__init__.pyc", bytecode.compiled_tree(ast.fix_missing_locations(loader), name)
        ),
        Entry(f"{LEAN}/modules", bytes(later)),
    )


def _imported(name: str, modules: Mapping[str, LeanModule]) -> set[str]:
    """Which of the modules the import of one runs, with the packages that they lie in."""
    found: set[str] = set()
    waiting = {name}
    while waiting:
        one = waiting.pop()
        if one not in modules or one in found:
            continue
        found.add(one)
        waiting.add(one.rpartition(".")[0])
        for node in modules[one].tree.body:
            match node:
                case ast.Import(names):
                    waiting |= {imported.name for imported in names}
                case ast.ImportFrom(module=str() as module, names=names):
                    waiting |= {module, *(f"{module}.{imported.name}" for imported in names)}
    return found


def _texts(tools: Mapping[str, Any]) -> dict[str, bytes]:
    """The tools as each era lists them: marshalled, since a request is of one era."""
    return {
        era: _marshalled(
            {name: tool["texts"][era] for name, tool in tools.items() if era in tool["texts"]}
        )
        for era in frozen.ERAS
    }


def _calls(tools: Mapping[str, Any]) -> dict[str, bytes | None]:
    """How each tool is called: marshalled, since a request calls one of them."""
    return {
        name: _marshalled(tool["call"]) if "call" in tool else None for name, tool in tools.items()
    }


def _marshalled(value: Any) -> bytes:
    # The version without references: the same bytes, whatever shares what.
    return marshal.dumps(value, 2)


def _constant(name: str, value: Any) -> Entry:
    """A module of `mcp_app_lean` that holds a value under its own name in capitals."""
    tree = ast.parse(f"{name.upper()} = {value!r}")
    return Entry(f"{LEAN}/{name}.pyc", bytecode.compiled_tree(tree, f"{LEAN}/{name}.py"))


def _asked(root: Path, sources: Callable[[], frozenset[str]]) -> dict[str, Any]:
    environment = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("MESH_", "AWS_", "FASTMCP_", "PYTHON", "LAMBDA_"))
    }
    ours = Path(__file__).resolve().parent.parent.parent
    # The project's `mcp_app` first; `ops` is ours.
    environment["PYTHONPATH"] = os.pathsep.join(dict.fromkeys([str(root.resolve()), str(ours)]))
    environment["PYTHONHASHSEED"] = "0"
    with subprocess.Popen(
        [sys.executable, "-m", "ops.bundle.frozen"],
        cwd=root,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    ) as asked:
        try:
            # It starts while the index is still being made.
            answers, errors = asked.communicate(json.dumps(sorted(sources())), LIMIT_SECONDS)
        except subprocess.TimeoutExpired:
            raise BuildError(f"The server did not start within {LIMIT_SECONDS} s.") from None
        finally:
            # Whatever ended this, a build that fails leaves nothing running.
            asked.kill()
    if asked.returncode:
        said = "\n".join(errors.strip().splitlines()[-8:])
        raise BuildError(f"The server could not be asked for what the fast path answers:\n{said}")
    return dict(json.loads(answers))


def _same_versions(root: Path) -> None:
    """See that the packages that answer here are those of the zip.

    Raises:
        BuildError: one differs.
    """
    locked = root / "requirements" / "lambda.txt"
    if not locked.is_file():
        return
    pins = dict(
        line.split(" ")[0].split("==")
        for line in locked.read_text(encoding="utf-8").splitlines()
        if "==" in line and not line.startswith(("#", " "))
    )
    for name in FROZEN_OF:
        if name in pins and importlib.metadata.version(name) != pins[name]:
            raise BuildError(
                f"{name} {pins[name]} goes into the zip, and here is "
                f"{importlib.metadata.version(name)}: run `make setup`."
            )
