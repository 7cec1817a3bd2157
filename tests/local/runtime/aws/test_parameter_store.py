import http.server
import json
import threading
from email.message import Message

import pytest

from mesh.runtime.aws import parameter_store
from mesh.runtime.aws.parameter_store import (
    ParameterUnavailableError,
    get_parameter,
    get_parameters,
)


class Ssm(http.server.BaseHTTPRequestHandler):
    """Answers with what the test put into `answers`."""

    answers: list[tuple[int, bytes]] = []  # noqa: RUF012 - one list for the one server
    requests: list[tuple[Message, dict[str, object]]] = []  # noqa: RUF012 - as above

    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        self.requests.append((self.headers, json.loads(body)))
        status, answer = self.answers.pop(0)
        self.send_response(status)
        self.send_header("content-length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_arguments):
        """Say nothing: the test's output is not the place."""


@pytest.fixture
def ssm(monkeypatch):
    Ssm.answers, Ssm.requests = [], []
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Ssm)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{server.server_port}")
    monkeypatch.setenv("AWS_REGION", "eu-central-1")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "wJalrXUtnFEMI")
    monkeypatch.delenv("AWS_SESSION_TOKEN", raising=False)
    yield Ssm
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_parameter_is_read_decrypted_with_one_signed_request(ssm):
    ssm.answers.append((200, b'{"Parameter": {"Value": "the value"}}'))
    assert get_parameter("/mesh/dev/api-keys") == "the value"
    ((headers, body),) = ssm.requests
    assert body == {"Name": "/mesh/dev/api-keys", "WithDecryption": True}
    assert headers["X-Amz-Target"] == "AmazonSSM.GetParameter"
    assert "Credential=AKIDEXAMPLE/" in headers["Authorization"]
    assert "/eu-central-1/ssm/aws4_request" in headers["Authorization"]


def test_the_role_s_session_token_goes_along(ssm, monkeypatch):
    monkeypatch.setenv("AWS_SESSION_TOKEN", "token")
    ssm.answers.append((200, b'{"Parameter": {"Value": "v"}}'))
    get_parameter("/p")
    assert ssm.requests[0][0]["X-Amz-Security-Token"] == "token"


@pytest.mark.parametrize(
    ("status", "answer", "said"),
    [
        (400, b'{"__type": "com.amazonaws.ssm#ParameterNotFound"}', "ParameterNotFound"),
        (400, b'{"__type": "AccessDeniedException", "message": "secret"}', "AccessDenied"),
        (500, b"{}", "500"),
        (200, b"<html>", "JSONDecodeError"),
        (200, b"[]", "without a value"),
        (200, b'{"Parameter": {}}', "without a value"),
        (400, b'"no"', "400"),
    ],
)
def test_a_refusal_names_the_parameter_and_the_kind_of_error(ssm, status, answer, said):
    ssm.answers.append((status, answer))
    with pytest.raises(ParameterUnavailableError) as caught:
        get_parameter("/mesh/dev/api-keys")
    assert "/mesh/dev/api-keys" in str(caught.value)
    assert said in str(caught.value)
    assert "secret" not in str(caught.value)


def test_several_parameters_are_read_with_one_signed_request(ssm):
    found = [{"Name": "/b", "Value": "second"}, {"Name": "/a", "Value": "first"}]
    ssm.answers.append((200, json.dumps({"Parameters": found, "InvalidParameters": []}).encode()))
    assert get_parameters(("/a", "/b")) == {"/a": "first", "/b": "second"}
    ((headers, body),) = ssm.requests
    assert body == {"Names": ["/a", "/b"], "WithDecryption": True}
    assert headers["X-Amz-Target"] == "AmazonSSM.GetParameters"


@pytest.mark.parametrize(
    ("status", "answer", "found"),
    [
        (200, b'{"Parameters": [{"Name": "/a", "Value": "v"}]}', {"/a": "v"}),
        (200, b'{"Parameters": [], "InvalidParameters": ["/a", "/b"]}', {}),
        (200, b'{"Parameters": [{"Name": "/a"}]}', {}),
        (200, b"[]", {}),
        (400, b'{"__type": "AccessDeniedException"}', {}),
        (500, b"{}", {}),
    ],
)
def test_of_several_those_are_given_that_came(ssm, status, answer, found):
    ssm.answers.append((status, answer))
    assert get_parameters(("/a", "/b")) == found


def test_when_several_cannot_be_asked_for_the_first_is_named(ssm):
    ssm.answers.append((200, b"<html>"))
    with pytest.raises(ParameterUnavailableError, match="/a could not be read: JSONDecodeError"):
        get_parameters(("/a", "/b"))


def test_no_answer_is_an_error_in_time(ssm, monkeypatch):
    monkeypatch.setattr(parameter_store, "CONNECT_AND_READ_SECONDS", 0.05)
    release = threading.Event()
    monkeypatch.setattr(ssm, "do_POST", lambda _handler: release.wait(5))
    try:
        with pytest.raises(ParameterUnavailableError, match="TimeoutError"):
            get_parameter("/p")
    finally:
        release.set()


def test_no_credentials_is_an_error_that_says_so(monkeypatch):
    monkeypatch.delenv("AWS_ACCESS_KEY_ID", raising=False)
    with pytest.raises(ParameterUnavailableError, match="AWS_ACCESS_KEY_ID is not set"):
        get_parameter("/p")
