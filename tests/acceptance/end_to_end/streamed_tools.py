"""Tools that a test puts into the deployed copy: they report, wait, answer at length, and die."""

import asyncio
import os

from fastmcp import Context
from fastmcp.tools import tool


@tool
async def wait_for_word(port: int, context: Context) -> str:
    """Report progress, wait for a word from the test, and report again.

    Tells the test there when it is cancelled.
    """
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    await context.report_progress(1, 2, "waiting")
    try:
        word = await reader.readline()
    except asyncio.CancelledError:
        writer.write(b"cancelled\n")
        raise
    finally:
        writer.close()
    await context.report_progress(2, 2, "heard")
    return word.decode().strip()


@tool
def answer_at_length(size: int) -> str:
    """As many letters as asked for."""
    return "x" * size


@tool
async def die(context: Context) -> str:
    """Report progress, and end the process."""
    await context.report_progress(1, 2, "dying")
    # Until the report is on its way.
    await asyncio.sleep(0.2)
    os._exit(3)
