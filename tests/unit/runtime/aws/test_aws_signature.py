"""Our signature is botocore's."""

import datetime as dt

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from hypothesis import given
from hypothesis import strategies as st

from mesh.runtime.aws.aws_signature import signed_headers

NOW = 1_789_000_000
TEXT = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=40)


@given(
    secret=TEXT,
    token=st.none() | TEXT,
    body=st.binary(max_size=80),
    host=st.sampled_from(["ssm.eu-west-1.amazonaws.com", "127.0.0.1:4566", "localhost:80"]),
)
def test_both_sign_alike(secret, token, body, host):
    headers = {
        "content-type": "application/x-amz-json-1.1",
        "x-amz-target": "AmazonSSM.GetParameter",
    }
    request = AWSRequest("POST", f"http://{host}/", headers=headers, data=body)
    moment = dt.datetime.fromtimestamp(NOW, dt.UTC).replace(tzinfo=None)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("botocore.auth.get_current_datetime", lambda **_: moment)
        SigV4Auth(Credentials("AKIDEXAMPLE", secret, token), "ssm", "eu-west-1").add_auth(request)
    ours = signed_headers(
        # botocore leaves the scheme's own port out, as HTTP clients do.
        host=host.removesuffix(":80"),
        headers=headers,
        body=body,
        region="eu-west-1",
        service="ssm",
        credentials=("AKIDEXAMPLE", secret, token),
        now=NOW,
    )
    assert ours["authorization"] == request.headers["Authorization"]
    assert ours["x-amz-date"] == request.headers["X-Amz-Date"]
    assert ours.get("x-amz-security-token") == request.headers.get("X-Amz-Security-Token")
