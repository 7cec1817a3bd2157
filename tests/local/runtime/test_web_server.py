"""The application as a web server: behind the AWS Lambda Web Adapter, and in a container.

The adapter is not here: its requests are.
"""

import json
import os
import socket
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager

import httpx
import pytest

from mesh.build.environment import ROOT
from mesh.runtime import web_server
from tests.fixtures.web_program import until, web_program

LIST = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
# As the adapter sends it for a request that the Function URL authenticated.
IAM = {"authorizer": {"iam": {"userArn": "arn:aws:iam::123456789012:user/ada"}}}


@pytest.fixture
def url(new_instance, settings):
    instance = new_instance(settings)
    serving = web_server.server(instance.app, on_lambda=True)
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


SERVER = """
import asyncio
from contextlib import asynccontextmanager
from pathlib import Path
from fastmcp import FastMCP

here = set()

@asynccontextmanager
async def lifespan(server):
    yield {}
    print("the lifespan has ended", flush=True)

mcp = FastMCP("Container", lifespan=lifespan)

@mcp.tool
async def meet(number: int) -> int:
    here.add(number)
    while len(here) < 8:
        await asyncio.sleep(0.01)
    return number

@mcp.tool
async def linger(number: int) -> int:
    Path("begun").touch()
    await asyncio.sleep(2)
    return number
"""


@contextmanager
def container(folder, **variables):
    """The program that an image starts, as it runs on Fargate; gives it and its address."""
    (folder / "container_server.py").write_text(SERVER)
    base = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    base |= {"MESH_SERVER": "container_server:mcp", **variables}
    base["PYTHONPATH"] = os.pathsep.join((str(folder), str(ROOT)))
    program = [sys.executable, "-m", "mesh.runtime.web_server"]
    with web_program(program, base, folder) as started:
        yield started


def call(url, tool, number):
    message = {"jsonrpc": "2.0", "id": number, "method": "tools/call"}
    message["params"] = {"name": tool, "arguments": {"number": number}}
    answer = httpx.post(f"{url}/mcp", json=message, headers={"accept": "application/json"})
    return answer.json()["result"]["structuredContent"]["result"]


def test_a_container_answers_many_at_once_and_ends_what_it_has_begun(tmp_path):
    with container(tmp_path, MESH_AUTH="none") as (run, url), ThreadPoolExecutor(8) as pool:
        met = pool.map(lambda number: call(url, "meet", number), range(8))
        assert list(met) == list(range(8))

        last = pool.submit(call, url, "linger", 9)
        until((tmp_path / "begun").exists)
        run.terminate()
        assert last.result() == 9
        said, _ = run.communicate(timeout=30)
    assert run.returncode == 0
    assert "the lifespan has ended" in said


@pytest.mark.parametrize("auth", ["api_key", "iam"])
def test_a_container_does_not_believe_what_only_the_adapter_may_say(tmp_path, auth):
    keys = {"MESH_API_KEYS_PARAMETER": "/container/api-keys"}
    with container(tmp_path, MESH_AUTH=auth, **keys) as (_, url):
        forged = {"x-amzn-request-context": json.dumps(IAM)}
        answer = httpx.post(f"{url}/mcp", json=LIST, headers=forged)
        assert answer.status_code in {401, 403}
