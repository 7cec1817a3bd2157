"""The fast path in the zip: FastMCP's answers, answers. See docs/explanation/fast-path.md."""

from __future__ import annotations

import ast
import base64
import hashlib
import json
import marshal
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from mesh.build.bundle import application, bytecode, dependencies
from mesh.build.bundle.archive import Entry
from mesh.build.failure import BuildError
from mesh.build.fast_path import answers
from mesh.build.project import Project
from mesh.build.server.questions import Asking, sites_of
from mesh.runtime.fast_path.catalogue import DISCOVER

PLACE = "mesh/runtime/fast_path"
# What asks; when it is changed, the answers kept from before are not its own.
# Answers that other code has asked for are asked for again.
CODE = [
    *sorted(Path(__file__).parent.glob("*.py")),
    *sorted(Path(__file__).parents[1].joinpath("server").glob("*.py")),
]
NOON = 12
# Each time, at least one module is left to FastMCP.
MOST_TRIES = 40
# What tests/acceptance/compatibility/test_fastmcp_versions.py compares the fast path with.
# Any other version writes its own answers.
COMPARED: Mapping[str, frozenset[str]] = {
    "fastmcp": frozenset({"4.1.7", "4.2.3"}),
    "mcp": frozenset({"2.3.0"}),
}
METHODS_VARY = "what they say varies with the place, the day or the process"
CHANGES = "its module does something else with the place, the day or the process"
VARIES = "its description varies with the place, the day or the process; FastMCP lists all tools"
# Why FastMCP answers a request, by the reason in the log. docs/explanation/fast-path.md has the
# same table.
LEFT_TO_FASTMCP: Mapping[str, str] = {
    "tool": "the build listed the tool, or there is none of that name",
    "resource": "FastMCP reads resources, unless the server has a module that does it",
    "result": "the tool ran without FastMCP, which wrote its result or its error",
    "environment": "a module, the server's introduction or a `FASTMCP_` variable differs from the "
    "build, or a tool has changed the server",
    "method": "prompts, completions, batches, and whatever is malformed or unusual",
    "arguments": "they do not fit, are very large, or are not an object",
    "params": "a cursor, a level or a client's introduction is unusual",
    "access": "the caller may not use all of it, or keys cannot be read",
    "page": "GET /, GET /ready and unusual paths",
    "off": "fast_path = false, or a web server behind the Web Adapter",
    "snapshot": "with SnapStart, FastMCP is in the snapshot",
    "error": "the fast path failed; the log has the error",
}


@dataclass(frozen=True)
class FastPath:
    """What the build made of it.

    Attributes:
        entries: The files.
        tools: The tools that are called without FastMCP.
        off: Those that are not, each with the reason.
        varies: Those that make FastMCP list the tools: it lists them in another way each time.
        notes: What the author should know of the server, a sentence or two each.
    """

    entries: tuple[Entry, ...]
    tools: tuple[str, ...]
    off: Mapping[str, str]
    varies: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def ask(
    project: Project, cache: Path, offers: Callable[[], frozenset[str] | None]
) -> dict[str, Any] | None:
    """FastMCP's answers, from the cache where nothing they depend on has changed.

    Args:
        project: The server.
        cache: Where the answers are kept between builds.
        offers: Gives what the build hook's files make the server offer; asked for once the
            server has started.

    Returns:
        See `answers`, and `deferred` as `verification` has it; None for a project without a fast
        path.

    Raises:
        BuildError: the server cannot be asked.
    """
    if not project.server:
        return None
    asking = Asking(project, project.root, sites_of(project, cache), cache / "bytecode")
    digest = hashlib.sha256(
        f"{sys.version} {project.server} {project.tools} {project.catalogues} "
        f"{sorted(project.environment.items())}".encode()
    )
    for file in (project.requirements, *CODE):
        digest.update(file.read_bytes() if file.is_file() else b"")
    for name, path in (*application.runtime_files(), *project.files()):
        digest.update(name.encode() + b"\0" + hashlib.sha256(path.read_bytes()).digest())
    kept = cache / f"frozen-{digest.hexdigest()[:32]}.json"
    try:
        answers = dict(json.loads(kept.read_bytes()))
    except (OSError, ValueError):
        pass
    else:
        if answers["for"] == _named(offers()):
            return answers
    # Two processes: one imports the server plainly, and one as an instance does.
    with ThreadPoolExecutor(1) as pool:
        plainly = pool.submit(
            asking.of,
            "mesh.build.fast_path.answers",
            lambda: json.dumps(_named(offers())),
            "The server cannot be started",
        )
        because = _uncompared(project.requirements)
        answers = _left(plainly.result(), because) if because else _verified(asking, plainly.result)
    answers["for"] = _named(offers())
    answers["fastmcp"] = {
        name: text for name, text in project.environment.items() if name.startswith("FASTMCP_")
    }
    cache.mkdir(parents=True, exist_ok=True)
    scratch = kept.with_name(f"{kept.name}-{os.getpid()}")
    scratch.write_text(json.dumps(answers), encoding="utf-8")
    scratch.replace(kept)
    return answers


def _named(offers: frozenset[str] | None) -> list[str] | None:
    return None if offers is None else sorted(offers)


def _uncompared(lock: Path) -> str:
    """Why the tests say nothing of what a server with this lock answers; empty where they do."""
    for name, version in dependencies.pins(lock).items():
        if version not in COMPARED.get(name, {version}):
            tested = " and ".join(sorted(COMPARED[name]))
            return f"Mesh's tests compare the fast path with {name} {tested}, not {version}"
    return ""


def _left(answers: dict[str, Any], because: str) -> dict[str, Any]:
    """The answers, all of them FastMCP's to give."""
    off = dict.fromkeys(answers["of"], because)
    return {**answers, "slow_because": because, "deferred": {"off": off}}


def _verified(asking: Asking, plainly: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """The answers of a plain import, and what gives the same with FastMCP deferred.

    A module that does not is FastMCP's, and so is each that imports it.
    """
    with tempfile.TemporaryDirectory(prefix="mesh-") as scratch:
        elsewhere = replace(asking, root=_elsewhere(asking.project, Path(scratch)))
        answers = _verified_in(elsewhere, plainly)
    if not answers["slow_because"]:
        _leave_changing(asking, answers["deferred"])
    return answers


def _leave_changing(asking: Asking, deferred: dict[str, Any]) -> None:
    """Leave to FastMCP what modules make that do something else here than they did elsewhere.

    On Lambda their fingerprints would be others than those that the build froze.
    """
    asked = {name: deferred[name] for name in ("early", "authors")} | {"modules": deferred["order"]}
    found = _asked(asking, {**asked, "only_fingerprints": True}).get("modules", {})
    changed = {name for name, text in deferred["modules"].items() if found.get(name) != text}
    if not changed:
        return
    for name, call in [*deferred["calls"].items()]:
        module, _ = _function_of(base64.b64decode(call))
        if not changed.isdisjoint(_closure(module, deferred["imports"])):
            del deferred["calls"][name]
            deferred["off"][name] = CHANGES
    deferred["methods"] = sorted({"tools/list", *deferred["without_tools"]})


def _elsewhere(project: Project, folder: Path) -> Path:
    """The same project in another place: a catalogue that depends on its place is another there."""
    for name, path in project.files():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, folder / name)
    return folder


def _verified_in(asking: Asking, plainly: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    modules = asking.project.tool_modules()
    early: dict[str, str | None] = {}
    reasons: dict[str, str] = {}
    imports: Mapping[str, list[str]] = {}
    for _ in range(MOST_TRIES):
        found = _deferred(asking, modules, early)
        if because := plainly()["slow_because"]:
            return _left(plainly(), because)
        imports = found.get("imports", imports)
        failed = _culprits(asking, modules, early, found)
        if not failed and "texts" not in found:
            because = found.get("failed", {}).get("", "it needs FastMCP while it is imported")
            return _left(plainly(), because)
        different = {} if failed else _that_differ(found, plainly())
        failed |= {
            module: f"with FastMCP deferred, {name} is described in another way"
            for name, module in different.items()
            if module in modules
        }
        if not failed:
            answers = plainly()
            off = found["off"]
            for name, module in answers["of"].items():
                if module in reasons:
                    found["calls"].pop(name, None)
                    off[name] = reasons[module]
            # FastMCP imported these plainly in both processes.
            off |= dict.fromkeys(different, VARIES)
            said = answers["without_tools"]
            deferred = {
                **found,
                "early": early,
                "varies": sorted(different),
                # Those whose answers vary.
                "methods": [
                    *(["tools/list"] if different else []),
                    *sorted(
                        name for name in said if said[name] != found["without_tools"].get(name)
                    ),
                ],
                "authors": asking.authors(),
            }
            return {**answers, "deferred": deferred}
        failed |= {
            name: f"it imports {one}"
            for one in failed
            for name in modules
            if one in imports.get(name, ())
        }
        reasons |= failed
        modules = [name for name in modules if name not in failed]
    raise BuildError("The fast path cannot be verified: its modules differ each time.")


def _deferred(asking: Asking, modules: list[str], early: dict[str, str | None]) -> dict[str, Any]:
    """What `verification` says of these modules; `early` gets what it finds of that."""
    while True:
        asked = {"modules": modules, "early": early, "authors": asking.authors()}
        elsewhen = {"PYTHONHASHSEED": "1", "TZ": _another_day()}
        found = _asked(asking, {**asked, "only_fingerprints": False}, **elsewhen)
        new = found.get("early", {})
        if new.keys() <= early.keys():
            return found
        early |= new


def _asked(asking: Asking, asked: Mapping[str, Any], **variables: str) -> dict[str, Any]:
    text = json.dumps(asked)
    what = "The fast path cannot be made"
    return asking.of("mesh.build.fast_path.verification", lambda: text, what, **variables)


def _culprits(
    asking: Asking, modules: list[str], early: dict[str, str | None], found: Mapping[str, Any]
) -> dict[str, str]:
    """By module, why the import failed; where it is not known of which, they are tried apart."""
    failed: dict[str, str] = dict(found.get("failed", ()))
    reason = failed.pop("", "")
    if failed or not reason:
        return failed
    if len(modules) <= 1:
        return dict.fromkeys(modules, reason)
    half = len(modules) // 2
    for part in (modules[:half], modules[half:]):
        failed |= _culprits(asking, part, early, _deferred(asking, part, early))
    # Each half is fine, but not both.
    return failed or dict.fromkeys(modules, reason)


def _that_differ(found: Mapping[str, Any], plainly: Mapping[str, Any]) -> dict[str, str]:
    """The tools that both processes list in different ways, each with its module."""
    differ = {}
    for era, texts in found["texts"].items():
        expected = {
            name: tool["texts"][era]
            for name, tool in plainly["tools"].items()
            if era in tool["texts"]
        }
        for name in sorted(texts.keys() | expected.keys()):
            if texts.get(name) != expected.get(name):
                differ[name] = plainly["of"].get(name, "")
    return differ


def make(answers: dict[str, Any] | None) -> FastPath | None:
    """Make it; None where the project has none.

    Args:
        answers: What `ask` gave.
    """
    if answers is None:
        return None
    deferred = answers.pop("deferred")
    notes = tuple(answers.pop("notes"))
    if answers["slow_because"]:
        return FastPath((), (), deferred["off"], notes=notes)
    if methods := deferred["methods"]:
        # Each result of the newest era names the server.
        named = ["calls of protocol 2026-07-28"] if DISCOVER in methods else []
        notes += (f"FastMCP answers {', '.join([*methods, *named])}: {METHODS_VARY}",)
    tools = answers["tools"]
    calls = {name: base64.b64decode(call) for name, call in deferred["calls"].items()}
    names = {*tools, *calls}
    # A module that reads them all cannot be checked before it is imported.
    read = {"": ""} if deferred["environment"] is None else deferred["environment"]
    catalogue = {
        "authors": tuple(deferred["authors"]),
        "modules": dict(sorted(deferred["modules"].items())),
        "imports": {
            name: tuple(
                one for one in _closure(name, deferred["imports"]) if one in deferred["modules"]
            )
            for name in sorted(deferred["modules"])
        },
        # In the order in which the server imports them.
        "order": deferred["order"],
        "server": deferred["server"],
        "functions": {name: _function_of(call) for name, call in sorted(calls.items())},
        "early": dict(sorted(deferred["early"].items())),
        "environment": dict(sorted(read.items())),
        "varies": tuple(deferred["methods"]),
        "maker": deferred["maker"],
    }
    frozen_answers = {
        **answers,
        "tools": {name: calls.get(name) for name in sorted(names)},
        "catalogue": catalogue,
    }
    for name in ("for", "of", "slow_because", "without_tools"):
        del frozen_answers[name]
    entries = (_constant("listed", _texts(tools)), _constant("frozen", frozen_answers))
    off, varies = deferred["off"], tuple(deferred["varies"])
    return FastPath(entries, tuple(sorted(calls)), off, varies, notes)


def _function_of(call: bytes) -> tuple[str, Any]:
    """The module of a tool's function, and its name or place in there."""
    frozen_call = marshal.loads(call)  # noqa: S302 - made in `mesh.build.fast_path.verification`
    return frozen_call["module"], frozen_call["function"]


def _closure(name: str, imports: Mapping[str, list[str]]) -> list[str]:
    """A module and those that it imports, and so on."""
    found = {name}
    unread = [name]
    while unread:
        new = {*imports.get(unread.pop(), ())} - found
        found |= new
        unread += new
    return sorted(found)


def _texts(tools: Mapping[str, Any]) -> dict[str, bytes]:
    """The tools as each era lists them: marshalled, since a request is of one era."""
    return {
        era: marshal.dumps(
            {name: tool["texts"][era] for name, tool in tools.items() if era in tool["texts"]},
            # The version without references: the same bytes, whatever shares what.
            2,
        )
        for era in answers.ERAS
    }


def _constant(name: str, value: Any) -> Entry:
    """A module beside the fast path that holds a value under its own name in capitals."""
    tree = ast.parse(f"{name.upper()} = {value!r}")
    return Entry(f"{PLACE}/{name}.pyc", bytecode.compiled_tree(tree, f"{PLACE}/{name}.py"))


def _another_day() -> str:
    """A time zone where it is not the day that it is in UTC."""
    # POSIX counts west of Greenwich: https://pubs.opengroup.org/onlinepubs/9799919799/
    return "<+14>-14" if datetime.now(UTC).hour >= NOON else "<-12>+12"
