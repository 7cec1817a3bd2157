"""RESPONSE_STREAM, at the Runtime API and at a Function URL.

docs.aws.amazon.com/lambda/latest/dg/: runtimes-custom.html#runtimes-custom-response-streaming,
configuration-response-streaming.html, runtimes-modify.html#runtime-wrapper.
"""

import json
import re
import socket
from contextlib import closing

import httpx
import pytest

from tests.fixtures.deployed import ECHO, deploy, wait_until

WRAPPER = {"Variables": {"AWS_LAMBDA_EXEC_WRAPPER": "/var/task/runtime"}}
# Becomes a runtime of its own: the interpreter that it is given runs handler.py.
SCRIPT = '#!/bin/sh\nexec "$1" -u handler.py\n'
RUNTIME = """
import base64, http.client, json, os, socket, time

PRELUDE = "application/vnd.awslambda.http-integration-response"
API = "/2018-06-01/runtime/invocation"

def chunk(data):
    return b"%x\\r\\n%s\\r\\n" % (len(data), data)

def prelude(**head):
    return json.dumps({"statusCode": 200} | head).encode() + bytes(8)

while True:
    connection = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])
    connection.request("GET", f"{API}/next")
    response = connection.getresponse()
    event = json.loads(response.read())
    request = response.headers["Lambda-Runtime-Aws-Request-Id"]
    connection.putrequest("POST", f"{API}/{request}/response")
    connection.putheader("Lambda-Runtime-Function-Response-Mode", "streaming")
    connection.putheader("Transfer-Encoding", "chunked")
    connection.putheader("Content-Type", PRELUDE)
    connection.putheader("Trailer", "Lambda-Runtime-Function-Error-Type")
    connection.endheaders()
    trailers = b""
    answer(connection, event)
    try:
        connection.send(b"0\\r\\n" + trailers + b"\\r\\n")
        connection.getresponse().read()
    except OSError:
        print("not taken")
"""


def runtime(answer):
    """A runtime whose answers these lines send."""
    lines = "".join(f"    {line}\n" for line in answer.strip().splitlines())
    return f"def answer(connection, event):\n    global trailers\n{lines}{RUNTIME}"


@pytest.fixture
def streaming(running):
    """Deploys a runtime behind a URL in the given mode."""

    def make(answer, mode="RESPONSE_STREAM", **config):
        files: dict[str, str | bytes] = {"runtime": SCRIPT}
        function = deploy(running, runtime(answer), files=files, Environment=WRAPPER, **config)
        return in_mode(function, mode)

    return make


def in_mode(function, mode):
    function.api.update_function_url_config(
        FunctionName=function.name, Qualifier="live", InvokeMode=mode
    )
    return function


@pytest.fixture
def listener():
    """Where a function connects to, to be told when to go on."""
    with closing(socket.create_server(("127.0.0.1", 0))) as listening:
        listening.settimeout(60)
        yield listening


def url_with_port(function, listener):
    return f"{function.url}{listener.getsockname()[1]}"


GREETING = """
connection.send(chunk(prelude(statusCode=201, headers={"x-mine": "1"}, cookies=["a=b"])))
connection.send(chunk(b"first"))
connection.send(chunk(b"second"))
"""
# Sends, waits for a word from the test, and sends again.
WAITING = """
connection.send(chunk(prelude()))
connection.send(chunk(b"first"))
told = socket.create_connection(("127.0.0.1", int(event["rawPath"][1:])))
told.recv(1)
connection.send(chunk(b"second"))
"""


@pytest.mark.parametrize("mode", ["RESPONSE_STREAM", "BUFFERED"])
def test_status_headers_and_cookies_come_from_the_prelude(streaming, mode):
    function = streaming(GREETING, mode)
    answer = function.get()
    assert (answer.status_code, answer.text) == (201, "firstsecond")
    assert (answer.headers["x-mine"], answer.headers["set-cookie"]) == ("1", "a=b")
    assert ("transfer-encoding" in answer.headers) == (mode == "RESPONSE_STREAM")
    said = function.wait_for_log("REPORT")
    assert re.search(r"REPORT RequestId: \S+\tDuration: [^\n]*Init Duration: [\d.]+ ms$", said)


def test_a_head_request_gets_no_body(streaming):
    function = streaming(GREETING)
    answer = httpx.head(function.url, timeout=60)
    assert (answer.status_code, answer.content) == (201, b"")


def test_chunks_reach_the_client_while_the_function_still_runs(streaming, listener):
    function = streaming(WAITING)
    with httpx.stream("GET", url_with_port(function, listener), timeout=60) as answer:
        chunks = answer.iter_bytes()
        assert next(chunks) == b"first"
        with closing(listener.accept()[0]) as told:
            told.send(b"!")
            assert b"".join(chunks) == b"second"


def test_more_than_6_mb_pass(streaming):
    function = streaming(
        """
connection.send(chunk(prelude()))
for _ in range(9):
    connection.send(chunk(bytes(1024 * 1024)))
"""
    )
    assert len(function.get().content) == 9 * 1024 * 1024
    # Collected they are too many.
    assert in_mode(function, "BUFFERED").get().status_code == 502
    assert "Function.ResponseSizeTooLarge" in function.wait_for_log("Status: error")


def test_an_error_after_the_first_byte_breaks_the_transfer(streaming):
    function = streaming(
        """
connection.send(chunk(prelude()))
connection.send(chunk(b"half"))
body = base64.b64encode(b'{"errorType": "Mine"}')
trailers = (b"Lambda-Runtime-Function-Error-Type: Mine\\r\\n"
            b"Lambda-Runtime-Function-Error-Body: " + body + b"\\r\\n")
"""
    )
    with httpx.stream("GET", function.url, timeout=60) as answer:
        assert answer.status_code == 200
        with pytest.raises(httpx.RemoteProtocolError, match="incomplete"):
            answer.read()
    result = function.api.invoke(FunctionName=function.name, Payload=b"{}")
    assert result["FunctionError"] == "Unhandled"
    assert json.load(result["Payload"]) == {"errorType": "Mine"}


@pytest.mark.parametrize("end", ["os._exit(3)", "time.sleep(60)"])
def test_an_end_of_the_instance_breaks_the_transfer(streaming, end):
    function = streaming(f'connection.send(chunk(prelude() + b"half"))\n{end}', Timeout=3)
    with httpx.stream("GET", function.url, timeout=60) as answer:
        assert answer.status_code == 200
        with pytest.raises(httpx.RemoteProtocolError, match="incomplete"):
            answer.read()
    said = function.wait_for_log("REPORT")
    assert "Status: error" in said if "exit" in end else "Status: timeout" in said


def test_an_end_before_the_first_byte_is_a_502(streaming):
    assert streaming("os._exit(3)").get().status_code == 502


def test_a_client_that_leaves_ends_the_functions_connection(streaming, listener):
    function = streaming(WAITING.replace("told.recv(1)", LEFT))
    with httpx.stream("GET", url_with_port(function, listener), timeout=60) as answer:
        assert next(answer.iter_bytes()) == b"first"
        told = listener.accept()[0]
    with closing(told):
        told.settimeout(60)
        assert told.recv(10) == b"left"
    said = function.wait_for_log("REPORT")
    assert "Status:" not in said
    # The instance goes on.
    assert wait_until(lambda: not function.running.status()["instances"][-1]["busy"])


# The Runtime API answers nothing before the end: what can be read is the end.
LEFT = """connection.sock.settimeout(9)
try:
    ended = connection.sock.recv(1) == b""
except ConnectionResetError:
    ended = True
told.sendall(b"left" if ended else b"told")
return"""


def test_a_buffered_result_behind_a_streaming_url_is_served(running):
    function = in_mode(deploy(running, ECHO), "RESPONSE_STREAM")
    answer = function.get("here")
    assert (answer.status_code, answer.json()["rawPath"]) == (200, "/here")
    assert answer.json()["version"] == "2.0"


def test_invoke_gives_the_whole_payload(streaming):
    function = streaming(GREETING)
    result = function.api.invoke(FunctionName=function.name, Payload=b"{}")
    head, _, body = result["Payload"].read().partition(bytes(8))
    assert (json.loads(head)["statusCode"], body) == (201, b"firstsecond")


def test_without_a_prelude_the_answer_is_what_the_function_sent(streaming):
    function = streaming('connection.send(chunk(b"no prelude"))')
    assert function.get().status_code == 502


# What AWS's page on wrappers shows: options for the interpreter before the script.
OPTIONS = """#!/bin/sh
echo "wrapped $# $_HANDLER"
interpreter="$1"
shift
exec "$interpreter" -X importtime "$@"
"""


def test_a_wrapper_may_start_the_runtime_with_other_options(running):
    function = deploy(running, ECHO, files={"runtime": OPTIONS}, Environment=WRAPPER)
    assert function.get().status_code == 200
    said = function.wait_for_log("REPORT")
    assert "wrapped 2 handler.handler" in said
    assert re.search(r"import time: .*\| +awslambdaric", said)


def test_a_wrapped_interpreter_has_no_packages_of_this_machine(running):
    source = "import sys\n\ndef handler(event, context):\n    return sys.path\n"
    function = deploy(running, source, files={"runtime": OPTIONS}, Environment=WRAPPER)
    path = function.get().json()
    assert path[:2] == ["/var/task", "/var/runtime"]
    assert not [folder for folder in path if "site-packages" in folder]


@pytest.mark.parametrize(
    ("files", "reason"),
    [({}, "does not exist"), ({"runtime": "exec true"}, "is not an executable")],
)
def test_a_wrapper_that_cannot_be_started_is_named_in_the_log(running, files, reason):
    function = deploy(running, ECHO, files=files, Environment=WRAPPER)
    assert function.get().status_code == 502
    assert f"/var/task/runtime: {reason}" in function.wait_for_log("INIT_REPORT")


def test_invoke_with_response_stream_gives_the_whole_payload(streaming):
    function = streaming(GREETING)
    answer = function.api.invoke_with_response_stream(FunctionName=function.name, Payload=b"{}")
    events = list(answer["EventStream"])
    payload = b"".join(event["PayloadChunk"]["Payload"] for event in events[:-1])
    assert payload.endswith(bytes(8) + b"firstsecond")
    assert "InvokeComplete" in events[-1]
