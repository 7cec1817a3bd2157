"""Events as a Function URL makes them of what real clients sent, with random changes."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cache
from random import Random
from typing import Any

from mesh.build.environment import ROOT
from mesh.local_aws.function_url.event import Caller, build_event
from mesh.local_aws.http_server import Request
from tests.local.runtime.fast_path.generated_requests import one_in
from tests.local.runtime.fast_path.pair import HOST
from tests.torture.odd_values import any_value, changed

RECORDED = (
    *sorted((ROOT / "tests" / "fixtures" / "clients" / "sessions").glob("*.json")),
    *sorted((ROOT / "tests" / "fixtures" / "conformance" / "requests").glob("*.json")),
)
WHEN = datetime(2026, 11, 29, 12, tzinfo=UTC)
TRACE = "Root=1-67891233-abcdef012345678912345678"
SIGNER = Caller("AKIATORTURE", "123456789012", "AIDATORTURE", "arn:aws:iam::123456789012:user/ada")


def _event(sent: dict[str, Any], caller: Caller | None) -> dict[str, Any]:
    # The recorder leaves the server's name out, but for those requests that try another.
    headers = {"host": HOST} | {name.lower(): value for name, value in sent["headers"].items()}
    body = json.dumps(sent["body"]).encode() if "body" in sent else b""
    request = Request(
        sent["method"], sent["path"], [*headers.items()], body, "192.0.2.1", "HTTP/1.1"
    )
    made: dict[str, Any] = json.loads(
        build_event(
            request,
            url_id="abc",
            port=443,
            request_id="6c0e3b6f-0000-4000-8000-000000000001",
            trace_id=TRACE,
            caller=caller,
            now=WHEN,
        )
    )
    return made


@cache
def recorded(*, signed: bool) -> tuple[str, ...]:
    """The events in JSON; `signed` has them come from a caller who signed with SigV4."""
    caller = SIGNER if signed else None
    sent = [one for file in RECORDED for one in json.loads(file.read_text())["requests"]]
    return tuple(dict.fromkeys(json.dumps(_event(one, caller)) for one in sent))


def mutated_event(random: Random, credentials: Sequence[dict[str, str]], *, signed: bool) -> Any:
    """A recorded event with a credential, after random changes.

    Args:
        random: What chooses.
        credentials: Headers that say who calls; one of them is taken.
        signed: Whether the Function URL has checked a signature.
    """
    made = json.loads(random.choice(recorded(signed=signed)))
    made["headers"] |= random.choice(credentials)
    if one_in(random, 12):
        made["rawQueryString"] = random.choice(["a=1&a=2", "%", "=&&", "x" * 3000, "é=\x00"])
    if one_in(random, 12):
        made["cookies"] = random.choice([["a=1", "b=2"], [], ["\r\n"], ["é=ß"]])
    kind = random.randrange(20)
    if kind == 0:
        return any_value(random)
    if kind == 1:
        made["isBase64Encoded"] = True
    elif kind == 2:
        made["isBase64Encoded"] = True
        made["body"] = base64.b64encode(random.randbytes(random.choice([1, 40, 5000]))).decode()
    elif kind == 3:
        made["isBase64Encoded"] = True
        made["body"] = base64.b64encode(str(made.get("body", "")).encode()).decode()
        return made
    return changed(random, made)
