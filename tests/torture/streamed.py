"""The streaming entry point, `streaming.answer`, with the Runtime API played in process."""

from __future__ import annotations

import asyncio
import json
import time
from typing import Any

from mesh.runtime import streaming
from mesh.runtime.aws.runtime_api import Invocation
from mesh.runtime.http.instance import Instance

SECONDS = 30


class BrokenOffError(Exception):
    """The answer was reported as an error to Lambda: the caller gets a 502."""


class _Response:
    """The body of an answer, as the Runtime API takes it."""

    def __init__(self, head: dict[str, Any]) -> None:
        self.head, self.body, self.ended = head, bytearray(), False
        self.lost: asyncio.Future[Any] = asyncio.get_running_loop().create_future()

    async def write(self, data: bytes) -> None:
        self.body += data

    async def end(self) -> None:
        self.ended = True

    async def fail(self, error_type: str, _message: str) -> None:
        raise BrokenOffError(error_type)


class _Api:
    """What `answer` needs of `mesh.runtime.aws.runtime_api.RuntimeApi`."""

    def __init__(self) -> None:
        self.response: _Response | None = None
        self.failure: str | None = None

    async def respond(self, _invocation: Invocation, head: dict[str, Any]) -> _Response:
        self.response = _Response(head)
        return self.response

    async def fail(self, _place: str, error_type: str, _message: str) -> None:
        self.failure = error_type

    def disconnect(self) -> None:
        """Nothing is connected."""


def stream(instance: Instance, event: Any) -> dict[str, Any]:
    """The whole answer, in the form of a buffered one but for its body, which is bytes.

    Raises:
        BrokenOffError: Lambda was told of an error instead, or never of the end.
    """
    api: Any = _Api()
    deadline_ms = int((time.time() + SECONDS) * 1000)
    invocation = Invocation("torture", "", "", deadline_ms, json.dumps(event).encode())
    instance.run(streaming.answer(instance, api, invocation))
    if api.failure or api.response is None or not api.response.ended:
        raise BrokenOffError(api.failure or "no end")
    return {**api.response.head, "body": bytes(api.response.body)}
