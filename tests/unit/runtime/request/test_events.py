"""Events of every shape: a request, or a refusal that says what is wrong with it."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as sampling
from hypothesis import strategies as st

from mesh.runtime.request.events import BadEventError, read_head
from tests.fixtures.instances import KEY

HTTP = {"method": "GET", "path": "/", "sourceIp": "127.0.0.1"}
ARN = "arn:aws:iam::123456789012:user/ada"
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=5,
)


def event(**changes: Any) -> dict[str, Any]:
    return {"version": "2.0", "requestContext": {"http": HTTP}, "headers": {}} | changes


def signed(authorizer: Any) -> dict[str, Any]:
    return event(requestContext={"http": HTTP, "authorizer": authorizer})


ODD: list[Any] = [
    None,
    [],
    "text",
    7,
    {},
    {"version": "1.0"},
    {"version": ["2.0"]},
    {"Records": []},
    event(requestContext=None),
    event(requestContext={"http": {"method": "GET"}}),
    event(requestContext={"http": HTTP | {"path": 7}}),
    event(requestContext={"http": HTTP | {"sourceIp": ["x"]}}),
    event(requestContext={"http": HTTP, "domainName": 7}),
    event(requestContext={"http": HTTP, "domainName": "a/b"}),
    event(headers={"host": 1}),
    event(headers=["host"]),
    event(headers={"host": "a:b:c"}),
    event(headers={"host": "a\n"}),
    event(headers={"Host": "[::1]:80"}),
    event(headers={"HOST": "a.example", "host": "a:b"}),
    event(headers={"x": "\ud800"}),
    event(headers={"\ud800": "x"}),
    event(headers={"x-forwarded-proto": "\u2013"}),
    event(body=7),
    event(body=["x"]),
    event(isBase64Encoded="yes"),
    event(rawQueryString=7),
    event(rawQueryString="\udfff"),
    event(cookies=[None]),
    event(cookies="a=b"),
    event(cookies=["\ud800"]),
]
NO_ARNS = [
    "key:ci",
    "user:ada",
    "anonymous",
    "",
    7,
    None,
    ["arn:aws:iam::123456789012:user/ada"],
    "arn:",
    "arn:aws:iam::123456789012:",
    "arn:other:iam::123456789012:user/ada",
    "arn:aws:lambda:us-east-1:123456789012:function:x",
    "arn:aws:iam::123456789012:user/ada\nkey:ci",
    " arn:aws:iam::123456789012:user/ada",
]
NO_IDENTITIES = ["x", 7, True, ["iam"], {"iam": "x"}, {"iam": []}, {"iam": 0}, {"iam": {}}]


@pytest.mark.parametrize("value", ODD)
def test_an_event_of_another_kind_is_refused_with_a_reason(value: Any) -> None:
    with pytest.raises(BadEventError) as caught:
        read_head(value)
    assert str(caught.value).endswith((".", "port"))


@pytest.mark.parametrize(
    "authorizer", [*NO_IDENTITIES, *({"iam": {"userArn": one}} for one in NO_ARNS)]
)
def test_an_iam_identity_must_be_an_arn(authorizer: Any) -> None:
    with pytest.raises(BadEventError, match="ARN of an IAM identity"):
        read_head(signed(authorizer))


@pytest.mark.parametrize(
    "arn",
    [
        ARN,
        "arn:aws:iam::123456789012:root",
        "arn:aws-cn:iam::123456789012:user/division/ada",
        "arn:aws-us-gov:sts::123456789012:assumed-role/agents/a@b.c",
        "arn:aws-iso:sts::123456789012:federated-user/ada",
    ],
)
def test_arns_of_every_partition_pass(arn: str) -> None:
    assert read_head(signed({"iam": {"userArn": arn}})).arn == arn


@pytest.mark.parametrize("authorizer", [None, {}, {"iam": None}, {"jwt": {"claims": {}}}])
def test_without_an_identity_there_is_none(authorizer: Any) -> None:
    assert read_head(signed(authorizer)).arn is None


def test_what_an_event_may_lack() -> None:
    head = read_head(event(headers=None, cookies=None, rawQueryString=None, body=None))
    assert (head.method, head.path, head.headers) == ("GET", "/", {})


@pytest.mark.parametrize("port", ["443", "http", "²", "", "9" * 5000])
def test_a_forwarded_port_is_nobodys_business(client, port: str) -> None:
    http = HTTP | {"path": "/health"}
    asked = event(requestContext={"http": http}, headers={"x-forwarded-port": port})
    assert client._answer(asked)["statusCode"] == 200


def test_a_path_is_decoded_and_header_names_are_in_lower_case() -> None:
    http = HTTP | {"path": "/%6dcp"}
    head = read_head(event(requestContext={"http": http}, headers={"Accept": "A"}))
    assert (head.path, head.headers) == ("/mcp", {"accept": "A"})


def refused(reply: dict[str, Any]) -> bool:
    return 400 <= reply["statusCode"] < 500 and bool(json.loads(reply["body"])["error"]["message"])


@pytest.mark.parametrize("value", [*ODD, *map(signed, NO_IDENTITIES)])
def test_an_instance_answers_odd_events_with_a_client_error(client, value: Any) -> None:
    assert refused(client._answer(value))


def test_nobody_takes_the_name_of_a_key_by_a_direct_invocation(client) -> None:
    asked = signed({"iam": {"userArn": "key:ci"}})
    assert refused(client._answer(asked | {"body": '{"method": "ping"}'}))


@pytest.mark.parametrize("path", ["/mcp", "/rpc"])
@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"body": "%%%", "isBase64Encoded": True}, "base64"),
        ({"body": "é", "isBase64Encoded": True}, "base64"),
        ({"body": '"\ud800"', "isBase64Encoded": False}, "Unicode"),
        ({"body": "/w==", "isBase64Encoded": True}, "UTF-8"),
        ({"body": "AFsAXQ==", "isBase64Encoded": True}, "UTF-8"),
    ],
)
def test_a_body_that_cannot_be_decoded_is_a_parse_error(client, path, body, said) -> None:
    http = HTTP | {"method": "POST", "path": path}
    asked = event(requestContext={"http": http}, headers={"x-api-key": KEY}) | body
    reply = client._answer(asked)
    error = json.loads(reply["body"])["error"]
    assert (reply["statusCode"], error["code"]) == (400, -32700)
    assert said in error["message"]


def places(value: Any, where: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place in a JSON value."""
    below = value.items() if isinstance(value, dict) else ()
    return [where, *(one for name, part in below for one in places(part, (*where, name)))]


WHOLE = event(
    requestContext={
        "http": HTTP | {"path": "/rpc", "method": "POST"},
        "authorizer": {"iam": {"userArn": ARN}},
        "domainName": "abc.lambda-url.us-east-1.on.aws",
        "requestId": "x",
    },
    headers={
        "host": "abc.lambda-url.us-east-1.on.aws",
        "content-type": "application/json",
        "content-encoding": "identity",
        "content-length": "18",
        "x-forwarded-port": "443",
        "x-forwarded-proto": "https",
        "x-amzn-trace-id": "Root=1-00000000-000000000000000000000000",
        "accept": "application/json",
        "mcp-protocol-version": "2026-07-28",
    },
    cookies=["a=b"],
    rawPath="/rpc",
    rawQueryString="a=b",
    isBase64Encoded=False,
    body='{"method": "ping"}',
)


def test_a_value_of_any_type_at_any_place_is_answered(client) -> None:
    @sampling(max_examples=1000, deadline=None, database=None, derandomize=True)
    @given(st.sampled_from(places(WHOLE)), JSON)
    def answered(place: tuple[Any, ...], value: Any) -> None:
        changed: Any = {"": copy.deepcopy(WHOLE)}
        parent = changed
        for name in ("", *place)[:-1]:
            parent = parent[name]
        parent[("", *place)[-1]] = value
        assert client._answer(changed[""])["statusCode"] < 500

    answered()
