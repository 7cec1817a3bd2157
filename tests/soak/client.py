"""A client that costs little: 200 of these share two cores with what they test."""

from __future__ import annotations

import asyncio
import random
import time
from collections import Counter
from dataclasses import dataclass, field

CONNECT_SECONDS = 10.0
ANSWER_SECONDS = 20.0
PATIENCE_SECONDS = 120.0
BACKOFF_SECONDS = (0.1, 2.0)
OK, THROTTLED = 200, 429


@dataclass
class Tally:
    """What all clients saw."""

    statuses: Counter[int] = field(default_factory=Counter)
    crossed: int = 0
    lost: list[str] = field(default_factory=list)
    instances: set[str] = field(default_factory=set)
    latencies_ms: list[float] = field(default_factory=list)


async def talk(number: int, port: int, until: float, tally: Tally) -> None:
    """Send requests one after the other until a monotonic time; every one gets its answer.

    A 429 is asked again after a random, growing pause, as AWS's SDKs do. Whoever has not been
    served by then goes on until they are: how many are in a given time is the machine's speed.
    """
    turn, served = 0, False
    try:
        async with asyncio.timeout(CONNECT_SECONDS):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
    except (OSError, TimeoutError) as error:
        tally.lost.append(f"client {number}, connecting: {type(error).__name__} {error}")
        return
    try:
        while time.monotonic() < until or not served:
            turn += 1
            pause, longest = BACKOFF_SECONDS
            while await _ask(f"{number}-{turn}", reader, writer, tally) == THROTTLED:
                if time.monotonic() >= until and served:
                    return
                if time.monotonic() >= until + PATIENCE_SECONDS:
                    tally.lost.append(f"client {number} was never served")
                    return
                await asyncio.sleep(random.uniform(0, pause))
                pause = min(longest, 2 * pause)
            served = True
    except (OSError, TimeoutError, asyncio.IncompleteReadError) as error:
        tally.lost.append(f"client {number}, request {turn}: {type(error).__name__} {error}")
    finally:
        writer.close()


async def _ask(
    token: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, tally: Tally
) -> int:
    began = time.monotonic()
    host, port = writer.get_extra_info("peername")
    writer.write(
        f"POST /{token} HTTP/1.1\r\nhost: {host}:{port}\r\ncontent-type: text/plain\r\n"
        f"content-length: {len(token)}\r\n\r\n{token}".encode()
    )
    async with asyncio.timeout(ANSWER_SECONDS):
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
        length = int(head.partition("content-length:")[2].partition("\r\n")[0])
        body = (await reader.readexactly(length)).decode()
    status = int(head.split(" ", 2)[1])
    tally.statuses[status] += 1
    if status == OK:
        tally.latencies_ms.append((time.monotonic() - began) * 1000)
        path, sent, instance = body.strip('"').split(" ")
        tally.crossed += (path, sent) != (f"/{token}", token)
        tally.instances.add(instance)
    return status
