"""FastMCP's answers through the runtime of streamed answers, and local AWS's Runtime API."""

import asyncio
import json
import os
import subprocess
import sys
import threading
import uuid
from typing import Any

import pytest

from mesh.local_aws.function_url.response import read_prelude
from mesh.local_aws.http_server import BrokenTransferError
from mesh.runtime.observability import logs
from mesh.runtime.streaming import answers
from tests.fixtures.runtime_api import LambdaSide
from tests.local.runtime.streaming.conftest import EVENT, SECONDS, START, body


def test_parts_arrive_as_they_are_sent_and_the_instance_goes_on(run):
    go_on = threading.Event()

    async def app(scope, receive, send):
        asked = await receive()
        await send(START)
        await send(body(asked["body"]))
        await asyncio.to_thread(go_on.wait)
        await send(body(os.environ["_X_AMZN_TRACE_ID"].encode(), more=False))

    async def scenario(aws):
        for _ in range(2):
            stream, result = await aws.opened()
            chunks = stream.chunks()
            opening, first = await read_prelude(chunks)
            assert opening.status == 201
            assert {("x-mine", "1"), ("set-cookie", "a=b")} <= set(opening.headers)
            assert "content-length" not in dict(opening.headers)
            first = first or await anext(chunks)
            assert first == b"asked"
            assert not result.done()
            go_on.set()
            assert b"".join([chunk async for chunk in chunks]) == b"Root=1"
            assert (await result).error_type is None
            go_on.clear()

    run(app, scenario)


@pytest.mark.parametrize("event", [b"[" * 500_000 + b"]" * 500_000, b'"x"', b"7", b"null", b"{}"])
def test_odd_events_are_refused_and_the_instance_goes_on(run, event):
    async def app(scope, receive, send):
        await send(START)
        await send(body(b"", more=False))

    async def scenario(aws):
        for asked, status in ((event, 400), (EVENT, 201)):
            stream, result = await aws.opened(asked)
            chunks = stream.chunks()
            opening, _ = await read_prelude(chunks)
            assert opening.status == status
            async for _ in chunks:
                pass
            assert (await result).error_type is None

    run(app, scenario)


def test_an_application_that_stops_at_the_end_it_hears_of_leaves_the_instance_ready(run):
    # As event streams do: they send in one task, and listen in another that ends the first.
    async def app(scope, receive, send):
        await receive()

        async def send_all():
            await send(START)
            await send(body(b"all", more=False))

        sending = asyncio.create_task(send_all())
        assert (await receive())["type"] == "http.disconnect"
        sending.cancel()
        await asyncio.gather(sending, return_exceptions=True)

    async def scenario(aws):
        for _ in range(5):
            stream, result = await aws.opened()
            chunks = stream.chunks()
            _, first = await read_prelude(chunks)
            assert b"".join([first, *[chunk async for chunk in chunks]]) == b"all"
            assert (await result).error_type is None

    run(app, scenario)


def test_an_answer_cut_off_at_its_end_costs_its_connection_and_not_the_instance(run):
    async def app(scope, receive, send):
        await receive()
        sending = asyncio.current_task()
        await send(START)
        # Cancelled while it waits for the end to be taken, by whatever ran it.
        assert sending is not None
        asyncio.get_running_loop().call_soon(sending.cancel)
        await send(body(b"all", more=False))

    async def scenario(aws):
        for _ in range(3):
            _, result = await aws.opened()
            await result

    run(app, scenario)


def test_an_error_before_the_first_byte_is_an_error_of_the_function(run):
    async def app(scope, receive, send):
        raise ValueError("password=hunter2")

    async def scenario(aws):
        stream, pending = await aws.opened()
        result = await pending
        assert result.error_type == "ValueError"
        assert b"hunter2" not in result.payload
        assert not stream.opened.is_set()

    run(app, scenario)


@pytest.mark.parametrize("begins", [True, False])
def test_an_application_that_is_cancelled_from_within_is_an_error_of_the_function(run, begins):
    async def app(scope, receive, send):
        if begins:
            await send(START)
        raise asyncio.CancelledError

    async def scenario(aws):
        for _ in range(2):
            _, pending = await aws.opened()
            result = await asyncio.wait_for(pending, SECONDS)
            assert result.error_type == "Runtime.IncompleteResponse"

    run(app, scenario)


@pytest.mark.parametrize("fails", [True, False])
def test_an_error_after_the_first_byte_is_told_in_the_trailers(run, fails):
    async def app(scope, receive, send):
        await send(START)
        await send(body(b"half"))
        if fails:
            raise ValueError("password=hunter2")

    async def scenario(aws):
        stream, pending = await aws.opened()
        result = await pending
        assert result.error_type == ("ValueError" if fails else "Runtime.IncompleteResponse")
        assert json.loads(result.payload)["errorType"] == result.error_type
        assert b"hunter2" not in result.payload
        with pytest.raises(BrokenTransferError):
            assert [chunk async for chunk in stream.chunks()]

    run(app, scenario)


@pytest.mark.parametrize("listens", [True, False])
def test_a_client_that_leaves_is_noticed_and_what_does_not_listen_is_cancelled(
    run, monkeypatch, listens
):
    monkeypatch.setattr(answers, "LEAVING_SECONDS", 0.05)
    seen = []

    async def app(scope, receive, send):
        await receive()
        await send(START)
        try:
            if listens:
                seen.append((await receive())["type"])
            else:
                await asyncio.Event().wait()
        except asyncio.CancelledError:
            seen.append("cancelled")
            raise

    async def scenario(aws):
        for _ in range(2):
            stream, result = await aws.opened()
            await read_prelude(stream.chunks())
            stream.leave()
            assert (await result).error_type is None
        assert seen == ["http.disconnect" if listens else "cancelled"] * 2

    run(app, scenario)


def test_time_that_is_up_is_told_before_lambda_ends_the_instance(run):
    async def app(scope, receive, send):
        await send(START)
        await asyncio.Event().wait()

    async def scenario(aws):
        _, result = await aws.opened(seconds=1)
        assert (await result).error_type == "Function.TimedOut"
        # The same instance takes the next one.
        _, result = await aws.opened(seconds=1)
        assert (await result).error_type == "Function.TimedOut"

    run(app, scenario)


def test_an_event_of_another_kind_is_refused_with_a_reason(run):
    async def app(scope, receive, send):
        raise AssertionError

    async def scenario(aws):
        stream, result = await aws.opened({"Records": []})
        chunks = stream.chunks()
        opening, rest = await read_prelude(chunks)
        answer = rest + b"".join([chunk async for chunk in chunks])
        assert opening.status == 400
        assert json.loads(answer)["error"]["code"] == -32600
        assert (await result).error_type is None

    run(app, scenario)


def test_lines_of_the_log_name_the_invocation(run, caplog):
    async def app(scope, receive, send):
        raise ValueError

    async def scenario(aws):
        _, result = await aws.opened()
        await result

    run(app, scenario)
    (record,) = [record for record in caplog.records if record.name == "mesh.streaming"]
    line = json.loads(logs.JsonLines().format(record))
    assert uuid.UUID(line["request_id"])
    assert "ValueError" in line["exception"]


# Like a zip that lacks a package.
WITHOUT_MANGUM = """
import sys
sys.modules["mangum"] = None
from mesh.runtime.streaming.main import main
main()
"""


def test_an_error_of_init_is_reported():
    with LambdaSide() as aws:
        process = subprocess.run(
            [sys.executable, "-c", WITHOUT_MANGUM],
            env=os.environ | {"AWS_LAMBDA_RUNTIME_API": aws.api.address},
            stderr=subprocess.PIPE,
            text=True,
            timeout=SECONDS * 4,
            check=False,
        )
        error: Any = aws.api.init_error
    assert (process.returncode, error.error_type) == (1, "Runtime.ImportModuleError")
    assert "mangum" in json.loads(error.payload)["errorMessage"]
    assert json.loads(process.stderr.splitlines()[-1])["message"] == "INIT failed"
