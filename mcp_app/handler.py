"""The Lambda entry point, `mcp_app.handler.handler`.

INIT happens on import, once for each instance: settings, server, one event loop, one
lifespan. Then each event goes through Mangum into the ASGI application.
"""

from __future__ import annotations

import json
import logging
import os
from typing import Any

# Read on import by FastMCP: logging is ours, and nothing here may ask the internet.
os.environ.setdefault("FASTMCP_LOG_ENABLED", "false")
os.environ.setdefault("FASTMCP_CHECK_FOR_UPDATES", "off")
# FastMCP looks for the home directory on import and fails where there is none; Lambda
# sets no HOME, and /tmp is what an instance may write to.
os.environ.setdefault("HOME", "/tmp")  # noqa: S108 - private to the instance

from mcp_app import logs
from mcp_app.events import BadEventError, check_event
from mcp_app.instance import Instance, start
from mcp_app.settings import SettingsError, load

logger = logging.getLogger("mesh.handler")

type Answer = dict[str, Any]


def _answer(status: int, code: int, message: str) -> Answer:
    error = {"jsonrpc": "2.0", "id": None, "error": {"code": code, "message": message}}
    return {
        "statusCode": status,
        "headers": {"content-type": "application/json"},
        "body": json.dumps(error),
        "isBase64Encoded": False,
    }


def _initialize() -> Instance | str:
    """The running instance, or why this deployment cannot run."""
    logs.configure("INFO")
    try:
        settings = load()
    except SettingsError as error:
        # Not raised: Lambda would retry INIT and answer 502 without a word.
        logger.exception("the settings do not fit")
        return str(error)
    logs.configure(settings.log_level)
    return start(settings)


_instance = _initialize()


def handler(event: Any, context: Any) -> Answer:
    """Answer one Function URL event (payload format 2.0).

    https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html#urls-payloads
    """
    if isinstance(_instance, str):
        return _answer(500, -32603, f"The server is misconfigured: {_instance}")
    try:
        checked = check_event(event)
    except BadEventError as error:
        return _answer(400, error.code, str(error))
    return _instance.answer(checked, context)
