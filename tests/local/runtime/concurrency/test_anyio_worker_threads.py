"""What lasts from one invocation to the next, and what must not."""

import asyncio
import subprocess
import sys
import threading
from contextvars import ContextVar

import anyio.to_thread
import pytest
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from mesh.runtime.http.instance import Instance

LEFT = ContextVar("left", default="nothing")
# Each is as long as a process of a loaded machine may take to start and to end.
LIMIT_SECONDS = 120


def in_a_thread() -> str:
    found = LEFT.get()
    LEFT.set("by the thread")
    return f"{threading.get_ident()} {found}"


def with_a_loop_of_its_own() -> str:
    async def work() -> str:
        return str(threading.get_ident())

    return asyncio.run(work())


async def worker(_request):
    found = LEFT.get()
    LEFT.set("by a request")
    return PlainTextResponse(f"{await anyio.to_thread.run_sync(in_a_thread)} {found}")


async def own_loop(_request):
    return PlainTextResponse(await anyio.to_thread.run_sync(with_a_loop_of_its_own))


async def failing(_request):
    await anyio.to_thread.run_sync(in_a_thread)
    raise RuntimeError("on purpose")


async def cancelled(_request):
    await anyio.to_thread.run_sync(in_a_thread)
    raise asyncio.CancelledError


async def impatient(_request):
    with anyio.move_on_after(0):
        await anyio.to_thread.run_sync(in_a_thread)
    return PlainTextResponse("moved on")


def app():
    handlers = (worker, own_loop, failing, cancelled, impatient)
    return Starlette(routes=[Route(f"/{handler.__name__}", handler) for handler in handlers])


@pytest.fixture
def instance():
    made = Instance(app())
    yield made
    made.close()


def ask(instance, path):
    """Status and text of the answer to one invocation."""
    http = {"method": "GET", "path": path, "sourceIp": "192.0.2.1"}
    event = {
        "version": "2.0",
        "rawPath": path,
        "rawQueryString": "",
        "headers": {"host": "example.com"},
        "requestContext": {"http": http},
        "isBase64Encoded": False,
    }
    answer = instance.answer(event, None)
    return answer["statusCode"], answer["body"]


def worker_of(instance):
    status, text = ask(instance, "/worker")
    assert status == 200
    return text.split()[0]


def test_a_worker_thread_serves_one_invocation_after_the_other(instance):
    assert len({worker_of(instance) for _ in range(5)}) == 1


def test_a_context_variable_of_one_invocation_is_not_seen_by_the_next(instance):
    first = ask(instance, "/worker")[1]
    # The thread sees what its own request set, and the request nothing of an earlier one.
    assert first.endswith(" by a request nothing")
    assert ask(instance, "/worker")[1] == first
    assert LEFT.get() == "nothing"


@pytest.mark.parametrize("path", ["/failing", "/cancelled", "/impatient", "/own_loop"])
def test_the_worker_thread_outlasts_a_request_that_went_wrong_or_ran_a_loop(instance, path):
    before = worker_of(instance)
    ask(instance, path)
    assert worker_of(instance) == before


def test_a_cancelled_request_leaves_the_next_one_alone(instance):
    assert ask(instance, "/cancelled")[0] == 500
    assert ask(instance, "/worker")[0] == 200
    assert ask(instance, "/failing")[0] == 500
    assert ask(instance, "/worker")[0] == 200


def test_closing_an_instance_ends_its_threads():
    before = set(threading.enumerate())
    instance = Instance(app())
    worker_of(instance)
    added = set(threading.enumerate()) - before
    assert added
    instance.close()
    for thread in added:
        thread.join(LIMIT_SECONDS)
        assert not thread.is_alive()


def test_a_process_ends_although_nobody_closed_its_instance():
    program = (
        "from tests.local.runtime.concurrency.test_anyio_worker_threads "
        "import Instance, app, worker_of\n"
        "print(len({worker_of(Instance(app())) for _ in range(2)}))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        check=False,
        capture_output=True,
        text=True,
        timeout=LIMIT_SECONDS,
    )
    assert (done.returncode, done.stdout) == (0, "2\n"), done.stderr
