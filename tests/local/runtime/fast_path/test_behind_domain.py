"""Behind a domain of its own a server refuses and answers the same on both ways."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from copy import replace
from typing import Any

import pytest

from mcp_app.settings import Settings
from mesh.runtime.access.api_keys import generate
from mesh.runtime.domain.origin_secret import HEADER, VIEWER_HEADER, digest
from tests.fixtures.instances import KEY
from tests.local.runtime.fast_path.conftest import EXPIRED, LIMITED, Hashes
from tests.local.runtime.fast_path.generated_requests import (
    chosen_by,
    credentials,
    request,
    sendable,
)
from tests.local.runtime.fast_path.log_lines import LogLines
from tests.local.runtime.fast_path.pair import Pair, event
from tests.local.runtime.fast_path.test_differential import EXAMPLES

URL = "https://mesh.example.com/"
SECRET, NEXT, WRONG = "mesh_origin_one", "mesh_origin_two", "mesh_origin_none"
THROUGH = {HEADER: SECRET, VIEWER_HEADER: "203.0.113.9"}
WITH_KEY = {"authorization": f"Bearer {KEY}"}
ARN = "arn:aws:sts::123456789012:assumed-role/release/ci"
PING = {"jsonrpc": "2.0", "id": 1, "method": "ping"}
ANYWHERE = [
    *(("GET", path) for path in ("/", "/health", "/ready", "/mcp", "/rpc", "/nowhere", "/no/")),
    *(("POST", path) for path in ("/mcp", "/mcp/", "/rpc", "/health", "//x")),
    *((method, "/health") for method in ("HEAD", "OPTIONS", "DELETE", "PATCH")),
]
NO_WAY = [{}, {HEADER: ""}, {HEADER: WRONG}, {HEADER: digest(SECRET)}, {HEADER: f"{SECRET} "}]
UNREADABLE = [
    TimeoutError("SSM parameter /o could not be read: TimeoutError"),
    "{}",
    '{"secrets": []}',
    "nonsense",
    '{"secrets": [1]}',
]


def stored(*values: str) -> str:
    entries = [{"sha256": digest(value), "created": "2026-11-22T10:00:00Z"} for value in values]
    return json.dumps({"secrets": entries})


@pytest.fixture(scope="session")
def hashes() -> Hashes:
    return Hashes(stored(SECRET))


@pytest.fixture(scope="session")
def behind(settings: Settings) -> Settings:
    return replace(settings, public_url=URL, origin_secret_parameter="/o")


@pytest.fixture(scope="session")
def pair_of_session(new_pair, behind, hashes) -> Pair:
    made: Pair = new_pair(behind, hashes)
    return made


@pytest.fixture
def pair(pair_of_session, hashes) -> Pair:
    """Both ways, with the first secret valid and nothing read yet."""
    hashes.content = stored(SECRET)
    hashes.now += 1000
    made: Pair = pair_of_session
    return made


@pytest.fixture
def lines() -> Iterator[LogLines]:
    """What is logged, of every logger."""
    kept, root = LogLines(), logging.getLogger()
    level = root.level
    root.addHandler(kept)
    root.setLevel(logging.INFO)
    yield kept
    root.removeHandler(kept)
    root.setLevel(level)


def answered(pair: Pair, asked: dict[str, Any]) -> dict[str, Any]:
    """The fast path's answer, which is FastMCP's too."""
    assert pair.check(asked)
    answer = pair.fast(asked)
    assert answer is not None
    return answer


@pytest.mark.parametrize("sent", NO_WAY)
@pytest.mark.parametrize(("method", "path"), ANYWHERE)
def test_who_goes_around_the_domain_is_refused_without_fastmcp(pair, lines, method, path, sent):
    asked = event(method, path, PING if method == "POST" else None, {**WITH_KEY, **sent})
    quick = pair.fast(asked)
    said = lines.taken()
    assert quick["statusCode"] == 403
    assert URL in quick["body"]
    pair.full(asked)
    assert said == lines.taken() != []
    assert pair.check(asked)


@pytest.mark.parametrize("content", UNREADABLE)
def test_what_cannot_be_checked_is_not_let_through(pair, hashes, lines, content):
    hashes.content = content
    asked = event("GET", "/health", headers=THROUGH)
    quick = pair.fast(asked)
    said = lines.taken()
    assert quick["statusCode"] == 503
    assert "/o" in quick["body"]
    pair.full(asked)
    assert said == lines.taken() != []
    assert pair.check(asked)
    hashes.content = stored(SECRET)
    hashes.now += 1
    assert answered(pair, asked)["statusCode"] == 200


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("GET", "/health", None, 200),
        ("GET", "/nowhere", None, 404),
        ("GET", "/mcp", None, 405),
        ("POST", "/rpc", PING, 200),
        ("POST", "/mcp", PING, 200),
        ("POST", "/rpc", {"method": "tools/list"}, 200),
    ],
)
def test_what_comes_through_is_answered_without_fastmcp(pair, lines, method, path, body, status):
    headers = {
        "content-type": "application/json",
        "accept": "application/json, text/event-stream",
        **WITH_KEY,
        **THROUGH,
    }
    asked = event(method, path, body, headers)
    quick = pair.fast(asked)
    said = lines.taken()
    assert quick["statusCode"] == status
    pair.full(asked)
    assert said == lines.taken() != []
    assert SECRET not in json.dumps(said)
    assert pair.check(asked)


@pytest.mark.parametrize("headers", [{}, {"x-api-key": generate()}, {"authorization": "Basic x"}])
def test_the_way_through_is_no_credential(pair, headers):
    asked = event("POST", "/rpc", PING, {"content-type": "application/json", **THROUGH, **headers})
    assert answered(pair, asked)["statusCode"] == 401


def test_two_values_are_valid_while_one_replaces_the_other(pair, hashes):
    hashes.content = stored(SECRET, NEXT)
    for value in (SECRET, NEXT):
        assert answered(pair, event("GET", "/health", headers={HEADER: value}))["statusCode"] == 200
    hashes.content = stored(NEXT)
    first = event("GET", "/health", headers={HEADER: SECRET})
    assert answered(pair, first)["statusCode"] == 200
    hashes.now += 61
    assert answered(pair, first)["statusCode"] == 403


def test_the_candidate_is_reached_with_a_signature_and_without_the_domain(pair):
    assert answered(pair, event("GET", "/health", arn=ARN))["statusCode"] == 200
    headers = {"content-type": "application/json"}
    signed = event("POST", "/rpc", PING, headers, arn=ARN)
    assert answered(pair, signed)["statusCode"] == 200


@pytest.mark.parametrize("path", ["/", "/ready", "/health/"])
def test_what_names_the_domain_in_its_answer_is_fastmcps(pair, path):
    assert pair.fast(event("GET", path, headers={**WITH_KEY, **THROUGH})) is None


@pytest.mark.parametrize("path", ["/a%20b", "", "/%6dcp", "/%ff", "/%"])
def test_a_path_with_escapes_is_refused_and_logged_alike(pair, lines, path):
    asked = event("GET", path)
    assert answered(pair, asked)["statusCode"] == 403
    lines.taken()
    pair.fast(asked)
    said = lines.taken()
    pair.full(asked)
    assert said == lines.taken() != []


def test_a_header_that_is_no_unicode_is_refused(pair):
    asked = event("GET", "/health", headers={HEADER: "\ud800"})
    assert answered(pair, asked)["statusCode"] == 400


def test_callers_of_an_open_server_are_told_apart_by_their_own_address(new_pair, behind, hashes):
    hashes.content = stored(SECRET)
    hashes.now += 1000
    opened = new_pair(replace(behind, auth="none", rate_limit_per_minute=1), hashes)
    viewers = ("203.0.113.9", "203.0.113.10", "203.0.113.9")
    headers = {"content-type": "application/json", HEADER: SECRET}
    asked = [event("POST", "/rpc", PING, {**headers, VIEWER_HEADER: one}) for one in viewers]
    for way in (opened.fast, opened.full):
        assert [way(one)["statusCode"] for one in asked] == [200, 200, 429]


def test_while_clients_move_both_addresses_answer_without_fastmcp(new_pair, settings):
    moving = new_pair(replace(settings, public_url=URL))
    headers = {"content-type": "application/json", **WITH_KEY}
    for sent in ({}, THROUGH, {HEADER: WRONG}):
        asked = event("POST", "/rpc", PING, headers | sent)
        assert answered(moving, asked)["statusCode"] == 200
    assert moving.fast(event("GET", "/", headers=headers)) is None


def test_where_the_way_need_not_be_proved_nobody_says_whose_call_it_is(new_pair, settings):
    moving = new_pair(replace(settings, public_url=URL, auth="none", rate_limit_per_minute=1))
    headers = {"content-type": "application/json"}
    asked = [
        event("POST", "/rpc", PING, {**headers, VIEWER_HEADER: one})
        for one in ("203.0.113.9", "203.0.113.10")
    ]
    for way in (moving.fast, moving.full):
        assert [way(one)["statusCode"] for one in asked] == [200, 429]


def test_behind_a_domain_too_the_fast_path_never_answers_otherwise_than_fastmcp(pair, seed) -> None:
    ways = [
        *[THROUGH] * 20,
        *({HEADER: SECRET}, {}, {HEADER: WRONG}, {HEADER: ""}, {VIEWER_HEADER: "203.0.113.9"}),
        {**THROUGH, "x-forwarded-host": "evil.example", "x-forwarded-for": "198.51.100.7"},
        {**THROUGH, "host": "mesh.example.com"},
        {**THROUGH, "x-forwarded-proto": "http"},
    ]
    callers = credentials(KEY, LIMITED, EXPIRED)
    served, handed_on = pair.served, pair.handed_on
    for number in range(EXAMPLES // 5):
        random = chosen_by(f"{seed} domain {number}")
        asked = request(random, callers)
        asked["headers"] |= random.choice(ways)
        if sendable(asked):
            pair.check(asked)
    served, handed_on = pair.served - served, pair.handed_on - handed_on
    assert served * 9 > handed_on, (served, handed_on)
