"""Who may call a Function URL."""

import hashlib
from datetime import UTC, datetime, timedelta

import pytest


def refused(answer):
    assert answer.status_code == 403
    assert answer.headers["x-amzn-errortype"].partition(":")[0] == "AccessDeniedException"
    return True


def test_an_open_url_wants_no_signature_and_passes_a_bearer_token_on(url):
    """https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html#urls-auth-none"""
    event = url.get(headers={"authorization": "Bearer opaque"}).json()
    assert event["headers"]["authorization"] == "Bearer opaque"


def test_a_signed_request_passes_and_the_event_says_who(iam_url):
    """https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html#urls-payloads"""
    event = iam_url.get("a/b", headers=iam_url.signed("a/b")).json()
    context = event["requestContext"]
    iam = context["authorizer"]["iam"]
    assert iam["accessKey"] == iam_url.credentials.access_key
    assert iam["accountId"] == context["accountId"]
    assert iam["accountId"].isdigit()
    assert iam["userArn"].startswith("arn:aws")
    assert iam["cognitoIdentity"] is None
    assert iam["userId"]


@pytest.mark.parametrize(
    "path", ["", "a%20b/c", "a//b", "%C3%A9?b=2&a=1&a=0", "x?empty=&q=a%20b%2Fc", "a/./b"]
)
def test_signatures_hold_for_every_kind_of_path(iam_url, path):
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html"""
    assert iam_url.get(path, headers=iam_url.signed(path)).status_code == 200


def test_a_signed_body_passes(iam_url):
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html"""
    body = b'{"a": 1}'
    kind = {"content-type": "application/json"}
    headers = iam_url.signed(method="POST", body=body, headers=kind)
    assert iam_url.post(content=body, headers=headers).json()["body"] == body.decode()


@pytest.mark.parametrize("sent", [None, "Bearer mesh_x", "AWS4-HMAC-SHA256 garbage"], ids=str)
def test_no_signature_is_forbidden(iam_url, sent):
    """https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html#urls-auth-iam"""
    assert refused(iam_url.get(headers={"authorization": sent} if sent else {}))


@pytest.mark.parametrize(
    "wrong",
    [
        {"key": "AKIAUNKNOWNUNKNOWN00"},
        {"secret": "wrong"},
        {"service": "execute-api"},
        {"region": "eu-west-9"},
        {"token": "made-up"},
    ],
    ids=lambda wrong: next(iter(wrong)),
)
def test_a_wrong_signature_is_forbidden(iam_url, wrong):
    """https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html#urls-auth-iam"""
    assert refused(iam_url.get(headers=iam_url.signed(**wrong)))


def test_a_tampered_request_is_forbidden(iam_url):
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html"""
    headers = iam_url.signed(method="POST", body=b'{"a": 1}')
    assert refused(iam_url.post(content=b'{"a": 2}', headers=headers))
    headers = iam_url.signed()
    assert refused(iam_url.get("other", headers=headers))
    assert refused(iam_url.get("?x=1", headers=headers))
    assert refused(iam_url.request("PUT", headers=headers))


def test_the_body_hash_header_has_to_be_the_bodys(iam_url):
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html"""
    claimed = {"x-amz-content-sha256": hashlib.sha256(b"one").hexdigest()}
    headers = iam_url.signed(method="POST", body=b"two", headers=claimed)
    assert refused(iam_url.post(content=b"two", headers=headers))


@pytest.mark.parametrize("minutes", [-6, 6])
def test_a_clock_that_is_off_by_more_than_five_minutes_is_forbidden(iam_url, minutes, monkeypatch):
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-troubleshooting.html"""
    moment = datetime.now(UTC) + timedelta(minutes=minutes)
    monkeypatch.setattr("botocore.auth.get_current_datetime", lambda **_: moment, raising=False)
    headers = iam_url.signed()
    assert headers["X-Amz-Date"] == moment.strftime("%Y%m%dT%H%M%SZ")
    assert refused(iam_url.get(headers=headers))
