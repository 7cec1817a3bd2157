"""What must never be true of an answer, whatever was sent."""

from __future__ import annotations

import base64
import json
import re
import traceback
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mesh.runtime.request.errors import INTERNAL_ERROR
from tests.torture.servers import SECRETS

# https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
MAX_ANSWER_BYTES = 6 * 1024 * 1024
NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
VALUE = re.compile(r"[\t\x20-\x7e\x80-\xff]*")
SERVER_ERROR, OK = 500, 300
REFUSED = frozenset({401, 403})
INTERNAL = re.compile(rf'"code": ?{INTERNAL_ERROR}\b')
OURS = ("/mcp_app/",)
# Anybody may read these, and where it says where to sign in.
PUBLIC = re.compile(r"/|/health|/\.well-known/oauth-protected-resource(/mcp/?)?")


@dataclass(frozen=True, slots=True)
class Fault:
    """Something wrong.

    Attributes:
        kind: What kind of fault.
        where: What tells it from others of its kind: a place in the code, or what differs.
    """

    kind: str
    where: str


def place_of(error: BaseException) -> str:
    """The exception's type, the last line of our own code that it went through, and the last."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if any(part in frame.filename for part in OURS)]
    places = [f"{Path(one.filename).name}:{one.lineno}" for one in [*own[-1:], *frames[-1:]]]
    return f"{type(error).__name__} at {' in '.join(dict.fromkeys(reversed(places)))}"


def form_faults(answer: Any) -> list[Fault]:
    """Why an answer is none that a Function URL can send.

    https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html#urls-payloads
    """
    if not isinstance(answer, dict):
        return [Fault("malformed answer", f"a {type(answer).__name__}")]
    wrong = []
    status, headers, body = (answer.get(name) for name in ("statusCode", "headers", "body"))
    if not isinstance(status, int) or not 200 <= status < 600:
        wrong.append("statusCode")
    if not isinstance(headers, dict) or not all(
        isinstance(name, str)
        and isinstance(value, str)
        and NAME.fullmatch(name)
        and VALUE.fullmatch(value)
        for name, value in headers.items()
    ):
        wrong.append("headers")
    if not isinstance(body, str) or type(answer.get("isBase64Encoded")) is not bool:
        wrong.append("body")
    elif isinstance(headers, dict) and not _has_its_length(answer):
        wrong.append("content-length")
    try:
        size = len(json.dumps(answer, ensure_ascii=False, allow_nan=False).encode())
    except (TypeError, ValueError):
        wrong.append("JSON")
    else:
        if size > MAX_ANSWER_BYTES:
            wrong.append("larger than 6 MB")
    return [Fault("malformed answer", one) for one in wrong]


def _has_its_length(answer: dict[str, Any]) -> bool:
    """Whether the header that says the body's length, where there is one, is right."""
    said = next((v for k, v in answer["headers"].items() if k.lower() == "content-length"), None)
    # An answer to HEAD says the length of the body that GET would have.
    return said is None or not answer["body"] or said == str(len(body_of(answer)))


def body_of(answer: dict[str, Any]) -> bytes:
    """The body in bytes."""
    body: str = answer["body"]
    if answer["isBase64Encoded"]:
        return base64.b64decode(body)
    return body.encode(errors="replace")


def content_faults(answer: dict[str, Any], raised: str | None) -> list[Fault]:
    """What a well-formed answer must not say.

    Args:
        answer: The answer.
        raised: Where the log says that an exception came from; None for nowhere.
    """
    found = []
    status, body = answer["statusCode"], answer["body"]
    if status >= SERVER_ERROR:
        found.append(Fault("server error", f"{status}, {raised or body[:60]}"))
    elif INTERNAL.search(body):
        said = _internal(body)
        if said is not None:
            found.append(Fault("internal error", raised or said[:60]))
    whole = f"{answer['headers']}{body}"
    if any(secret in whole for secret in SECRETS):
        found.append(Fault("secret in an answer", str(status)))
    if "Traceback (most recent call last)" in body:
        found.append(Fault("traceback in an answer", str(status)))
    return found


def _internal(body: str) -> str | None:
    """The message of an internal error; None where the code is in text that the caller sent."""
    try:
        content = json.loads(body.removeprefix("event: message\r\ndata: "))
    except ValueError:
        return None
    for one in content if isinstance(content, list) else [content]:
        error = one.get("error") if isinstance(one, dict) else None
        if isinstance(error, dict) and error.get("code") == INTERNAL_ERROR:
            return str(error.get("message"))
    return None


def access_faults(event: Any, status: int, caller: str, path: str, *, signed: bool) -> list[Fault]:
    """Whether somebody was let in who showed nothing that would let them.

    Args:
        event: What was sent to a server that needs a credential.
        status: Of the answer.
        caller: The name in the log.
        path: What was asked for, as the log has it.
        signed: Whether the input has a token with a valid signature.
    """
    # What is no event of a Function URL shows nothing at all.
    fields = event if isinstance(event, dict) else {}
    text = json.dumps(fields.get("headers"))
    key = any(one in text for one in SECRETS[:2])
    authorizer = json.dumps(fields.get("requestContext"))
    if caller.startswith("key:"):
        allowed = key
    elif caller.startswith("user:"):
        allowed = signed
    elif caller.startswith("arn:"):
        allowed = caller in authorizer
    else:
        allowed = caller == "anonymous" and (status >= OK or PUBLIC.fullmatch(path) is not None)
    # The name may be the caller's own choice: a report with all of them would not end.
    kind = caller.partition(":")[0][:9]
    return [] if allowed else [Fault("let in without a credential", f"{status}, as {kind}")]
