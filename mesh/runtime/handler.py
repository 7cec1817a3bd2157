"""The Lambda entry point of buffered answers, `mesh.runtime.handler.handler`.

INIT happens on import, once for each instance. If the build made the fast path
(docs/explanation/fast-path.md), only that is imported. It starts the rest when a request needs
it. Otherwise: settings, server, one event loop, one lifespan, and each event goes through
Mangum into the ASGI application. `mesh.runtime.streaming.main` streams answers.
"""

from __future__ import annotations

from mesh.runtime.aws import snapshot
from mesh.runtime.observability import uptime

# Not typing's: its import costs 3 ms, a fifteenth of a bare cold start.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from mesh.runtime.access.access_tokens import AccessTokens
    from mesh.runtime.access.rate_limit import RateLimit

# Imported for the moment at which it is.
__all__ = ["handler", "uptime"]

type Answer = Callable[[Any, Any], dict[str, Any]]


def _full(
    rate_limit: RateLimit | None = None,
    cold: bool = True,  # noqa: FBT001, FBT002 - as the fast path calls it
    tokens: AccessTokens | None = None,
) -> Answer:
    from mesh.runtime.initialization import initialize  # what the fast path does without

    return initialize(rate_limit, cold=cold, tokens=tokens).answer


def _start() -> Answer:
    from mesh.runtime.fast_path.front import front  # after the moment of INIT

    made = front(_full)
    return made.answer if made else _full()


_answer = _start()
snapshot.register()


def handler(event: Any, context: Any) -> dict[str, Any]:
    """Answer one Function URL event (payload format 2.0).

    https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html#urls-payloads
    """
    return _answer(event, context)
