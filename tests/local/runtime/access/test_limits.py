"""A caller gets what it may have, and another caller is not the poorer for it."""

import json
import random
import string
from copy import replace

import pytest
from hypothesis import given
from hypothesis import settings as sampling
from hypothesis import strategies as st
from mcp_types import INVALID_REQUEST

from mesh.runtime.access.api_keys import digest, generate
from mesh.runtime.access.rate_limit import MAX_CALLERS, RateLimit
from mesh.runtime.request.argument_limits import holds_too_much
from mesh.runtime.request.body import MAX_BRACKETS, MAX_DEPTH, MAX_VALUES, too_complex
from tests.fixtures.instances import Client
from tests.local.runtime.access.conftest import AUDIENCE

PING = {"jsonrpc": "2.0", "id": 1, "method": "ping"}


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


def test_a_minutes_worth_passes_at_once_and_then_as_time_goes_by():
    clock = Clock()
    limit = RateLimit(60, clock=clock)
    assert [limit.take("ada") for _ in range(60)] == [None] * 60
    assert limit.take("ada") == 1
    assert limit.take("ada", 10) == 10
    assert limit.take("grace") is None
    clock.now = 10
    assert limit.take("ada", 10) is None
    assert limit.take("ada") == 1
    clock.now = 1000
    assert limit.take("ada", 60) is None
    assert limit.take("ada") == 1


def test_a_clock_set_back_takes_nothing_away():
    clock = Clock()
    clock.now = 100
    limit = RateLimit(2, clock=clock)
    assert limit.take("ada") is None
    clock.now = 0
    assert limit.take("ada") is None
    assert limit.take("ada") == 30


def test_a_caller_may_have_a_rate_of_its_own():
    limit = RateLimit(60, clock=Clock())
    assert limit.take("ada", 2, per_minute=1) == 60
    assert limit.take("grace", 100, per_minute=100) is None
    assert RateLimit(None).take("ada", 1_000_000) is None


def test_buckets_take_a_bounded_room():
    limit = RateLimit(1, clock=Clock())
    assert limit.take("ada") is None
    for number in range(MAX_CALLERS):
        limit.take(str(number))
    assert len(limit._buckets) == MAX_CALLERS
    assert limit.take("ada") is None


def stored(*entries):
    """Stored keys: pairs of a key and its limits."""
    keys = [
        {"name": f"k{n}", "sha256": digest(key), "last4": key[-4:], "created": "2026", **limits}
        for n, (key, limits) in enumerate(entries)
    ]
    return lambda: json.dumps({"keys": keys})


@pytest.fixture
def with_keys(start_instance, settings):
    def start(*limits):
        keys = [generate() for _ in limits]
        server = start_instance(settings, stored(*zip(keys, limits, strict=True)))
        return [Client(server._answer, key) for key in keys]

    return start


def test_who_calls_too_often_is_told_when_to_come_back(with_keys):
    slow, free = with_keys({"rate_per_minute": 2}, {})
    statuses = [slow.request("POST", "/mcp", PING).status for _ in range(3)]
    assert statuses == [200, 200, 429]
    reply = slow.request("GET", "/ready")
    assert reply.status == 429
    assert 1 <= int(reply.headers["retry-after"]) <= 30
    assert reply.json["error"]["code"] == -32000
    assert "wait" in reply.json["error"]["message"]
    assert free.request("POST", "/mcp", PING).status == 200


def test_public_routes_cost_nothing(start_instance, settings):
    """Strangers have the deployment's rate, so only a route without a price lets all through."""
    server = start_instance(replace(settings, rate_limit_per_minute=1), stored((generate(), {})))
    stranger = Client(server._answer, None)
    assert [stranger.request("GET", "/health").status for _ in range(5)] == [200] * 5


def test_a_batch_is_as_many_calls_as_it_holds(with_keys):
    (slow,) = with_keys({"rate_per_minute": 5})
    assert slow.request("POST", "/rpc", [PING] * 6).status == 429
    assert slow.request("POST", "/rpc", [PING] * 4).status == 200
    assert slow.request("POST", "/rpc", PING).status == 429


def test_users_have_their_own_rates(oauth_server, issuer):
    server = oauth_server(rate=1)
    for subject in ("ada", "grace"):
        user = Client(server._answer, issuer.token(AUDIENCE, sub=subject))
        assert [user.request("POST", "/rpc", PING).status for _ in range(2)] == [200, 429]


def test_sessions_of_one_role_share_its_rate(start_instance, settings):
    server = start_instance(replace(settings, auth="iam", rate_limit_per_minute=1))
    role = "arn:aws:sts::123456789012:assumed-role/agents"
    statuses = [
        server.request("POST", "/rpc", PING, iam_arn=f"{role}/{session}").status
        for session in ("one", "two")
    ]
    assert statuses == [200, 429]


def test_a_key_for_some_tools_sees_and_calls_only_these(with_keys):
    some, every = with_keys({"tools": ["search_knowledge"]}, {})
    for path in ("/mcp", "/rpc"):
        tools = some.rpc("tools/list", path=path)["result"]["tools"]
        assert [tool["name"] for tool in tools] == ["search_knowledge"]
        assert len(every.rpc("tools/list", path=path)["result"]["tools"]) > 3
        other = {"name": "get_system_health", "arguments": {}}
        refused = some.rpc("tools/call", other, path)["result"]
        assert refused["isError"]
        assert "may not call" in refused["content"][0]["text"]
    assert some.call("search_knowledge", query="checksum")["hits"]


HEALTH = {"uri": "aoma://health"}
PROMPT = {"name": "development_context"}
COMPLETED = {"ref": {"type": "ref/prompt", **PROMPT}, "argument": {"name": "task", "value": "x"}}
BESIDE = {
    "resources/list": {},
    "resources/templates/list": {},
    "resources/read": HEALTH,
    "prompts/list": {},
    "prompts/get": PROMPT,
    "completion/complete": COMPLETED,
}


@pytest.mark.parametrize("method", BESIDE)
def test_who_may_not_call_every_tool_reads_nothing_beside_them(
    with_keys, oauth_server, issuer, method
):
    (some,) = with_keys({"tools": ["search_knowledge"]})
    server = oauth_server(tool_scopes={"search_knowledge": frozenset({"docs:read"})})
    for limited in (some, Client(server._answer, issuer.token(AUDIENCE))):
        for path in ("/mcp", "/rpc"):
            error = limited.rpc(method, BESIDE[method], path)["error"]
            assert "for tools only" in error["message"]
            # Not an internal error: the caller is refused.
            assert error["code"] == INVALID_REQUEST


def test_who_was_granted_every_scope_reads_resources(oauth_server, issuer):
    server = oauth_server(tool_scopes={"search_knowledge": frozenset({"docs:read"})})
    user = Client(server._answer, issuer.token(AUDIENCE, scope="docs:read"))
    assert user.rpc("resources/read", HEALTH)["result"]


def test_an_expired_key_is_refused(with_keys):
    gone, valid = with_keys(
        {"expires": "2026-01-01T00:00:00Z"}, {"expires": "2126-01-01T00:00:00Z"}
    )
    assert valid.request("POST", "/rpc", PING).status == 200
    reply = gone.request("POST", "/rpc", PING)
    assert reply.status == 401
    assert "has expired" in reply.json["error"]["message"]


def nested(depth):
    return "[" * depth + "]" * depth


@pytest.mark.parametrize("path", ["/mcp", "/rpc"])
@pytest.mark.parametrize(
    "params",
    [
        pytest.param(nested(MAX_DEPTH), id="deep"),
        pytest.param('{"a":' * MAX_DEPTH + "1" + "}" * MAX_DEPTH, id="deep objects"),
        pytest.param("[" + "[]," * MAX_BRACKETS + "1]", id="wide"),
    ],
)
def test_what_is_nested_beyond_use_is_refused(client, path, params):
    body = f'{{"jsonrpc":"2.0","id":1,"method":"ping","params":{{"x":{params}}}}}'
    reply = client.request("POST", path, body)
    assert reply.status == 400
    assert "nested" in reply.json["error"]["message"]


def test_brackets_in_text_are_no_nesting():
    text = json.dumps({"query": "[{" * 50_000 + '\\" [' * 10_000})
    assert not too_complex(text.encode())


def test_depth_is_what_the_parser_finds():
    generator = random.Random(7)

    def value(left):
        kind = generator.choice(["list", "dict", "text"]) if left else "text"
        if kind == "list":
            return [value(left - 1) for _ in range(generator.randrange(3))]
        if kind == "dict":
            return {random_text(): value(left - 1) for _ in range(generator.randrange(3))}
        return random_text()

    def random_text():
        return "".join(generator.choices(string.punctuation + 'a\n"\\[]{}', k=5))

    def depth(given):
        parts = given.values() if isinstance(given, dict) else given
        return 0 if isinstance(given, str) else 1 + max(map(depth, parts), default=0)

    for _ in range(300):
        inner = value(8)
        around = MAX_DEPTH - depth(inner)
        body = "[" * around + json.dumps(inner) + "]" * around
        assert not too_complex(body.encode()), body
        assert too_complex(f"[{body}]".encode()), body


def nesting(text):
    """Whether a text is too nested, character by character, and where it plainly is no JSON."""
    depth = opened = 0
    within = escaped = False
    for one in text:
        if within:
            within = escaped or one != '"'
            escaped = one == "\\" and not escaped
        elif one == '"':
            within = True
        elif one in "[{":
            depth, opened = depth + 1, opened + 1
            if depth > MAX_DEPTH or opened > MAX_BRACKETS:
                return True
        elif one in "]}":
            depth -= 1
        if depth < 0 or (one == "\\" and not within):
            return None
    return False


@sampling(max_examples=1500, deadline=None, database=None, derandomize=True)
@given(
    st.lists(
        st.sampled_from([*('"\\[]{}an'), "\\\\", '\\"', '"["', '"a"', '"[\\""', "é"]), max_size=40
    ),
    st.sampled_from([0, 63, 64, 65]),
)
def test_nesting_is_found_as_it_would_be_character_by_character(pieces, around):
    body = "[" * around + "".join(pieces) + "]" * around
    expected = nesting(body)
    # What is no JSON is refused in any case.
    assert expected is None or too_complex(body.encode()) is expected, body


@pytest.mark.parametrize(
    ("body", "nested"),
    [
        ("[]" * MAX_BRACKETS, False),
        ("[]" * MAX_BRACKETS + "[]", True),
        ('["[",' * 64 + "1" + "]" * 64, False),
        ('["[",' * 65 + "1" + "]" * 65, True),
        ("]" * 100_000, False),
        ("]" * 100_000 + "[" * 64, False),
        ('"[",[],' * MAX_BRACKETS, False),
        ('"[",[],' * (MAX_BRACKETS + 1), True),
        ("[]" * 65 + '"' + '\\"' * 60_000, False),
        ('"' * 100_001 + "[" * 65, False),
        ('"' * 100_000 + "[" * 65, True),
        ("1," * (MAX_VALUES - 1), False),
        ("1," * MAX_VALUES, True),
        ('"a",' * (MAX_VALUES - 1), False),
        ('"a",' * MAX_VALUES, True),
        ('"[]",' * 1_000_000, True),
        ('{"a":1,' * 64 + '"a,b":2,' * (MAX_VALUES - 64), True),
        ('"' + "," * 200_000 + '"', False),
        ('["' + '\\",' * 200_000, False),
    ],
)
def test_nesting_at_its_limits(body, nested):
    assert too_complex(body.encode()) is nested


@pytest.mark.parametrize(
    ("value", "much"),
    [
        ("x" * 99_999, False),
        ("x" * 100_000, True),
        ([""] * 99_999, False),
        ([""] * 100_000, True),
        ([None, True, 7, "x" * 99_980], False),
        ({"a" * 60_000: "b" * 39_000}, False),
        ({"a" * 60_000: {"b" * 40_001: 1}}, True),
        ([10**4000] * 20, False),
        ([10**4000] * 30, True),
        ([0.1] * 5000, False),
        ([0.1] * 7000, True),
        ([[[["x" * 99_000]]], {"a": [1, "y" * 2000]}], True),
    ],
)
def test_what_counts_as_too_much_in_arguments(value, much):
    assert holds_too_much(value) is much


@pytest.mark.parametrize("path", ["/mcp", "/rpc"])
def test_arguments_beyond_any_use_are_refused(client, path):
    call = {"name": "get_system_health", "arguments": {"x": ["y" * 50_000, {"z" * 50_001: 1}]}}
    result = client.rpc("tools/call", call, path)["result"]
    assert result["isError"]
    assert "100,000 is the limit" in result["content"][0]["text"]
