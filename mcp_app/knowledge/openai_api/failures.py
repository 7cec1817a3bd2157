"""What went wrong at OpenAI, in words for people, and whether trying again may help.

What OpenAI itself says is not passed on: it may repeat parts of the key or of the query.
https://platform.openai.com/docs/guides/error-codes
"""

from __future__ import annotations

import re

import httpx2
import openai

from mcp_app.knowledge.calls import PAUSE_SECONDS, CallFailedError, wait_asked_for
from mesh.runtime.aws.secrets import name_of

SERVICE = "OpenAI"
LATER = "Try again in a moment; https://status.openai.com tells of outages."
BUSY = frozenset({502, 503, 504})
_CODE = re.compile(r"[a-z0-9_]{2,40}")


def malformed() -> CallFailedError:
    """An answer that is no answer of OpenAI's API."""
    return CallFailedError(
        f"{SERVICE} answered with something that is not its API's JSON",
        "Check OPENAI_BASE_URL, and the network between the function and OpenAI.",
    )


def _unreachable(error: openai.APIConnectionError | httpx2.HTTPError) -> CallFailedError:
    cause = error.__cause__ if isinstance(error, openai.APIConnectionError) else error
    if isinstance(cause, httpx2.ConnectError | httpx2.ConnectTimeout):
        return CallFailedError(
            f"{SERVICE} cannot be reached: no connection to it was made",
            "Check OPENAI_BASE_URL and the function's way to the internet.",
            again=PAUSE_SECONDS,
            untouched=True,
        )
    return CallFailedError(
        f"the connection to {SERVICE} broke before its answer was whole", LATER, again=PAUSE_SECONDS
    )


def _limited(error: openai.APIStatusError, said: str, code: str | None) -> CallFailedError:
    if code == "insufficient_quota":
        return CallFailedError(f"{said}: the account's quota is used up", "Add credit to it.")
    return CallFailedError(
        f"{said}: its rate limit is reached",
        "Try again in a moment, or raise the account's limit.",
        again=wait_asked_for(error.response.headers.get("retry-after")),
        untouched=True,
    )


def _refused(error: openai.APIStatusError, about: str, parameter: str) -> CallFailedError:
    status = error.status_code
    code = error.code if isinstance(error.code, str) and _CODE.fullmatch(error.code) else None
    said = f"{SERVICE} answered {status}" + (f" ({code})" if code else "")
    if status == 401:
        return CallFailedError(
            f"{said}: it does not accept the API key in SSM parameter {parameter}",
            f"Set a valid one with `mesh secrets set {name_of(parameter)}`.",
            untouched=True,
            unauthorized=True,
        )
    if status == 403:
        return CallFailedError(
            f"{said}: the API key in SSM parameter {parameter} may not use {about}",
            "Give the key's project that right, or use a key of another project.",
        )
    if status == 404:
        return CallFailedError(
            f"{said}: it does not know {about}", "Check its name in the settings."
        )
    if status == 429:
        return _limited(error, said, code)
    if status >= 500:
        wait = wait_asked_for(error.response.headers.get("retry-after"))
        return CallFailedError(
            f"{said}: it has a problem of its own", LATER, again=wait if status in BUSY else None
        )
    return CallFailedError(f"{said}: it refused the request for {about}", "Check the settings.")


def explained(error: Exception, *, about: str, parameter: str) -> CallFailedError:
    """The failure that this exception of a call means.

    Args:
        error: what the client, its transport or a check of the answer raised.
        about: what was asked for at OpenAI.
        parameter: SSM parameter with the key.
    """
    if isinstance(error, openai.APIStatusError):
        return _refused(error, about, parameter)
    if isinstance(error, openai.APIConnectionError | httpx2.HTTPError):
        return _unreachable(error)
    return malformed()
