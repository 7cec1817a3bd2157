"""Generated requests of both protocol eras and of `/rpc`: most of them right, some not quite.

Everything is chosen with a `random.Random`, so its seed repeats it.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Sequence
from random import Random
from typing import Any

from tests.local.runtime.fast_path.pair import event
from tests.local.runtime.fast_path.requests import META, MODERN

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
METHODS = [
    *["tools/call"] * 16,
    *("tools/list", "initialize", "ping", "server/discover", "prompts/list"),
    *("resources/templates/list", "logging/setLevel", "notifications/initialized"),
    *("notifications/cancelled", "resources/list", "prompts/get", "nothing/here", ""),
]
OTHER_PATHS = [
    *("/", "/health", "/health/", "/ready", "/rpc/", "/nothing"),
    *("/.well-known/openid-configuration", "/mcp/.well-known/x", "//mcp", "/favicon.ico"),
    *("/a b", "/%2e%2e/mcp", "/%6dcp", "/mcp%2f", "/%72pc", "", "/%", "/%ff", "/%25"),
    "/" + "%61" * 300,
]
IDS: list[Any] = [
    *("a", "server-discover-probe-1", "", 'q"', "é", 2**60, -1, *range(1, 10)),
    # Of types that no id has; odd ones make a difference to few methods only.
    *(None, True, False, 1.5, [], {}, ["x"]),
]
VERSIONS = ["2024-11-05", "2025-06-18", "2025-11-25", MODERN, "1", ""]
CAPABILITIES: list[Any] = [
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
CLIENTS: list[Any] = [
    {"name": "x", "version": "1"},
    {"name": "x", "version": "1", "title": "X", "websiteUrl": "https://x.y"},
    {"name": "x", "version": 1},
    {"name": "x"},
    {"name": "x", "version": "1", "icons": []},
]
OTHER_PARAMS: list[Any] = [{"cursor": None}, {"cursor": "x"}, {"x": 1}, [], "x", {"name": "y"}]
META_VALUES: list[Any] = [
    *("debug", "x", {}, {"name": 1}, None, 7, 1.5, True, []),
    *({"roots": {}}, {"tasks": 1}),
]
CONTENT_TYPES = [
    *["application/json"] * 40,
    *("application/json; charset=utf-8", "text/plain", "", "APPLICATION/JSON"),
    *("Application/Json ;x=y", "application/json,text/plain"),
]
ACCEPTS = [
    *["application/json, text/event-stream"] * 24,
    *["application/json"] * 6,
    *("*/*", "text/event-stream", "text/html", "", "text/*", "TEXT/EVENT-STREAM"),
    *("application/json;q=0.9, text/event-stream;q=0.8", "APPLICATION/JSON"),
    "Application/Json, Text/Event-Stream",
]
ODD_HEADERS = [
    *("origin", "mcp-session-id", "mcp-method", "mcp-name", "mcp-param-x", "last-event-id"),
    *("content-encoding", "content-length", "x-forwarded-proto", "X-Mixed-Case"),
]
HEADER_VALUES = ["x", "https://app.example.com", "tools/call", "", "gzip", "identity", "7"]
CHARACTERS = "ab Z09_-./\\\"'<>&%\t\n\x00\x1b\x7fé“ß\u2028\ufeff\ufffd\ud800😀"
# As JSON may write them, and Python would not.
NUMBERS = ["1e0", "1E400", "-0", "-0.0", "1.0", "01", "1.", "NaN", "-Infinity", "1" * 5000, "1e-7"]
ESCAPES = ["\\ud800", "\\uDFFF", "\\ud83d\\ude00", "\\u0000", "\\/", "\\x", "\x7f", "\t"]
ODD_SCALARS: list[Any] = [
    *(None, True, False, -1, 0, 1, 3, 60, 2**53, -(2**63), 10**30, 1e308, 1e-9, 0.1, -0.0, 5.0),
    *("", " ", "5", "true", "null", "a\u0000b", " x ", "\ud800", "é" * 9, "x" * 2100),
]


def chosen_by(seed: str) -> Random:
    """What chooses, the same for the same seed."""
    return Random(seed)


def one_in(random: Random, many: int) -> bool:
    """True once in so many times."""
    return random.randrange(many) == 0


def text(random: Random, longest: int = 12) -> str:
    """Any characters, half of a surrogate pair among them."""
    return "".join(random.choices(CHARACTERS, k=random.randint(0, longest)))


def odd(random: Random) -> Any:
    """Any JSON value."""
    kind = random.randrange(8)
    if kind == 0:
        return text(random)
    if kind == 1:
        return [random.choice(["Open", " Open", "", 3, None]) for _ in range(random.randrange(4))]
    if kind == 2:
        return {random.choice(["a", "query"]): random.randint(-300, 300)}
    return random.choice(ODD_SCALARS)


def odd_tree(random: Random, levels: int = 3) -> Any:
    """Any JSON value, with others in it."""
    kind = random.randrange(3 if levels else 1)
    if kind == 1:
        return [odd_tree(random, levels - 1) for _ in range(random.randrange(3))]
    if kind == 2:
        names = random.sample(["name", "version", "roots"], random.randrange(3))
        return {name: odd_tree(random, levels - 1) for name in names}
    return odd(random)


def arguments(random: Random, tool: str) -> Any:
    """Arguments of a tool: most of them right, some odd, misspelt or missing."""
    if one_in(random, 20):
        return odd(random)
    names = TOOLS.get(tool, ["query"])
    made: dict[str, Any] = {}
    for name in [names[0], *random.choices(names, k=random.randrange(4))]:
        kind = random.randrange(30)
        value = odd(random) if kind == 0 else random.choice(GOOD.get(name, ["x"]))
        spelt = name
        if kind == 1:
            titled = "".join(part.title() for part in name.split("_"))
            spelt = titled[:1].lower() + titled[1:]
        made[spelt] = value
    return made


def message(random: Random) -> dict[str, Any]:
    """A JSON-RPC message of any method, with what belongs to it."""
    method = random.choice(METHODS)
    made: dict[str, Any] = {"jsonrpc": "2.0", "method": method}
    if not method.startswith("notifications/") or one_in(random, 10):
        made["id"] = random.choice(IDS)
    params: Any = random.choice([None, {}])
    if method == "tools/call":
        tool = random.choice([*TOOLS, "no_such_tool"])
        params = {"name": tool, "arguments": arguments(random, tool)}
        if one_in(random, 10):
            del params[random.choice(["name", "arguments"])]
    elif method == "initialize":
        params = {
            "protocolVersion": random.choice(VERSIONS),
            "capabilities": random.choice(CAPABILITIES),
            "clientInfo": random.choice(CLIENTS),
        }
    elif method == "logging/setLevel":
        params = {"level": random.choice(["info", "debug", "loud", 3])}
    elif one_in(random, 10):
        params = {"_meta": odd_tree(random)}
    elif one_in(random, 10):
        params = random.choice(OTHER_PARAMS)
    if params is not None:
        # A choice is shared by all requests that have it; an envelope is put into this one.
        made["params"] = copy.deepcopy(params)
    return made


def request(random: Random, credentials: Sequence[dict[str, str]]) -> dict[str, Any]:
    """A whole event.

    Args:
        random: What chooses.
        credentials: Headers that say who calls; one of them is taken.
    """
    sent = message(random)
    path = random.choice([*["/mcp"] * 12, *["/mcp/"] * 2, *["/rpc"] * 6, *OTHER_PATHS])
    verb = random.choice([*["POST"] * 60, "GET", "DELETE", "PUT", "HEAD", "OPTIONS"])
    headers = {"content-type": random.choice(CONTENT_TYPES), "accept": random.choice(ACCEPTS)}
    if one_in(random, 2) and (path != "/rpc" or one_in(random, 10)):
        modernise(random, sent, headers)
    elif one_in(random, 2):
        others = ["2025-03-26", "2024-11-05", "2030-01-01", "", MODERN]
        headers["mcp-protocol-version"] = random.choice([*["2025-11-25"] * 9, *others])
    if one_in(random, 40):
        headers[random.choice(ODD_HEADERS)] = random.choice(HEADER_VALUES)
    if one_in(random, 60):
        headers.pop(random.choice(sorted(headers)))
    headers |= random.choice(credentials)
    return event(verb, path, body(random, sent), headers)


def modernise(random: Random, sent: dict[str, Any], headers: dict[str, str]) -> None:
    """Give a message the envelope of 2026-07-28; now and then not quite."""
    params = sent.setdefault("params", {})
    if not isinstance(params, dict):
        return
    meta: dict[str, Any] = {
        f"{META}protocolVersion": MODERN,
        f"{META}clientInfo": {"name": "x", "version": "1"},
        f"{META}clientCapabilities": {},
    }
    headers |= {"mcp-protocol-version": MODERN, "mcp-method": sent["method"]}
    if isinstance(params.get("name"), str):
        headers["mcp-name"] = params["name"]
    wrong = random.randrange(50)
    if wrong == 0:
        del meta[random.choice(sorted(meta))]
    elif wrong == 1:
        meta[random.choice([*meta, f"{META}logLevel", "progressToken"])] = odd_tree(random)
    elif wrong == 2:
        params["_meta"] = odd_tree(random)
        return
    elif wrong == 3:
        name = random.choice([*meta, f"{META}logLevel", "progressToken", "x/y"])
        meta[name] = random.choice(META_VALUES)
    elif wrong == 4:
        headers[random.choice(["mcp-method", "mcp-name", "mcp-protocol-version"])] = "x"
    params["_meta"] = meta


def body(random: Random, sent: dict[str, Any]) -> str:
    """The message in JSON; sometimes with a key too many or too few, cut off, or spaced out."""
    kind = random.randrange(60)
    if kind == 0:
        sent.pop(random.choice(sorted(sent)))
    elif kind == 1:
        sent[random.choice(["jsonrpc", "method", "id", "params", "extra"])] = odd(random)
    written = json.dumps(sent, ensure_ascii=one_in(random, 2))
    others = {
        2: lambda: written[: random.randint(0, len(written))],
        3: lambda: json.dumps([sent, sent]),
        4: lambda: written.replace('"method":', '"method": "ping", "method":', 1),
        5: lambda: random.choice(
            ["", " ", "[]", "{}", "null", "NaN", "\ufeff" + written, written * 2]
        ),
        6: lambda: f" \n{written} ",
        7: lambda: written.replace(": 1", f": {random.choice(NUMBERS)}", 1),
        8: lambda: written.replace("x", random.choice(ESCAPES), 1),
    }
    return others[kind]() if kind in others else written


def credentials(key: str, limited: str, expired: str) -> list[dict[str, str]]:
    """Headers that say who calls: mostly a valid key.

    Args:
        key: A key for everything.
        limited: A key for some tools.
        expired: A key that is no longer valid.
    """
    return [
        *[{"authorization": f"Bearer {key}"}] * 60,
        {"x-api-key": key},
        {"authorization": f"bearer  {key} "},
        {"authorization": f"Bearer {limited}"},
        {"x-api-key": limited},
        {"authorization": f"Bearer {expired}"},
        {"authorization": "Bearer mesh_wrong"},
        {"authorization": "Bearer a.b.c"},
        {"authorization": "Basic eDp5"},
        {"authorization": ""},
        {},
    ]


def sendable(asked: dict[str, Any]) -> bool:
    """Whether a Function URL could be sent it at all."""
    try:
        asked["body"].encode()
        json.dumps(asked["headers"]).encode("latin-1")
    except UnicodeEncodeError:
        return False
    return True
