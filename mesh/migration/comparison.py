"""Compares two servers that should do the same: catalogue, results, errors, latency."""

from __future__ import annotations

import json
import statistics
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from mesh.failure import CommandFailedError
from mesh.migration.mcp_session import Answer, Session
from mesh.settings.call import Call

KINDS = ("tools", "resources", "prompts")
# What clients and models see of a tool.
COMPARED = ("description", "inputSchema", "outputSchema", "annotations", "title", "mimeType")
# A server that adds its own gives none of these a meaning.
IGNORED = {"_meta", "$schema", "additionalProperties"}
ABSENT_TOOL = "mesh-compare-no-such-tool"
LONGEST = 200


@dataclass(frozen=True)
class Difference:
    """One thing that the servers do differently.

    Attributes:
        about: which tool, resource, prompt or call.
        what: the kind: missing, new, schema, result, error.
        old: what the old one has, shortened.
        new: what the new one has.
    """

    about: str
    what: str
    old: str
    new: str


@dataclass(frozen=True)
class Timing:
    """Latency of one call, medians in milliseconds, and whether results were compared."""

    call: str
    old_ms: float
    new_ms: float
    deterministic: bool


@dataclass(frozen=True)
class Comparison:
    """What was found.

    Attributes:
        old: name of the old server.
        new: name of the new one.
        tools: how many both have.
        differences: none where they do the same.
        timings: of each call.
    """

    old: str
    new: str
    tools: int
    differences: tuple[Difference, ...]
    timings: tuple[Timing, ...]

    @property
    def same(self) -> bool:
        """Whether nothing differs; latency does not count."""
        return not self.differences

    def as_json(self) -> str:
        """Everything, for programs."""
        return json.dumps({"same": self.same} | asdict(self), indent=2)


def compare(old: Session, new: Session, calls: Sequence[Call], rounds: int) -> Comparison:
    """Compare two servers.

    Args:
        old: The old one, connected.
        new: The new one.
        calls: What to call beside the tools that only read and need no arguments.
        rounds: How often, at least 2: a result that the old server does not repeat itself is
            not compared.
    """
    differences: list[Difference] = []
    listed = {}
    for kind in KINDS:
        mine, yours = old.listed(kind), new.listed(kind)
        listed[kind] = mine, yours
        differences += _catalogue(kind, mine, yours)
    mine, yours = listed["tools"]
    both = [name for name in mine if name in yours]
    wanted = [*calls, *(Call(name) for name in both if _may_be_called(mine[name]))]
    timings = []
    for call in {
        (one.tool, json.dumps(one.arguments, sort_keys=True)): one for one in wanted
    }.values():
        found, timing = _called(old, new, call, rounds)
        differences += found
        timings.append(timing)
    differences += _errors(old, new, [mine[name] for name in both])
    return Comparison(old.name, new.name, len(both), tuple(differences), tuple(timings))


def read_calls(file: Path) -> list[Call]:
    """The calls in a file: a JSON array of objects with tool and arguments.

    Raises:
        CommandFailedError: it is no such file.
    """
    try:
        return [
            Call(str(one["tool"]), dict(one.get("arguments") or {}))
            for one in json.loads(file.read_text("utf-8"))
        ]
    except OSError as error:
        raise CommandFailedError(f"{file} cannot be read: {error.strerror}.") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise CommandFailedError(
            f'{file} is no list of calls such as [{{"tool": "add", "arguments": {{"a": 1}}}}]: '
            f"{error}"
        ) from error


def _catalogue(
    kind: str, old: dict[str, dict[str, Any]], new: dict[str, dict[str, Any]]
) -> Iterator[Difference]:
    for name in sorted(old.keys() | new.keys()):
        about = f"{kind.removesuffix('s')} {name}"
        if name not in new:
            yield Difference(about, "missing", "there", "not there")
        elif name not in old:
            yield Difference(about, "new", "not there", "there")
        else:
            for part in COMPARED:
                mine, yours = (_plain(one.get(part)) for one in (old[name], new[name]))
                # What only the new one says breaks nobody.
                if mine is not None and mine != yours:
                    yield Difference(f"{about}, {part}", "schema", _short(mine), _short(yours))


def _plain(value: Any) -> Any:
    """A value without what has no meaning for callers."""
    if isinstance(value, dict):
        kept = {key: _plain(one) for key, one in value.items() if key not in IGNORED}
        return {key: one for key, one in kept.items() if one is not None}
    if isinstance(value, list):
        return [_plain(one) for one in value]
    return value.strip() if isinstance(value, str) else value


def _short(value: object) -> str:
    text = value if isinstance(value, str) else json.dumps(value, sort_keys=True, default=str)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}..."


def _may_be_called(tool: dict[str, Any]) -> bool:
    reads = (tool.get("annotations") or {}).get("readOnlyHint")
    return bool(reads) and not (tool.get("inputSchema") or {}).get("required")


def _called(old: Session, new: Session, call: Call, rounds: int) -> tuple[list[Difference], Timing]:
    about = f"{call.tool}({json.dumps(call.arguments) if call.arguments else ''})"
    # In turns, so that what disturbs one disturbs the other.
    pairs = [
        (old.call(call.tool, call.arguments), new.call(call.tool, call.arguments))
        for _ in range(rounds)
    ]
    mine, yours = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    deterministic = all(_content(one) == _content(mine[0]) for one in mine)
    timing = Timing(
        about,
        round(statistics.median(one.ms for one in mine), 1),
        round(statistics.median(one.ms for one in yours), 1),
        deterministic,
    )
    found = []
    if mine[0].failed != yours[0].failed:
        found.append(Difference(about, "error", _outcome(mine[0]), _outcome(yours[0])))
    elif deterministic and not mine[0].failed:
        for other in yours:
            if _content(other) != _content(mine[0]):
                found.append(
                    Difference(about, "result", _short(_content(mine[0])), _short(_content(other)))
                )
                break
    return found, timing


def _content(answer: Answer) -> Any:
    """What a client gets of a result; texts that are JSON count as what they say."""
    if answer.result is None:
        return answer.error
    structured = answer.result.get("structuredContent")
    blocks = []
    for block in answer.result.get("content") or []:
        text = block.get("text") if isinstance(block, dict) else None
        try:
            blocks.append(json.loads(text) if text is not None else block)
        except ValueError:
            blocks.append(text)
    # An old server may have no structured content: then the text is what both have.
    return blocks or structured


def _outcome(answer: Answer) -> str:
    return _short(answer.error or ("isError: " if answer.failed else "") + _short(_content(answer)))


def _errors(old: Session, new: Session, tools: list[dict[str, Any]]) -> Iterator[Difference]:
    """Both refuse an unknown tool, and tools that only read calls without what they require."""
    checks = [
        Call(tool["name"])
        for tool in tools
        if (tool.get("annotations") or {}).get("readOnlyHint") and not _may_be_called(tool)
    ]
    for call in [Call(ABSENT_TOOL), *checks]:
        mine, yours = (one.call(call.tool, {}) for one in (old, new))
        if mine.failed != yours.failed:
            about = f"{call.tool}, wrong call"
            yield Difference(about, "error", _outcome(mine), _outcome(yours))
