"""The Lambda runtime of streamed answers: `python -m mesh.runtime.streaming`.

Started by `mesh/runtime/bootstrap` in place of AWS's own runtime, which cannot stream Python's
answers. It asks the Runtime API for invocations itself, and sends what the ASGI application
sends as it sends it. INIT, checks, access control and everything behind are those of
`mesh.runtime.handler`.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import sys
from typing import TYPE_CHECKING, Any

from starlette.types import Message

from mesh.runtime.aws import snapshot
from mesh.runtime.aws.runtime_api import Invocation, Response, ResponseLostError, RuntimeApi
from mesh.runtime.observability import logs

if TYPE_CHECKING:
    # Its import is INIT, which `main` watches over.
    from mesh.runtime.http.instance import Instance

# Left for saying that time is up, before Lambda kills the instance without a word.
SPARE_SECONDS = 0.2
# How long a request may take to end by itself once its client has left.
LEAVING_SECONDS = 1.0
# As AWS's own runtime calls it.
AFTER_RESTORE = "Runtime.AfterRestoreError"

logger = logging.getLogger("mesh.streaming")


class Exchange:
    """One request and its answer, in ASGI messages.

    Args:
        api: Where the answer goes.
        invocation: What is answered.
    """

    def __init__(self, api: RuntimeApi, invocation: Invocation) -> None:
        self._api = api
        self._invocation = invocation
        self._response: Response | None = None
        # The application has sent all of it; the end is on its way, then taken.
        self._ending = False
        self._ended = asyncio.Event()
        self.left = asyncio.Event()
        # The application waits for what its client does.
        self.heard = False

    @property
    def begun(self) -> bool:
        """Whether status and headers are on their way."""
        return self._response is not None

    async def receive(self) -> Message:
        """What comes after the request: the end, by either side."""
        self.heard = True
        ends = [asyncio.ensure_future(event.wait()) for event in (self._ended, self.left)]
        try:
            await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for end in ends:
                end.cancel()
        return {"type": "http.disconnect"}

    async def send(self, message: Message) -> None:
        """Pass on a part of the answer; nothing once the client has left."""
        if self.left.is_set():
            return
        try:
            if message["type"] == "http.response.start":
                self._response = await self._api.respond(self._invocation, prelude(message))
                self._response.lost.add_done_callback(self._on_lost)
            elif self._response is not None:
                if message.get("body"):
                    await self._response.write(message["body"])
                if not message.get("more_body", False):
                    self._ending = True
                    await self._response.end()
                    # Not before: an application that hears of the end stops sending it.
                    self._ended.set()
        except ResponseLostError:
            self.left.set()

    async def fail(self, error_type: str, message: str) -> None:
        """End with an error, whatever was sent so far; not after the end."""
        if self._response is None:
            place = f"/invocation/{self._invocation.aws_request_id}/error"
            await self._api.fail(place, error_type, message)
        elif not self._ending:
            self._ending = True
            await self._response.fail(error_type, message)
            self._ended.set()

    @property
    def complete(self) -> bool:
        """Whether the whole answer was sent."""
        return self._ended.is_set()

    def _on_lost(self, answer: asyncio.Future[Any]) -> None:
        if not answer.cancelled():
            answer.exception()
        if not self._ending:
            self.left.set()


def prelude(start: Message) -> dict[str, Any]:
    """Status and headers as a Function URL wants them before the body.

    https://docs.aws.amazon.com/lambda/latest/dg/response-streaming-tutorial.html
    """
    headers: dict[str, str] = {}
    cookies: list[str] = []
    for raw_name, raw_value in start.get("headers", []):
        name, value = raw_name.decode("latin-1").lower(), raw_value.decode("latin-1")
        if name == "set-cookie":
            cookies.append(value)
        # The body goes out in chunks, whatever its length.
        elif name != "content-length":
            headers[name] = f"{headers[name]},{value}" if name in headers else value
    head: dict[str, Any] = {"statusCode": start["status"], "headers": headers}
    return head | {"cookies": cookies} if cookies else head


async def answer(instance: Instance, api: RuntimeApi, invocation: Invocation) -> None:
    """Answer one invocation, and be done with it: nothing of it runs on afterwards."""
    exchange = Exchange(api, invocation)
    try:
        event = json.loads(invocation.payload)
    except (ValueError, RecursionError):
        # Nested beyond every parser, by who invokes the function directly: refused as no event.
        event = None
    request = asyncio.create_task(
        instance.stream(event, invocation, exchange.receive, exchange.send)
    )
    leaving = asyncio.create_task(exchange.left.wait())
    remaining = invocation.get_remaining_time_in_millis() / 1000 - SPARE_SECONDS
    await asyncio.wait({request, leaving}, timeout=remaining, return_when=asyncio.FIRST_COMPLETED)
    if exchange.left.is_set():
        logger.info("the client left before the end of its answer")
        # The application was told, if it listens; what does not is cancelled.
        await asyncio.wait({request}, timeout=LEAVING_SECONDS if exchange.heard else 0)
    elif not request.done():
        logger.error("time is up before the end of the answer")
        with contextlib.suppress(ResponseLostError):
            await exchange.fail("Function.TimedOut", "Time is up.")
    leaving.cancel()
    # By itself: it waited for something that was cancelled.
    broke_off = request.cancelled()
    request.cancel()
    # A tool in a thread cannot be stopped; the next invocation does not begin beside it.
    await asyncio.wait({request})
    if broke_off or not request.cancelled():
        error = None if broke_off else request.exception()
        if broke_off:
            logger.error("the request was cancelled from within")
        if error is not None:
            logger.error("unhandled error", exc_info=error)
        if error is not None or not exchange.complete:
            kind = type(error).__name__ if error else "Runtime.IncompleteResponse"
            with contextlib.suppress(ResponseLostError):
                await exchange.fail(kind, "The answer broke off. The server's log has the cause.")
    if exchange.left.is_set():
        api.disconnect()


async def serve(instance: Instance, api: RuntimeApi) -> None:
    """Answer invocations until the end of the instance."""
    while True:
        invocation = await api.next()
        logs.set_request_id(invocation.aws_request_id)
        # Where X-Ray's SDK looks for it.
        os.environ["_X_AMZN_TRACE_ID"] = invocation.trace_id
        await answer(instance, api, invocation)


async def report(
    api: RuntimeApi, error_type: str, message: str, place: str = "/init/error"
) -> None:
    """Report that INIT, or what follows a restore, failed."""
    try:
        await api.fail(place, error_type, message)
    finally:
        api.disconnect()


def wait_for_restore(instance: Instance, api: RuntimeApi) -> None:
    """Let Lambda take its snapshot here, and go on as one of its copies."""
    snapshot.before_snapshot()
    instance.run(api.restored())
    try:
        snapshot.after_restore()
    except Exception as error:
        logger.exception("a restored instance cannot go on")
        instance.run(report(api, AFTER_RESTORE, type(error).__name__, "/restore/error"))
        sys.exit(1)


def main() -> None:
    """Initialize, and serve; an error of INIT is reported as one."""
    api = RuntimeApi(os.environ["AWS_LAMBDA_RUNTIME_API"])
    try:
        # Here, so that whatever the import of an application raises is reported.
        from mesh.runtime.initialization import initialize

        instance = initialize()
    except Exception as error:
        logs.configure("INFO")
        logger.exception("INIT failed")
        kind = "ImportModuleError" if isinstance(error, ImportError) else type(error).__name__
        asyncio.run(report(api, f"Runtime.{kind}", str(error)))
        sys.exit(1)
    if snapshot.expected():
        wait_for_restore(instance, api)
    instance.run(serve(instance, api))


if __name__ == "__main__":
    main()
