"""What reads a stranger's bytes, one reader at a time, for a fuzzer that is guided by coverage."""

from __future__ import annotations

import base64
import json
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from random import Random
from typing import Any

from aoma.corpus.formats.kinds import KINDS
from aoma.corpus.jira import read_tickets
from aoma.corpus.markup.sections import sections_of
from aoma.corpus.report import CorpusError, Ledger
from aoma.corpus.repositories import code_files
from mesh.runtime.request.body import MAX_BRACKETS, MAX_DEPTH, MAX_VALUES, too_complex
from tests.local.runtime.fast_path.pair import event
from tests.torture.events import recorded
from tests.torture.faults import Fault, place_of
from tests.torture.inputs import Input, Token
from tests.torture.odd_values import changed
from tests.torture.servers import KEY, THROUGH_DOMAIN
from tests.torture.trial import OutOfTimeError, Trial, time_limit

JSON_HEADERS = {
    "content-type": "application/json",
    "accept": "application/json, text/event-stream",
    "authorization": f"Bearer {KEY}",
}
PATHS = ("/mcp", "/rpc", "/mcp/", "/health")
CLAIMS = {"role": "authenticated", "scope": "a b", "aud": ["x"], "is_anonymous": False}
TICKET = "Issue key,Summary,Status,Created,Description\nA-1,x,Open,2026-01-01 10:00,h1. a\n"
MARKDOWN = (
    "---\ntitle: a\n---\n# b\n\n```py\n# c\n```\n<!-- # d -->\n| e | f |\n|---|---|\n| 1 | 2 |\n"
)


def _json(data: bytes) -> Any:
    try:
        return json.loads(data)
    except (ValueError, RecursionError):
        return None


def _event(data: bytes) -> Input | None:
    """The event in JSON; its length chooses the server."""
    value = _json(data)
    server = ("api_key", "both", "domain", "iam")[len(data) % 4]
    return None if value is None else Input("events", server, value, compared=True)


def _body(data: bytes) -> Input:
    """A body as it is; its first byte chooses the path."""
    path = PATHS[data[0] % 4] if data else "/mcp"
    made = event("POST", path, None, JSON_HEADERS)
    try:
        made["body"] = data[1:].decode()
    except UnicodeDecodeError:
        made |= {"body": base64.b64encode(data[1:]).decode(), "isBase64Encoded": True}
    return Input("messages", "api_key", made, compared=True, streamed=len(data) % 8 == 0)


def _headers(data: bytes) -> Input:
    """Lines of `name: value`, between the headers of a good request."""
    headers = {**JSON_HEADERS, **THROUGH_DOMAIN}
    for line in data.decode("latin-1").split("\n"):
        name, _, value = line.partition(":")
        headers[name.strip().lower()] = value.strip()
    body = {"jsonrpc": "2.0", "id": 1, "method": "ping"}
    return Input("messages", "domain", event("POST", "/mcp", body, headers), compared=True)


def _claims(data: bytes) -> Input | None:
    """The claims of a token in JSON; the issuer signs them."""
    value = _json(data)
    if not isinstance(value, dict):
        return None
    asked = event("POST", "/rpc", {"method": "ping"}, JSON_HEADERS)
    return Input("messages", "oauth", asked, Token(value, {}))


def _nesting(data: bytes) -> None:
    """The check of the size and nesting of JSON, beside a plain loop."""
    found = too_complex(data)
    value = _json(data)
    if value is None:
        return
    depth = opened = deepest = commas = 0
    quoted = escaped = False
    for one in data:
        if escaped:
            escaped = False
        elif quoted:
            escaped, quoted = one == ord("\\"), one != ord('"')
        elif one == ord('"'):
            quoted = True
        elif one in b"[{":
            depth, opened = depth + 1, opened + 1
            deepest = max(deepest, depth)
        elif one in b"]}":
            depth -= 1
        elif one == ord(","):
            commas += 1
    wanted = deepest > MAX_DEPTH or opened > MAX_BRACKETS or commas >= MAX_VALUES
    # In UTF-16 and UTF-32 quotes and brackets are two or four bytes each.
    assert found is wanted or b"\0" in data


def _documents(data: bytes) -> None:
    """The readers of texts with markup, and of code."""
    text = data.decode(errors="replace").replace("\0", "")
    for kind in KINDS:
        if kind.is_text:
            sections_of(kind.outline(text))
    code_files.parts_of(text)
    code_files.symbols_of(text)


def _jira(data: bytes) -> None:
    """The reader of Jira's exports."""
    with tempfile.TemporaryDirectory() as folder:
        export = Path(folder) / "export"
        export.write_bytes(data)
        try:
            for ticket in read_tickets([export], Ledger()):
                assert "\0" not in f"{ticket.summary}{ticket.description}"
        except CorpusError:
            pass


# What becomes an input of a server, and what is called by itself.
SENT: Mapping[str, Callable[[bytes], Input | None]] = {
    "events": _event,
    "bodies": _body,
    "headers": _headers,
    "claims": _claims,
}
CALLED: Mapping[str, Callable[[bytes], None]] = {
    "nesting": _nesting,
    "documents": _documents,
    "jira": _jira,
}
PARSERS = (*SENT, *CALLED)


def samples(parser: str) -> list[bytes]:
    """What the fuzzer begins with."""
    if parser == "events":
        return [one.encode() for signed in (False, True) for one in recorded(signed=signed)]
    bodies = [json.loads(one).get("body", "") for one in recorded(signed=False)]
    if parser in {"bodies", "nesting"}:
        lead = "\0" if parser == "bodies" else ""
        return [(lead + body).encode() for body in bodies]
    if parser == "headers":
        return [b"origin: https://app.example.com\nx-forwarded-host: a\nmcp-session-id: x"]
    if parser == "claims":
        return [json.dumps(CLAIMS).encode()]
    return [MARKDOWN.encode(), TICKET.encode(), b'{"issues": [{"key": "A-1", "fields": {}}]}']


def mutated(parser: str, data: bytes, seed: int) -> bytes | None:
    """A change that leaves the data JSON; None where any bytes will do, or for another input."""
    value = _json(data) if parser in {"events", "claims"} else None
    if value is None or seed % 4 == 0:
        return None
    return json.dumps(changed(Random(seed), value)).encode()


def try_parser(trial: Trial, parser: str, data: bytes) -> tuple[Input | None, tuple[Fault, ...]]:
    """Give one reader these bytes: the input that they became, and what is wrong."""
    if parser in SENT:
        given = SENT[parser](data)
        return given, () if given is None else trial.run(given).faults
    try:
        with time_limit():
            CALLED[parser](data)
    except OutOfTimeError:
        return None, (Fault("out of time", parser),)
    except Exception as error:  # noqa: BLE001 - whatever escapes is what is looked for
        return None, (Fault("exception", place_of(error)),)
    return None, ()
