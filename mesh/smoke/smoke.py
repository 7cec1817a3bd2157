"""The smoke test: a URL must serve MCP to those who may call it, and to nobody else.

Checks, in order: /health, refusal of a request without a credential, initialize,
tools/list, and a tools/call where a tool can be called safely. A check that depends on a failed
one does not run.
"""

from __future__ import annotations

import json
import math
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from mesh.settings.call import Call
from mesh.smoke.credential import ApiKey
from mesh.smoke.example_call import example_call
from mesh.smoke.smoke_report import Check, CheckFailedError, Report
from mesh.smoke.streamable_http import (
    LIMITED_SECONDS,
    PROTOCOL_VERSION,
    NoAnswerError,
    Reply,
    Server,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    import httpx

NOT_CALLED = (
    "no tool was called: none is read-only without required arguments; the setting smoke, or "
    "--tool and --arguments, name a call"
)
OK = 200
ACCEPTED = 202
UNAUTHORIZED = 401
FORBIDDEN = 403
NOT_FOUND = 404
# What only a caller with a credential can try.
TOOL_CHECKS = ("initialize", "tools/list", "tools/call")
REFUSALS = (UNAUTHORIZED, FORBIDDEN)


@dataclass
class Run:
    """What one smoke test has found so far."""

    server: Server
    expected: Mapping[str, str]
    wanted: Call | None
    configured: Call | None
    call: Call | None = None
    health: dict[str, Any] = field(default_factory=dict)
    tools: list[dict[str, Any]] = field(default_factory=list)
    failure_log: list[str] = field(default_factory=list)
    is_silent: bool = False

    def check_health(self) -> str:
        """GET /health says ok, and what it is expected to say beside that."""
        # Where failures are limited, an answer of another version is one, too.
        limited = self.server.failures is not None
        until = time.monotonic() + (LIMITED_SECONDS if limited else math.inf)
        while True:
            # An API key is not sent: /health must answer to anybody. SigV4 is the
            # Function URL's own door, and stands before /health too.
            signed = not isinstance(self.server.credential, ApiKey)
            reply = self._kept(self.server.get("health", credential=signed))
            _expect(reply, OK, "health", self.server.credential if signed else None)
            try:
                self.health = json.loads(reply.body)
                status = self.health["status"]
            except (ValueError, KeyError, TypeError):
                raise CheckFailedError(
                    f"the answer is not the status of this server: {reply.excerpt()}"
                ) from None
            if status != "ok":
                raise CheckFailedError(f"status is {status!r}: {reply.excerpt()}")
            others = [
                f"{name} is {self.health.get(name)}, not {wanted}"
                for name, wanted in self.expected.items()
                if self.health.get(name) != wanted
            ]
            if not others:
                return _identity(self.health)
            # An alias that was just moved may still lead to the old version for a moment:
            # https://docs.aws.amazon.com/lambda/latest/dg/configuration-aliases.html
            self.failure_log += others
            if self.server.remaining_seconds() < 1 or time.monotonic() > until:
                raise CheckFailedError(f"another build answers here: {'; '.join(others)}")
            time.sleep(0.5)

    def check_refusal(self) -> str:
        """Nothing is served without a credential, on /mcp or on /rpc."""
        if self.health.get("auth") == "none":
            return "not demanded: the server says that it is open to everybody"
        statuses = {}
        for path in ("mcp", "rpc"):
            request = _request(0, "tools/list")
            reply = self._kept(self.server.post(path, request, credential=False, initialized=True))
            statuses[path] = reply.status
            # Not every MCP server has /rpc.
            if reply.status not in REFUSALS and (path, reply.status) != ("rpc", NOT_FOUND):
                raise CheckFailedError(
                    f"/{path} answered a request without a credential with "
                    f"HTTP {reply.status} instead of 401: anybody can use this server"
                )
        return f"HTTP {statuses['mcp']} without a credential"

    def check_initialize(self) -> str:
        """Initialize answers with a protocol version and the server's name."""
        parameters = {
            "protocolVersion": PROTOCOL_VERSION,
            "capabilities": {},
            "clientInfo": {"name": "mesh-smoke", "version": "1"},
        }
        result = self._result(_request(1, "initialize", parameters), initialized=False)
        version = result.get("protocolVersion")
        name = (result.get("serverInfo") or {}).get("name")
        if not version or not name:
            raise CheckFailedError(f"the result lacks protocolVersion or serverInfo: {result}")
        note = {"jsonrpc": "2.0", "method": "notifications/initialized"}
        _expect(self._kept(self.server.post("mcp", note, initialized=True)), ACCEPTED, "mcp")
        return f"{name}, protocol {version}"

    def check_tools_list(self) -> str:
        """tools/list answers; a server may have no tools."""
        self.tools = self._result(_request(2, "tools/list"), initialized=True).get("tools") or []
        count = len(self.tools)
        return f"{count or 'no'} tool{'' if count == 1 else 's'}"

    def check_tools_call(self) -> str:
        """A tool really succeeds, where one can be called safely."""
        self.call = choose_call(self.tools, self.wanted, self.configured)
        if self.call is None:
            return NOT_CALLED if self.tools else "no tool to call"
        name = self.call.tool
        parameters = {"name": name, "arguments": self.call.arguments}
        result = self._result(_request(3, "tools/call", parameters), initialized=True)
        content = result.get("content") or []
        if result.get("isError"):
            said = " ".join(str(block.get("text", "")) for block in content)
            raise CheckFailedError(f"{name} answered with isError: {said or 'no text'}")
        if not content and not result.get("structuredContent"):
            raise CheckFailedError(f"{name} answered with nothing: {result}")
        instead = ""
        if self.wanted is None and self.configured and self.configured.tool != name:
            instead = f" ({self.configured.tool}, in the settings, is not advertised)"
        return f"{name}{_amount(result.get('structuredContent'))}{instead}"

    def _result(self, request: dict[str, Any], *, initialized: bool) -> dict[str, Any]:
        reply = self._kept(self.server.post("mcp", request, initialized=initialized))
        _expect(reply, OK, "mcp", self.server.credential)
        for message in reply.messages():
            if message.get("id") != request["id"]:
                continue
            if "error" in message:
                error = message["error"]
                raise CheckFailedError(
                    f"{request['method']}: JSON-RPC error {error.get('code')}: "
                    f"{error.get('message')}"
                )
            result = message.get("result")
            if isinstance(result, dict):
                return result
        raise CheckFailedError(
            f"{request['method']}: no JSON-RPC answer in the body "
            f"({reply.content_type or 'no content type'}): {reply.excerpt() or 'empty'}"
        )

    def _kept(self, reply: Reply) -> Reply:
        self.failure_log += reply.failure_log
        return reply


def smoke(
    url: str,
    *,
    credential: httpx.Auth | None = None,
    deadline_seconds: float = 60.0,
    expected: Mapping[str, str] | None = None,
    tool: str | None = None,
    arguments: dict[str, Any] | None = None,
    configured: Call | None = None,
    left_out: Collection[str] = (),
    failures: int | None = None,
    on_check: Callable[[Check], None] = lambda _: None,
) -> Report:
    """Test the server at `url` and say what was found; never raises for what it finds.

    Args:
        url: base address of the server, with or without `/mcp` at its end.
        credential: an API key or SigV4; None for a server that demands neither.
        deadline_seconds: for everything together; 5xx, 429 and lost connections are
            repeated within it, as a cold start or a deploy may cause them.
        expected: what /health must say, such as a build's content_sha256.
        tool: the tool to call; when None, `choose_call` chooses.
        arguments: for `tool`.
        configured: the call in the server's settings.
        left_out: names of checks that are not made at all.
        failures: give a request up after so many equal server errors, or ten seconds after the
            first one of any kind; None retries until the deadline. Nor is another version's
            answer waited out for longer.
        on_check: called with each check's outcome as it is known.
    """
    base = base_url(url)
    checks: list[Check] = []
    with Server(base, credential, deadline_seconds, failures) as server:
        wanted = Call(tool, arguments or {}) if tool else None
        run = Run(server, expected or {}, wanted, configured)
        steps: tuple[tuple[str, Callable[[], str]], ...] = (
            ("health", run.check_health),
            ("refusal", run.check_refusal),
            ("initialize", run.check_initialize),
            ("tools/list", run.check_tools_list),
            ("tools/call", run.check_tools_call),
        )
        blocked_by: str | None = None
        for name, check in steps:
            if name in left_out:
                continue
            if blocked_by:
                outcome = Check(name, None, f"not run, {blocked_by} failed", 0.0, 0)
            else:
                outcome = _carried_out(name, check, run)
                # Refusal stands alone: the others say more when they run after it fails. A server
                # that did not answer it does not answer them either.
                stands_alone = name == "refusal" and not run.is_silent
                blocked_by = None if outcome.ok or stands_alone else name
            checks.append(outcome)
            on_check(outcome)
    return Report(
        base,
        all(check.ok for check in checks),
        tuple(checks),
        run.health,
        run.call,
        run.call or example_call(run.tools),
    )


def base_url(url: str) -> str:
    """Give the server's base address with one slash at its end; `/mcp` is taken off."""
    return url.rstrip("/").removesuffix("/mcp") + "/"


def choose_call(
    tools: list[dict[str, Any]], wanted: Call | None, configured: Call | None = None
) -> Call | None:
    """Choose the tool to call: the configured one, else a read-only one without required arguments.

    A zip may offer less than the settings expect, so a configured tool that is not advertised
    counts only where no other can be called.

    Args:
        tools: what the server advertises.
        wanted: the call that a person asks for; it is the one.
        configured: the call in the server's settings.

    Returns:
        None when no tool can be called safely.

    Raises:
        CheckFailedError: the tool that is asked for, or configured, is not advertised.
    """
    names = {tool["name"]: tool for tool in tools}
    chosen = wanted or configured
    if wanted is None and (chosen is None or chosen.tool not in names):
        for name, tool in names.items():
            if _is_safe(tool):
                return Call(name)
    if chosen is not None and chosen.tool not in names:
        raise CheckFailedError(
            f"{chosen.tool} is not advertised; there are {', '.join(names) or 'no tools'}"
        )
    return chosen


def _is_safe(tool: dict[str, Any]) -> bool:
    """Whether a tool says that it only reads, and needs no arguments."""
    reads = (tool.get("annotations") or {}).get("readOnlyHint")
    return bool(reads) and not (tool.get("inputSchema") or {}).get("required")


def _carried_out(name: str, check: Callable[[], str], run: Run) -> Check:
    started = time.monotonic()
    run.failure_log = []
    try:
        detail, ok = check(), True
    except (CheckFailedError, NoAnswerError) as error:
        detail, ok = str(error), False
        run.is_silent = isinstance(error, NoAnswerError)
    ms = round((time.monotonic() - started) * 1000, 1)
    attempts = len(run.failure_log) + 1
    if ok and run.failure_log:
        detail += f", after {len(run.failure_log)} failed: {run.failure_log[-1]}"
    if isinstance(run.server.credential, ApiKey):
        # A server may echo what it was sent.
        detail = detail.replace(run.server.credential.secret, "***")
    return Check(name, ok, detail, ms, attempts)


def _request(identifier: int, method: str, params: dict[str, Any] | None = None) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": identifier, "method": method, "params": params or {}}


def _expect(reply: Reply, status: int, path: str, credential: httpx.Auth | None = None) -> None:
    if reply.status == status:
        return
    is_signed = credential is not None and not isinstance(credential, ApiKey)
    advice = {
        UNAUTHORIZED: "the key was not accepted"
        if credential
        else "a key is needed: --api-key, or MESH_API_KEY",
        FORBIDDEN: "if the Function URL refuses this, the caller who signs may not invoke it"
        if is_signed
        else "if this Function URL is for IAM, sign with --iam, as a role that may invoke it",
        NOT_FOUND: f"there is no /{path} here; is this the server's base URL?",
    }.get(reply.status)
    raise CheckFailedError(
        f"/{path}: HTTP {reply.status} instead of {status}: "
        + "; ".join(part for part in (reply.excerpt(), advice) if part)
    )


def _identity(health: dict[str, Any]) -> str:
    """Say in a few words which build answers."""
    commit = str(health.get("commit") or "")[:7]
    # A server without pyproject.toml has none.
    version = health.get("version", "0")
    parts = [
        f"{health.get('name', 'server')} {version if version != '0' else ''}".strip(),
        f"commit {commit}{'+' if health.get('dirty') else ''}" if commit else "",
        f"version {health['function_version']}" if health.get("function_version") else "",
        f"auth {health['auth']}" if health.get("auth") else "",
    ]
    return ", ".join(part for part in parts if part)


def _amount(structured: object) -> str:
    """Say how much a tool gave, when its result has one list."""
    if isinstance(structured, dict):
        for name, value in structured.items():
            if isinstance(value, list):
                return f", {len(value)} {name if len(value) != 1 else name.removesuffix('s')}"
    return ""
