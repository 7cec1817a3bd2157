import pytest

from mcp_app.events import BadEventError, check_event

HTTP = {"method": "GET", "path": "/", "sourceIp": "127.0.0.1"}


def event(**changes):
    return {"version": "2.0", "requestContext": {"http": HTTP}, "headers": {}} | changes


@pytest.mark.parametrize(
    "value",
    [
        None,
        [],
        "text",
        {},
        {"version": "1.0"},
        {"Records": []},
        event(requestContext=None),
        event(requestContext={"http": {"method": "GET"}}),
        event(requestContext={"http": HTTP | {"path": 7}}),
        event(headers={"host": 1}),
        event(headers=["host"]),
        event(headers={"host": "a:b:c"}),
        event(headers={"Host": "[::1]:80"}),
        event(body=7),
    ],
)
def test_an_event_of_another_kind_is_refused_with_a_reason(value):
    with pytest.raises(BadEventError) as caught:
        check_event(value)
    assert caught.value.code == -32600
    assert str(caught.value).endswith((".", "port"))


@pytest.mark.parametrize(
    "changes", [{"body": "%%%", "isBase64Encoded": True}, {"body": "\ud800", "isBase64Encoded": 0}]
)
def test_a_body_that_cannot_be_decoded_is_a_parse_error(changes):
    with pytest.raises(BadEventError) as caught:
        check_event(event(**changes))
    assert caught.value.code == -32700


def test_an_event_without_headers_or_body_passes():
    assert check_event(event(headers=None))["headers"] == {}
