"""Bodies of up to 6 MB that parsers dislike, mostly from callers without a credential."""

from __future__ import annotations

import base64
import math
from collections.abc import Sequence
from random import Random
from typing import Any

from tests.local.runtime.fast_path.generated_requests import one_in
from tests.local.runtime.fast_path.pair import event

# https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
MAX_BYTES = 6 * 1024 * 1024
PATHS = ["/mcp", "/mcp", "/rpc", "/mcp/", "/health", "/ready", "/", "/nothing", "//mcp"]
TOKENS = [
    *("[", "]", "{", "}", '"', "\\", '\\"', ",", ":", "0", "9", "-", ".", "e", "E+", "1e9"),
    *("\\u", "\\ud800", "\ud800", "é", "😀", " ", "\n", "\x00", "true", "null", '"a":', '{"a":'),
    *('"jsonrpc":"2.0",', '"method":"ping",', "[]", "{}", '""', "=", "%", "/*"),
]


def hostile_body(random: Random) -> str:
    """A text of any length: a few tokens of JSON over and over, between two others."""
    size = int(math.exp(random.uniform(0, math.log(MAX_BYTES))))
    unit = "".join(random.choices(TOKENS, k=random.randint(1, 3)))
    head = "".join(random.choices(TOKENS, k=random.randrange(4))) * random.choice([1, 1, 65])
    end = "".join(random.choices(TOKENS, k=random.randrange(3)))
    return (head + unit * (size // len(unit)) + end)[:MAX_BYTES]


def stranger_event(random: Random, credentials: Sequence[dict[str, str]]) -> dict[str, Any]:
    """An event with such a body.

    Args:
        random: What chooses.
        credentials: Headers that say who calls; one of them is taken.
    """
    headers = {
        "content-type": random.choice(["application/json"] * 6 + ["text/plain", ""]),
        "accept": "application/json, text/event-stream",
        **random.choice(credentials),
    }
    body = hostile_body(random)
    made = event(random.choice(["POST"] * 8 + ["GET", "PUT"]), random.choice(PATHS), body, headers)
    if one_in(random, 4):
        made["isBase64Encoded"] = True
        if one_in(random, 2):
            encoded = base64.b64encode(body[: MAX_BYTES // 4].encode(errors="replace"))
            made["body"] = encoded.decode()
    return made
