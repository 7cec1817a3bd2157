"""Events are sent as they come; a stream that is silent for long says that it is still there."""

import asyncio
from typing import Any

import pytest

from mesh.runtime.endpoint.event_stream import EventStream
from mesh.runtime.request.accept import PING

HEADERS = [(b"content-type", b"text/event-stream")]
# Long enough that nobody's patience ends by itself.
NEVER = 3600
LIMIT_SECONDS = 60


class Sent(list[Any]):
    """What was sent, to be waited for."""

    def __init__(self):
        super().__init__()
        self.more = asyncio.Event()

    async def __call__(self, message):
        # A server's own buffers may be full.
        await asyncio.sleep(0)
        self.append(message)
        self.more.set()

    async def until(self, count):
        async with asyncio.timeout(LIMIT_SECONDS):
            while len(self) < count:
                self.more.clear()
                await self.more.wait()

    @property
    def bodies(self):
        return [message["body"] for message in self[1:]]


def test_headers_come_once_and_before_the_first_event():
    async def work():
        sent = Sent()
        stream = EventStream(sent, HEADERS, NEVER)
        assert not stream.begun
        await stream.event("1")
        await stream.event("2")
        await stream.end("3")
        stream.close()
        return sent

    start, *parts = asyncio.run(work())
    assert start == {"type": "http.response.start", "status": 200, "headers": HEADERS}
    assert [(part["body"], part["more_body"]) for part in parts] == [
        (b"event: message\r\ndata: 1\r\n\r\n", True),
        (b"event: message\r\ndata: 2\r\n\r\n", True),
        (b"event: message\r\ndata: 3\r\n\r\n", False),
    ]


def test_a_silent_stream_begins_and_is_kept_open_by_comments():
    async def work():
        sent = Sent()
        stream = EventStream(sent, HEADERS, 0.01)
        await sent.until(4)
        assert stream.begun
        await stream.stop_pings()
        before = len(sent)
        await stream.end("1")
        stream.close()
        return sent, before

    sent, before = asyncio.run(work())
    assert set(sent.bodies[: before - 1]) == {PING}
    assert sent.bodies[before - 1 :] == [b"event: message\r\ndata: 1\r\n\r\n"]


def test_nothing_is_sent_after_hush_but_what_is_said():
    async def work():
        sent = Sent()
        stream = EventStream(sent, HEADERS, 0.01)
        await stream.stop_pings()
        await asyncio.sleep(0.05)
        assert not stream.begun
        stream.close()
        return sent

    assert asyncio.run(work()) == []


@pytest.mark.parametrize("begun", [True, False])
def test_a_request_that_was_cancelled_leaves_no_task(begun):
    async def work():
        sent = Sent()
        stream = EventStream(sent, HEADERS, 0.01)
        if begun:
            await sent.until(2)
        stream.close()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        if others:
            await asyncio.wait(others, timeout=LIMIT_SECONDS)
        count = len(sent)
        await asyncio.sleep(0.05)
        return len(sent) - count

    assert asyncio.run(work()) == 0
