"""The Lambda runtime of streamed answers, which `mesh/runtime/bootstrap` starts.

It asks the Runtime API for invocations itself. What answers them is what answers in
`mesh.runtime.handler`: the fast path, and FastMCP once a request needs it. What FastMCP's ASGI
application sends is sent as it comes.
"""

from __future__ import annotations

import json
import logging
import os
import sys

from mesh.runtime.aws import snapshot
from mesh.runtime.observability import logs, uptime
from mesh.runtime.streaming.response import Response
from mesh.runtime.streaming.runtime_api import RuntimeApi
from mesh.runtime.streaming.waiting import Waiting

# Not typing's; see `mesh.runtime.handler`.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from mesh.runtime.access.access_tokens import AccessTokens
    from mesh.runtime.access.rate_limit import RateLimit

# Imported for the moment at which it is.
__all__ = ["Runtime", "main", "uptime"]

# As AWS's own runtime calls it.
AFTER_RESTORE = "Runtime.AfterRestoreError"

logger = logging.getLogger("mesh.streaming")


class Runtime:
    """Answers invocations, one after the other.

    Args:
        api: Who has them.

    Attributes:
        answer: Gives the Function URL response to an event; None where it has been sent.
        waiting: Keeps clients waiting on the fast path.
    """

    def __init__(self, api: RuntimeApi) -> None:
        self._api = api
        self.waiting = Waiting()
        self.answer: Callable[[Any, Any], Any] | None = None

    def initialize(self) -> None:
        """INIT: the fast path, or FastMCP where there is none."""
        from mesh.runtime.fast_path.front import front  # after the moment of INIT

        made = front(self._full, self.waiting)
        self.answer = made.answer if made else self._full()

    def _full(
        self,
        rate_limit: RateLimit | None = None,
        cold: bool = True,  # noqa: FBT001, FBT002 - as the fast path calls it
        tokens: AccessTokens | None = None,
    ) -> Callable[[Any, Any], Any]:
        from mesh.runtime.initialization import initialize  # what the fast path does without

        return self.streamed(initialize(rate_limit, cold=cold, tokens=tokens))

    def streamed(self, instance: Any) -> Callable[[Any, Any], Any]:
        """Answers an event with an instance, through the response that is current."""
        from mesh.runtime.streaming.answers import answer  # as above

        def streamed(event: Any, _context: Any) -> None:
            assert self.waiting.response is not None  # noqa: S101 - an invocation has come
            instance.run(answer(instance, event, self.waiting.response))

        return streamed

    def serve(self) -> None:
        """Answer invocations until the end of the instance."""
        while True:
            self.serve_one()

    def serve_one(self) -> None:
        """Wait for an invocation, and answer it."""
        assert self.answer is not None  # noqa: S101 - INIT is over
        invocation = self._api.next()
        logs.set_request_id(invocation.aws_request_id)
        # Where X-Ray's SDK looks for it.
        os.environ["_X_AMZN_TRACE_ID"] = invocation.trace_id
        response = self.waiting.response = Response(self._api, invocation)
        try:
            event = json.loads(invocation.payload)
        except (ValueError, RecursionError):
            # Nested beyond every parser, by who invokes the function directly: refused as no event.
            event = None
        reply = self.answer(event, invocation)
        if reply is not None:
            response.reply(reply)

    def wait_for_restore(self) -> None:
        """Let Lambda take its snapshot here, and go on as one of its copies."""
        snapshot.before_snapshot()
        self._api.restored()
        try:
            snapshot.after_restore()
        except Exception as error:
            logger.exception("a restored instance cannot go on")
            self._api.fail("/restore/error", AFTER_RESTORE, type(error).__name__)
            sys.exit(1)


def main() -> None:
    """Initialize, and serve; an error of INIT is reported as one."""
    api = RuntimeApi(os.environ["AWS_LAMBDA_RUNTIME_API"])
    runtime = Runtime(api)
    try:
        runtime.initialize()
    except Exception as error:
        logs.configure("INFO")
        logger.exception("INIT failed")
        kind = "ImportModuleError" if isinstance(error, ImportError) else type(error).__name__
        api.fail("/init/error", f"Runtime.{kind}", str(error))
        sys.exit(1)
    if snapshot.expected():
        runtime.wait_for_restore()
    runtime.serve()
