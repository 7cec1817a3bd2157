"""The streaming runtime in front of an instance of this process, as Lambda asks it."""

from __future__ import annotations

import atexit
from functools import cache
from typing import Any

from mesh.runtime.http.instance import Instance
from mesh.runtime.streaming.main import Runtime
from mesh.runtime.streaming.runtime_api import RuntimeApi
from tests.fixtures.runtime_api import BrokenOffError, LambdaSide, reply_of

__all__ = ["BrokenOffError", "stream"]


@cache
def _lambda_side() -> tuple[LambdaSide, Runtime]:
    side = LambdaSide().__enter__()
    atexit.register(side.__exit__)
    return side, Runtime(RuntimeApi(side.api.address))


def stream(instance: Instance, event: Any) -> dict[str, Any]:
    """The whole answer, in the form of a buffered one.

    Raises:
        BrokenOffError: Lambda was told of an error instead.
    """
    side, runtime = _lambda_side()
    runtime.answer = runtime.streamed(instance)
    result = side.invoke(event)
    runtime.serve_one()
    return reply_of(result.result())
