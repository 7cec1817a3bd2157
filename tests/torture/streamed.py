"""The streaming runtime in front of an instance of this process, as Lambda asks it."""

from __future__ import annotations

from typing import Any

from mesh.runtime.http.instance import Instance
from mesh.runtime.streaming.main import Runtime
from mesh.runtime.streaming.runtime_api import RuntimeApi
from tests.fixtures.runtime_api import BrokenOffError, LambdaSide, reply_of

__all__ = ["BrokenOffError", "StreamingRuntime"]


class StreamingRuntime:
    """One runtime for all servers; `close` ends its thread, without which no process ends."""

    def __init__(self) -> None:
        self._side = LambdaSide().__enter__()
        self._runtime = Runtime(RuntimeApi(self._side.api.address))

    def stream(self, instance: Instance, event: Any) -> dict[str, Any]:
        """The whole answer, in the form of a buffered one.

        Raises:
            BrokenOffError: Lambda was told of an error instead.
        """
        self._runtime.answer = self._runtime.streamed(instance)
        result = self._side.invoke(event)
        self._runtime.serve_one()
        return reply_of(result.result())

    def close(self) -> None:
        """End Lambda's side."""
        self._side.__exit__()
