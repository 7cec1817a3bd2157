"""SSM is asked with the environment's credentials or, with SnapStart, those that Lambda serves."""

import http.server
import json
import os
import threading
import time
from datetime import UTC, datetime
from urllib.parse import urlsplit

import pytest

from mesh.runtime.aws import credentials
from mesh.runtime.aws.credentials import Credentials, CredentialsUnavailableError, current

SECRET = "wJalrXUtnFEMI"


class Served(http.server.BaseHTTPRequestHandler):
    """Answers with what the test put into `answer`, to whoever has the token."""

    answer: tuple[int, object] = (200, {})
    asked: list[str | None] = []  # noqa: RUF012 - one list for the one server

    def do_GET(self):
        self.asked.append(self.headers["authorization"])
        status, said = self.answer
        body = said if isinstance(said, bytes) else json.dumps(said).encode()
        self.send_response(status)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_arguments):
        """Say nothing: the test's output is not the place."""


def served(name, seconds):
    end = datetime.fromtimestamp(time.time() + seconds, UTC).isoformat()
    return {"AccessKeyId": name, "SecretAccessKey": SECRET, "Token": "t", "Expiration": end}


@pytest.fixture
def lambda_(monkeypatch):
    """Lambda of an instance with SnapStart: no credentials in the environment."""
    Served.asked = []
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Served)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv(credentials.ADDRESS, f"http://127.0.0.1:{server.server_port}/credentials")
    monkeypatch.setenv("AWS_CONTAINER_AUTHORIZATION_TOKEN", "proof")
    credentials.forget()
    yield Served
    credentials.forget()
    server.shutdown()
    thread.join()
    server.server_close()


def test_those_of_the_environment_come_first(lambda_, monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    assert current() == Credentials("AKIDEXAMPLE", SECRET, None)
    assert lambda_.asked == []


def test_with_snapstart_lambda_is_asked_once_with_its_token(lambda_):
    lambda_.answer = (200, served("first", 3600))
    assert [current(), current()] == [Credentials("first", SECRET, "t")] * 2
    assert lambda_.asked == ["proof"]


def test_on_fargate_ecs_is_asked_at_its_own_address(lambda_, monkeypatch):
    address = urlsplit(os.environ[credentials.ADDRESS])
    monkeypatch.delenv(credentials.ADDRESS)
    monkeypatch.setattr(credentials, "ECS", address.netloc)
    monkeypatch.setenv(credentials.PATH, "/v2/credentials/task")
    lambda_.answer = (200, served("task", 3600))
    assert current() == Credentials("task", SECRET, "t")
    monkeypatch.setenv(credentials.PATH, "@192.0.2.1/credentials")
    credentials.forget()
    with pytest.raises(CredentialsUnavailableError, match="nor that of ECS"):
        current()


def test_they_are_asked_for_again_before_they_end(lambda_):
    lambda_.answer = (200, served("first", credentials.SPARE_SECONDS - 1))
    assert current().access_key == "first"
    lambda_.answer = (200, served("second", 3600))
    assert current().access_key == "second"


def test_those_without_an_end_are_asked_for_each_time(lambda_):
    lambda_.answer = (200, {"AccessKeyId": "a", "SecretAccessKey": SECRET})
    assert current() == current() == Credentials("a", SECRET, None)
    assert len(lambda_.asked) == 2


@pytest.mark.parametrize(
    "answer",
    [
        (403, {}),
        (200, b"<html>"),
        (200, []),
        (200, {"SecretAccessKey": SECRET}),
        (200, {"a": SECRET}),
    ],
)
def test_an_answer_without_them_is_an_error_that_holds_no_secret(lambda_, answer):
    lambda_.answer = answer
    with pytest.raises(CredentialsUnavailableError, match=credentials.ADDRESS) as caught:
        current()
    assert SECRET not in str(caught.value)


def test_nobody_else_is_asked_for_them(lambda_, monkeypatch):
    for address in ("http://192.0.2.1/credentials", "https://127.0.0.1/credentials", "file:///x"):
        monkeypatch.setenv(credentials.ADDRESS, address)
        with pytest.raises(CredentialsUnavailableError, match="own address"):
            current()
    assert lambda_.asked == []


def test_no_answer_is_an_error(lambda_, monkeypatch):
    monkeypatch.setenv(credentials.ADDRESS, "http://127.0.0.1:1/credentials")
    with pytest.raises(CredentialsUnavailableError, match="ConnectionRefusedError"):
        current()
