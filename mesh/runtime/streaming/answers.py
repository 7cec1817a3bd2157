"""FastMCP's answer to one invocation, on the loop of its instance."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

from mesh.runtime.http.instance import Instance
from mesh.runtime.streaming.exchange import Exchange
from mesh.runtime.streaming.response import Response
from mesh.runtime.streaming.waiting import SPARE_SECONDS, TIMED_OUT

# How long a request may take to end by itself once its client has left.
LEAVING_SECONDS = 1.0

logger = logging.getLogger("mesh.streaming")


async def answer(instance: Instance, event: Any, response: Response) -> None:
    """Answer one invocation, and be done with it: nothing of it runs on afterwards."""
    exchange = Exchange(response)
    request = asyncio.create_task(
        instance.stream(event, response.invocation, exchange.receive, exchange.send)
    )
    leaving = asyncio.create_task(exchange.left.wait())
    remaining = response.invocation.get_remaining_time_in_millis() / 1000 - SPARE_SECONDS
    await asyncio.wait({request, leaving}, timeout=remaining, return_when=asyncio.FIRST_COMPLETED)
    if exchange.left.is_set():
        logger.info("the client left before the end of its answer")
        # The application was told, if it listens; what does not is cancelled.
        await asyncio.wait({request}, timeout=LEAVING_SECONDS if exchange.heard else 0)
    elif not request.done():
        logger.error("time is up before the end of the answer")
        await exchange.fail(*TIMED_OUT)
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
            await exchange.fail(kind, "The answer broke off. The server's log has the cause.")
    exchange.close()
