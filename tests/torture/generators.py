"""Which input has which number: a seed and a number make the same input anywhere."""

from __future__ import annotations

from random import Random

from tests.local.runtime.fast_path.generated_requests import chosen_by, one_in, request
from tests.torture import servers
from tests.torture.events import mutated_event
from tests.torture.inputs import Input
from tests.torture.messages import message_event, odd_token
from tests.torture.strangers import stranger_event

ALIKE, EVENTS, MESSAGES, STRANGERS = KINDS = ("alike", "events", "messages", "strangers")
SHARES = (20, 35, 35, 10)
# The full way costs ten times as much as the fast one.
COMPARED, STREAMED = 5, 25
SERVERS = ["api_key"] * 8 + ["both"] * 3 + ["domain"] * 3 + ["open", "iam", "oauth"]


def make(seed: str, number: int) -> Input:
    """The input of this number."""
    random = chosen_by(f"{seed} {number}")
    kind = random.choices(KINDS, SHARES)[0]
    server = random.choice(SERVERS)
    if kind == STRANGERS:
        return _stranger(random, server)
    callers = servers.CALLERS
    if kind == ALIKE:
        event = request(random, callers)
    elif kind == EVENTS:
        event = mutated_event(random, callers, signed=server in servers.SIGNED)
    else:
        event = message_event(random, callers)
    through = server == "domain" and not one_in(random, 12)
    if through and isinstance(event, dict) and isinstance(event.get("headers"), dict):
        event["headers"] |= servers.THROUGH_DOMAIN
    token = None
    if server in servers.WITH_TOKENS and one_in(random, 3):
        token = odd_token(random)
    return Input(
        kind,
        server,
        event,
        token,
        compared=kind == ALIKE or one_in(random, COMPARED),
        streamed=one_in(random, STREAMED),
    )


def _stranger(random: Random, server: str) -> Input:
    callers = servers.CALLERS if one_in(random, 4) else servers.STRANGERS
    event = stranger_event(random, callers)
    if server == "domain" and one_in(random, 2):
        event["headers"] |= servers.THROUGH_DOMAIN
    return Input(STRANGERS, server, event, streamed=one_in(random, STREAMED))
