"""The runtime of streamed answers on a test's own thread, and Lambda's side of it in another."""

import asyncio
from typing import Any

import pytest

from mesh.local_aws.function_url.response_stream import ResponseStream
from mesh.runtime.http.instance import Instance
from mesh.runtime.observability import logs
from mesh.runtime.streaming.main import Runtime
from mesh.runtime.streaming.runtime_api import RuntimeApi, RuntimeApiError
from tests.fixtures.runtime_api import LambdaSide

EVENT = {
    "version": "2.0",
    "rawPath": "/",
    "headers": {"host": "abc.lambda-url.us-east-1.on.aws"},
    "requestContext": {"http": {"method": "POST", "path": "/", "sourceIp": "192.0.2.1"}},
    "body": "asked",
}
START = {
    "type": "http.response.start",
    "status": 201,
    "headers": [(b"X-Mine", b"1"), (b"set-cookie", b"a=b"), (b"content-length", b"4")],
}
SECONDS = 30


def body(data, *, more=True):
    return {"type": "http.response.body", "body": data, "more_body": more}


class Lambda(LambdaSide):
    """Local AWS's side of one instance, with answers that arrive as they are sent."""

    async def opened(self, event=EVENT, seconds=SECONDS):
        """Begin an invocation once the runtime asks for one: the stream, and the result to be."""
        stream = ResponseStream()
        return stream, await self.begin(event, seconds, stream)


def with_lifespan(app) -> Any:
    """The application; Starlette would answer for what it raises."""

    async def application(scope, receive, send):
        if scope["type"] != "lifespan":
            await app(scope, receive, send)
            return
        for event in ("startup", "shutdown"):
            assert (await receive())["type"] == f"lifespan.{event}"
            await send({"type": f"lifespan.{event}.complete"})

    return application


@pytest.fixture
def run(monkeypatch):
    """Runs a test's own coroutine against an instance that serves an ASGI application.

    The instance is on this thread, as on Lambda, and the test is where Lambda is. Where there
    is a `fast`, it is asked first, with the runtime, and hands on by giving None.
    """
    monkeypatch.setattr(logs, "_request_id", None)
    monkeypatch.setenv("_X_AMZN_TRACE_ID", "")

    def run(app, scenario, fast=None):
        with Lambda() as aws:
            instance = Instance(with_lifespan(app))
            runtime = Runtime(RuntimeApi(aws.api.address))
            full = runtime.streamed(instance)
            runtime.answer = full
            if fast is not None:
                runtime.answer = lambda event, context: fast(runtime) or full(event, context)

            async def bounded():
                try:
                    await asyncio.wait_for(scenario(aws), SECONDS)
                finally:
                    await aws.api.close()

            tested = aws.run(bounded())
            try:
                runtime.serve()
            except RuntimeApiError:
                tested.result(SECONDS)
            finally:
                instance.close()

    return run
