"""What a client hears of a call on the fast path, in time and in the end."""

import threading

import pytest

from mesh.local_aws.function_url.response import read_prelude
from mesh.runtime.fast_path import replies
from mesh.runtime.request.accept import PING
from mesh.runtime.streaming import waiting
from tests.local.runtime.streaming.conftest import SECONDS, START, body


def call(runtime, work, *, events=True, at_once=True):
    """A call on the fast path, and its reply: an event stream, or JSON in the newest era."""
    runtime.waiting.expect(events=events, at_once=at_once)
    made = runtime.waiting.during(work)
    return replies.answer("1", made, streamed=at_once) if made else None


async def never(scope, receive, send):
    raise AssertionError("handed on")


async def read(stream):
    """Status, content type, and the whole body."""
    chunks = stream.chunks()
    opening, first = await read_prelude(chunks)
    rest = b"".join([chunk async for chunk in chunks])
    return opening.status, dict(opening.headers).get("content-type"), first + rest


LAST = b'event: message\r\ndata: {"jsonrpc":"2.0","id":1,"result":{}}\r\n\r\n'


def test_a_call_without_fastmcp_begins_its_stream_before_the_tool_ends(run):
    go_on = threading.Event()

    def fast(runtime):
        return call(runtime, lambda: go_on.wait(SECONDS) and "{}")

    async def scenario(aws):
        for _ in range(2):
            stream, result = await aws.opened()
            chunks = stream.chunks()
            opening, first = await read_prelude(chunks)
            assert opening.status == 200
            assert first == b""
            go_on.set()
            assert b"".join([chunk async for chunk in chunks]) == LAST
            assert (await result).error_type is None
            go_on.clear()

    run(never, scenario, fast)


@pytest.mark.parametrize("at_once", [True, False])
def test_a_long_call_without_fastmcp_sends_comments(run, monkeypatch, at_once):
    monkeypatch.setattr(waiting, "PING_SECONDS", 0.05)
    go_on = threading.Event()

    def fast(runtime):
        return call(runtime, lambda: go_on.wait(SECONDS) and "{}", at_once=at_once)

    async def scenario(aws):
        stream, result = await aws.opened()
        chunks = stream.chunks()
        opening, first = await read_prelude(chunks)
        assert dict(opening.headers)["content-type"] == "text/event-stream"
        assert (first or await anext(chunks)) == PING
        go_on.set()
        assert b"".join([chunk async for chunk in chunks]).removeprefix(PING) == LAST
        assert (await result).error_type is None

    run(never, scenario, fast)


def test_a_client_that_takes_json_only_gets_no_comment(run, monkeypatch):
    monkeypatch.setattr(waiting, "PING_SECONDS", 0.05)

    def fast(runtime):
        return call(
            runtime, lambda: threading.Event().wait(0.2) or "{}", events=False, at_once=False
        )

    async def scenario(aws):
        stream, _ = await aws.opened()
        whole = b'{"jsonrpc":"2.0","id":1,"result":{}}'
        assert await read(stream) == (200, "application/json", whole)

    run(never, scenario, fast)


@pytest.mark.parametrize("at_once", [True, False])
def test_time_that_is_up_is_told_while_a_tool_runs_without_fastmcp(run, at_once):
    done = threading.Event()

    def fast(runtime):
        return call(runtime, lambda: done.wait(SECONDS) and "{}", at_once=at_once)

    async def scenario(aws):
        _, result = await aws.opened(seconds=1)
        assert (await result).error_type == "Function.TimedOut"
        done.set()
        # The answer that came too late disturbs nothing.
        _, result = await aws.opened()
        assert (await result).error_type is None

    run(never, scenario, fast)


@pytest.mark.parametrize("as_events", [True, False])
def test_fastmcp_ends_a_stream_that_the_fast_path_has_begun(run, as_events):
    kind = b"text/event-stream" if as_events else b"application/json"
    text = LAST if as_events else LAST[len(b"event: message\r\ndata: ") : -4]

    async def app(scope, receive, send):
        await send(START | {"status": 200, "headers": [(b"content-type", kind)]})
        await send(body(text, more=False))

    def fast(runtime):
        call(runtime, lambda: None)

    async def scenario(aws):
        for _ in range(2):
            stream, result = await aws.opened()
            assert await read(stream) == (200, "text/event-stream", LAST)
            assert (await result).error_type is None

    run(app, scenario, fast)


def test_a_client_that_leaves_a_call_without_fastmcp_costs_its_answer_only(run, monkeypatch):
    left = threading.Event()

    def fast(runtime):
        return call(runtime, lambda: left.wait(SECONDS) and "{}")

    async def scenario(aws):
        for _ in range(2):
            stream, result = await aws.opened()
            await read_prelude(stream.chunks())
            stream.leave()
            left.set()
            assert (await result).error_type is None
            left.clear()

    run(never, scenario, fast)
