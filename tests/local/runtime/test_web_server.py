"""The application behind the AWS Lambda Web Adapter, which is not here: its requests are."""

import json
import socket
import threading
import time
from contextlib import closing

import httpx
import pytest

from mesh.runtime import web_server

LIST = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
# As the adapter sends it for a request that the Function URL authenticated.
IAM = {"authorizer": {"iam": {"userArn": "arn:aws:iam::123456789012:user/ada"}}}


@pytest.fixture
def url(new_instance, settings):
    instance = new_instance(settings)
    serving = web_server.server(instance.app)
    with closing(socket.create_server((web_server.HOST, 0))) as listener:
        work = serving.serve(sockets=[listener])
        thread = threading.Thread(target=instance.run, args=(work,))
        thread.start()
        yield f"http://{web_server.HOST}:{listener.getsockname()[1]}"
        serving.should_exit = True
        thread.join(timeout=10)


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 401),
        ({"x-amzn-request-context": "null"}, 401),
        ({"x-amzn-request-context": json.dumps({"http": {}})}, 401),
        ({"x-amzn-request-context": json.dumps(IAM)}, 200),
        ({"x-amzn-request-context": "7"}, 400),
        ({"x-amzn-request-context": '{"authorizer": "x"}'}, 400),
        ({"x-amzn-request-context": '{"authorizer": {"iam": {"userArn": "key:ci"}}}'}, 400),
        ({"x-amzn-request-context": "{"}, 400),
    ],
)
def test_callers_prove_who_they_are_as_they_do_elsewhere(url, client, headers, status):
    with_key = {"x-api-key": client.key}
    assert httpx.post(f"{url}/mcp", json=LIST, headers=with_key).status_code == 200
    assert httpx.get(f"{url}/health").json()["status"] == "ok"
    assert httpx.post(f"{url}/mcp", json=LIST, headers=headers).status_code == status


def test_an_idle_connection_is_the_adapters_to_close(url):
    # More than uvicorn's own 5 seconds.
    with httpx.Client(limits=httpx.Limits(keepalive_expiry=60)) as client:
        first = client.get(f"{url}/health").extensions["network_stream"]
        time.sleep(6)
        assert client.get(f"{url}/health").extensions["network_stream"] is first
