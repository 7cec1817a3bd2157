"""Thousands of generated requests: whatever the fast path answers, FastMCP answers alike."""

from __future__ import annotations

import copy
import json
import os
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.mcp_app.conftest import KEY
from tests.mcp_app.fast_path.conftest import EXPIRED, LIMITED
from tests.mcp_app.fast_path.pair import event

# More of them when somebody looks for trouble: MESH_EXAMPLES=50000 pytest ...
EXAMPLES = int(os.environ.get("MESH_EXAMPLES", "2500"))
MODERN = "2026-07-28"
META = "io.modelcontextprotocol/"
TOOLS = {
    "search_knowledge": ["query", "max_results", "mode", "threshold"],
    "query_aoma_knowledge": ["query", "strategy", "context", "max_results"],
    "search_jira_tickets": ["query", "project_key", "status", "priority", "max_results"],
    "get_jira_ticket": ["key"],
    "get_jira_ticket_count": ["project_key", "status", "priority"],
    "search_git_commits": ["query", "repository", "author", "date_from", "file_pattern"],
    "search_code_files": ["query", "language", "file_extension", "threshold"],
    "analyze_development_context": ["current_task", "system_area", "urgency", "code_context"],
    "get_system_health": ["include_metrics", "include_diagnostics"],
    "get_server_capabilities": ["include_examples"],
}
GOOD: dict[str, list[Any]] = {
    "query": ["checksum", "BLAKE3 mismatch", "rights window", "AOMA-1", "zzz", "midnight “UTC” é"],
    "current_task": ["quarantine assets", "proxies without sound"],
    "key": ["AOMA-1", "AOMA-2", "AOMA-99"],
    "max_results": [1, 2, 20, 50],
    "mode": ["keyword", None, "semantic"],
    "threshold": [0, 0.3, 1, 0.5, 1.0, None],
    "strategy": ["focused", "rapid", "comprehensive", "quick"],
    "context": ["ingest", "", None],
    "project_key": ["AOMA", "aoma", None, "NOPE"],
    "status": [["Open"], ["Done", "Open"], [], "Done", None],
    "priority": [["Low"], "Low", None],
    "repository": [["vault"], "vault", None],
    "author": [["Ada Byron"], ["ada@example.com"], None],
    "date_from": ["2026-01-01", "yesterday", None, "2027-01-01T00:00:00Z"],
    "file_pattern": ["*.py", "docs/*", "", None],
    "language": [["python"], None],
    "file_extension": [[".py"], [".md", ".py"]],
    "system_area": ["backend", "frontend", None],
    "urgency": ["high", "low"],
    "code_context": ["def verifyChecksum", None],
    "include_metrics": [True, False],
    "include_diagnostics": [True, False],
    "include_examples": [True, False],
}
OTHER_PATHS = [
    *(
        "/",
        "/health",
        "/health/",
        "/ready",
        "/rpc/",
        "/nothing",
        "/.well-known/openid-configuration",
    ),
    *("/mcp/.well-known/x", "//mcp", "/favicon.ico", "/a b", "/%2e%2e/mcp"),
    *("/%6dcp", "/mcp%2f", "/%72pc", "", "/%", "/%ff", "/%25", "/" + "%61" * 300),
]
ODD = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-3, 60),
    st.sampled_from([2**53, -(2**63), 10**30, 1e308, 1e-9, 0.1, -0.0, 5.0]),
    st.sampled_from(
        ["", " ", "5", "true", "null", "a\u0000b", " x ", "\ud800", "é" * 9, "x" * 2100]
    ),
    st.text(max_size=12),
    st.lists(st.sampled_from(["Open", " Open", "", 3, None]), max_size=3),
    st.dictionaries(st.sampled_from(["a", "query"]), st.integers(), max_size=2),
)

JSON = st.recursive(
    ODD,
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(st.sampled_from(["name", "version", "roots"]), inner, max_size=2)
    ),
    max_leaves=4,
)
# Of types that no id has; odd ones make a difference to few methods only.
IDS: list[Any] = [None, True, False, 1.5, [], {}, ["x"]]
# As JSON may write them, and Python would not.
NUMBERS = ["1e0", "1E400", "-0", "-0.0", "1.0", "01", "1.", "NaN", "-Infinity", "1" * 5000, "1e-7"]
NUMBER, ESCAPE = 7, 8
ESCAPES = ["\\ud800", "\\uDFFF", "\\ud83d\\ude00", "\\u0000", "\\/", "\\x", "\x7f", "\t"]


@st.composite
def arguments(draw: st.DrawFn, tool: str) -> Any:
    """Arguments of a tool: most of them right, some odd, misspelt or missing."""
    names = TOOLS.get(tool, ["query"])
    given_names = [names[0], *draw(st.lists(st.sampled_from(names), max_size=3))]
    made: dict[str, Any] = {}
    for name in given_names:
        kind = draw(st.integers(0, 29))
        value = draw(ODD) if kind == 0 else draw(st.sampled_from(GOOD.get(name, ["x"])))
        if kind == 1:
            name = "".join(part.title() for part in name.split("_"))  # noqa: PLW2901
        made[name[:1].lower() + name[1:]] = value
    if draw(st.integers(0, 19)) == 0:
        return draw(ODD)
    return made


@st.composite
def messages(draw: st.DrawFn) -> dict[str, Any]:
    """A JSON-RPC message of any method, with what belongs to it."""
    method = draw(
        st.sampled_from(
            ["tools/call"] * 16
            + ["tools/list", "initialize", "ping", "server/discover", "prompts/list"]
            + ["resources/templates/list", "logging/setLevel", "notifications/initialized"]
            + ["notifications/cancelled", "resources/list", "prompts/get", "nothing/here", ""]
        )
    )
    message: dict[str, Any] = {"jsonrpc": "2.0", "method": method}
    if not method.startswith("notifications/") or draw(st.integers(0, 9)) == 0:
        message["id"] = draw(
            st.one_of(
                st.integers(0, 9),
                st.sampled_from(["a", "server-discover-probe-1", "", 'q"', "é", 2**60, -1]),
                st.sampled_from(IDS),
            )
        )
    params: dict[str, Any] | None = draw(st.sampled_from([None, {}]))
    if method == "tools/call":
        tool = draw(st.sampled_from([*TOOLS, "no_such_tool"]))
        params = {"name": tool, "arguments": draw(arguments(tool))}
        if draw(st.integers(0, 9)) == 0:
            del params[draw(st.sampled_from(["name", "arguments"]))]
    elif method == "initialize":
        params = {
            "protocolVersion": draw(
                st.sampled_from(["2024-11-05", "2025-06-18", "2025-11-25", MODERN, "1", ""])
            ),
            "capabilities": draw(
                st.sampled_from(
                    [
                        {},
                        {"roots": {"listChanged": True}, "sampling": {}},
                        {"roots": {}},
                        {"sampling": {}},
                        {"elicitation": {}},
                        {"experimental": {}},
                        {"roots": {"listChanged": "x"}},
                        {"elicitation": {"form": {}, "url": {}}, "extensions": {"a/b": {}}},
                        {"sampling": {"context": {}, "tools": {}}, "experimental": {"x": {}}},
                        {"elicitation": {"form": 3}, "tasks": {}},
                        {"roots": None, "unknown": 1},
                    ]
                )
            ),
            "clientInfo": draw(
                st.sampled_from(
                    [
                        {"name": "x", "version": "1"},
                        {"name": "x", "version": "1", "title": "X", "websiteUrl": "https://x.y"},
                        {"name": "x", "version": 1},
                        {"name": "x"},
                        {"name": "x", "version": "1", "icons": []},
                    ]
                )
            ),
        }
    elif method == "logging/setLevel":
        params = {"level": draw(st.sampled_from(["info", "debug", "loud", 3]))}
    elif draw(st.integers(0, 9)) == 0:
        params = {"_meta": draw(JSON)}
    elif draw(st.integers(0, 9)) == 0:
        params = draw(  # type: ignore[assignment]  # some are no params at all
            st.sampled_from([{"cursor": None}, {"cursor": "x"}, {"x": 1}, [], "x", {"name": "y"}])
        )
    if params is not None:
        message["params"] = params
    return message


@st.composite
def requests(draw: st.DrawFn) -> dict[str, Any]:
    """A whole event."""
    message: Any = draw(messages())
    path = draw(st.sampled_from(["/mcp"] * 12 + ["/mcp/"] * 2 + ["/rpc"] * 6 + OTHER_PATHS))
    verb = draw(st.sampled_from(["POST"] * 60 + ["GET", "DELETE", "PUT", "HEAD", "OPTIONS"]))
    headers = {
        "content-type": draw(
            st.sampled_from(
                ["application/json"] * 40
                + ["application/json; charset=utf-8", "text/plain", ""]
                + ["APPLICATION/JSON", "Application/Json ;x=y", "application/json,text/plain"]
            )
        ),
        "accept": draw(
            st.sampled_from(
                ["application/json, text/event-stream"] * 24
                + ["application/json"] * 6
                + ["*/*", "text/event-stream", "text/html", "", "text/*"]
                + ["application/json;q=0.9, text/event-stream;q=0.8", "TEXT/EVENT-STREAM"]
                + ["APPLICATION/JSON", "Application/Json, Text/Event-Stream"]
            )
        ),
    }
    if draw(st.booleans()) and (path != "/rpc" or draw(st.integers(0, 9)) == 0):
        _modernise(draw, message, headers)
    elif draw(st.booleans()):
        headers["mcp-protocol-version"] = draw(
            st.sampled_from(
                ["2025-11-25"] * 9 + ["2025-03-26", "2024-11-05", "2030-01-01", "", MODERN]
            )
        )
    if draw(st.integers(0, 39)) == 0:
        name = draw(
            st.sampled_from(
                [
                    "origin",
                    "mcp-session-id",
                    "mcp-method",
                    "mcp-name",
                    "mcp-param-x",
                    "last-event-id",
                    "content-encoding",
                    "content-length",
                    "x-forwarded-proto",
                    "X-Mixed-Case",
                ]
            )
        )
        headers[name] = draw(
            st.sampled_from(
                ["x", "https://app.example.com", "tools/call", "", "gzip", "identity", "7"]
            )
        )
    if draw(st.integers(0, 59)) == 0:
        headers.pop(draw(st.sampled_from(sorted(headers))))
    headers |= draw(credentials())
    return event(verb, path, draw(bodies(message)), headers)


def _modernise(draw: st.DrawFn, message: dict[str, Any], headers: dict[str, str]) -> None:
    """Give a message the envelope of 2026-07-28; now and then not quite."""
    params = message.setdefault("params", {})
    if not isinstance(params, dict):
        return
    meta: dict[str, Any] = {
        f"{META}protocolVersion": MODERN,
        f"{META}clientInfo": {"name": "x", "version": "1"},
        f"{META}clientCapabilities": {},
    }
    headers |= {"mcp-protocol-version": MODERN, "mcp-method": message["method"]}
    if isinstance(params.get("name"), str):
        headers["mcp-name"] = params["name"]
    wrong = draw(st.integers(0, 49))
    if wrong == 0:
        del meta[draw(st.sampled_from(sorted(meta)))]
    elif wrong == 1:
        meta[draw(st.sampled_from([*meta, f"{META}logLevel", "progressToken"]))] = draw(JSON)
    elif wrong == 2:
        params["_meta"] = draw(JSON)
        return
    elif wrong == 3:
        meta[draw(st.sampled_from([*meta, f"{META}logLevel", "progressToken", "x/y"]))] = draw(
            st.sampled_from(["debug", "x", {}, {"name": 1}, None, 7, {"roots": {}}, {"tasks": 1}])
        )
    elif wrong == 4:
        headers[draw(st.sampled_from(["mcp-method", "mcp-name", "mcp-protocol-version"]))] = "x"
    params["_meta"] = meta


@st.composite
def credentials(draw: st.DrawFn) -> dict[str, str]:
    """The right key, mostly."""
    return draw(
        st.sampled_from(
            [{"authorization": f"Bearer {KEY}"}] * 60
            + [
                {"x-api-key": KEY},
                {"authorization": f"bearer  {KEY} "},
                {"authorization": f"Bearer {LIMITED}"},
                {"x-api-key": LIMITED},
                {"authorization": f"Bearer {EXPIRED}"},
                {"authorization": "Bearer mesh_wrong"},
                {"authorization": "Bearer a.b.c"},
                {"authorization": "Basic eDp5"},
                {"authorization": ""},
                {},
            ]
        )
    )


@st.composite
def bodies(draw: st.DrawFn, message: dict[str, Any]) -> str:
    """The message in JSON; sometimes with a key too many or too few, cut off, or spaced out."""
    kind = draw(st.integers(0, 59))
    message = copy.deepcopy(message)
    if kind == 0:
        message.pop(draw(st.sampled_from(sorted(message))))
    elif kind == 1:
        message[draw(st.sampled_from(["jsonrpc", "method", "id", "params", "extra"]))] = draw(ODD)
    text = json.dumps(message, ensure_ascii=draw(st.booleans()))
    if kind == 2:
        return text[: draw(st.integers(0, len(text)))]
    if kind == 3:
        return json.dumps([message, message])
    if kind in {NUMBER, ESCAPE}:
        found, choices = (": 1", NUMBERS) if kind == NUMBER else ("x", ESCAPES)
        given_as = draw(st.sampled_from(choices))
        return text.replace(found, f": {given_as}" if kind == NUMBER else given_as, 1)
    if kind == 4:
        return text.replace('"method":', '"method": "ping", "method":', 1)
    if kind == 5:
        return draw(
            st.sampled_from(["", " ", "[]", "{}", "null", "NaN", "\ufeff" + text, text * 2])
        )
    return f" \n{text} " if kind == 6 else text


def sendable(asked: dict[str, Any]) -> bool:
    """Whether a Function URL could be sent it at all."""
    try:
        asked["body"].encode()
        json.dumps(asked["headers"]).encode("latin-1")
    except UnicodeEncodeError:
        return False
    return True


def test_the_fast_path_never_answers_otherwise_than_fastmcp(pair) -> None:
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        derandomize="MESH_EXAMPLES" not in os.environ,
        suppress_health_check=list(HealthCheck),
        database=None,
    )
    @given(asked=requests())
    def compare(asked: dict[str, Any]) -> None:
        if sendable(asked):
            pair.check(asked)

    before = pair.served, pair.handed_on
    compare()
    served, handed_on = pair.served - before[0], pair.handed_on - before[1]
    # Or else the comparison would be of FastMCP with itself.
    assert served * 9 > handed_on, (served, handed_on)
