"""What went wrong at Supabase, in words for people, and whether trying again may help.

What PostgREST itself says is not passed on, but for its code: it may quote arguments.
https://docs.postgrest.org/en/v13/references/errors.html
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, NamedTuple

from mcp_app.knowledge.calls import PAUSE_SECONDS, CallFailedError, wait_asked_for
from mesh.runtime.aws.secrets import name_of

if TYPE_CHECKING:
    import httpx

SERVICE = "Supabase"
MIGRATE = "Run `mesh database migrate` against this database."
LATER = "Try again in a moment; https://status.supabase.com tells of outages."
ADDRESS = "Check SUPABASE_URL, and the network between the function and Supabase."
BUSY = frozenset({502, 503, 504})
# Of PostgREST: no such function, table or column in its schema cache; of PostgreSQL: as above.
MISSING = frozenset({"PGRST202", "PGRST204", "PGRST205", "42883", "42P01", "42703"})
# PostgREST has no connection to its database, or got none in time; PostgreSQL starts,
# stops or is full.
DATABASE_DOWN = re.compile(r"PGRST00[0-3]|08\d\d\d|53\d\d\d|57P0\d")
TOO_SLOW = "57014"
OTHER_DIMENSIONS = "22000"
NO_RIGHT = "42501"
PAUSED = 540  # Supabase's own, of a project that was paused
_CODE = re.compile(r"[A-Z0-9]{3,12}")


class Bearer(NamedTuple):
    """Whose token a request carried: the SSM parameter it is from; None for the caller's own."""

    token: str
    parameter: str | None


class AnswerError(Exception):
    """PostgREST's answer is an error; raised within the HTTP client, which knows the status.

    Args:
        response: the answer, read.
    """

    def __init__(self, response: httpx.Response) -> None:
        super().__init__(f"status {response.status_code}")
        self.status = response.status_code
        self.retry_after = response.headers.get("retry-after")
        code, message = _code_and_message(response)
        self.code = code
        self.expired = code == "PGRST303" or "expired" in message


def _code_and_message(response: httpx.Response) -> tuple[str | None, str]:
    try:
        body = json.loads(response.content)
    except ValueError:
        return None, ""
    if not isinstance(body, dict):
        return None, ""
    code, message = body.get("code"), body.get("message")
    return (
        code if isinstance(code, str) and _CODE.fullmatch(code) else None,
        message if isinstance(message, str) else "",
    )


def malformed(what: str) -> CallFailedError:
    """An answer that says OK and is not what was asked for."""
    return CallFailedError(f"{SERVICE} answered {what} with something that is not JSON", ADDRESS)


def wrong_shape(what: str, where: str) -> CallFailedError:
    """Rows that are not what this server's version reads.

    Args:
        what: the function or table.
        where: the place in the rows, without its value.
    """
    return CallFailedError(
        f"{SERVICE} answered {what} with rows of another shape (at {where})",
        f"Database and server are of different versions. {MIGRATE}",
    )


def unreachable(*, untouched: bool) -> CallFailedError:
    """No answer, or only the beginning of one.

    Args:
        untouched: not even a connection was made.
    """
    if untouched:
        return CallFailedError(
            f"{SERVICE} cannot be reached: no connection to it was made",
            "Check SUPABASE_URL and the function's way to the internet.",
            again=PAUSE_SECONDS,
            untouched=True,
        )
    return CallFailedError(
        f"the connection to {SERVICE} broke before its answer was whole", LATER, again=PAUSE_SECONDS
    )


def _unauthorized(
    error: AnswerError, said: str, bearer: Bearer, key_parameter: str
) -> CallFailedError:
    if bearer.parameter is None:
        if error.expired:
            return CallFailedError(f"{said}: your own access token has expired", "Sign in again.")
        return CallFailedError(
            f"{said}: your own access token is not accepted there",
            "Sign in again; if that does not help, the project does not trust its issuer.",
        )
    name = name_of(bearer.parameter)
    if error.expired:
        return CallFailedError(
            f"{said}: the token in SSM parameter {bearer.parameter} has expired",
            f"Make one with `mesh database token`, and set it with `mesh secrets set {name}`.",
            untouched=True,
            unauthorized=True,
        )
    return CallFailedError(
        f"{said}: it accepts not both the token in SSM parameter {bearer.parameter} and the key "
        f"in {key_parameter}",
        f"Set them with `mesh secrets set {name}` and `mesh secrets set {name_of(key_parameter)}`.",
        untouched=True,
        unauthorized=True,
    )


def _forbidden(said: str, what: str, bearer: Bearer) -> CallFailedError:
    whose = "your access token" if bearer.parameter is None else f"the token in {bearer.parameter}"
    return CallFailedError(
        f"{said}: {whose} gives no right to {what}", f"It needs the role mesh_server. {MIGRATE}"
    )


def _by_code(code: str | None, said: str, what: str, busy: float | None) -> CallFailedError | None:
    """What the code alone says, whatever the status is."""
    if code is None:
        return None
    if code == TOO_SLOW:
        return CallFailedError(
            f"{said}: the database ended the search at its time limit",
            "Ask with fewer or rarer words, or narrow it with a filter.",
        )
    if DATABASE_DOWN.fullmatch(code):
        return CallFailedError(f"{said}: it cannot reach its database", LATER, again=busy)
    if code == OTHER_DIMENSIONS:
        return CallFailedError(
            f"{said}: the database holds embeddings of another length than this deployment's",
            "Re-embed with `mesh ingest --re-embed`, or set AOMA_EMBEDDING_MODEL to the data's.",
        )
    if code in MISSING:
        return CallFailedError(f"{said}: it has no {what} of this version", MIGRATE)
    return None


def _by_status(error: AnswerError, said: str, what: str, busy: float | None) -> CallFailedError:
    if error.status == 404:
        return CallFailedError(f"{said}: there is no {what}", f"{ADDRESS} {MIGRATE}")
    if error.status == 429:
        return CallFailedError(
            f"{said}: its rate limit is reached",
            "Try again in a moment, or raise the project's limit.",
            again=wait_asked_for(error.retry_after),
            untouched=True,
        )
    if error.status == PAUSED:
        return CallFailedError(f"{said}: the project is paused", "Restore it in its dashboard.")
    if error.status >= 500:
        return CallFailedError(f"{said}: it has a problem of its own", LATER, again=busy)
    return CallFailedError(f"{said} to {what}", ADDRESS)


def refused(
    error: AnswerError, *, what: str, bearer: Bearer, key_parameter: str
) -> CallFailedError:
    """The failure that this answer means.

    Args:
        error: the answer.
        what: the function or table that was asked.
        bearer: whose token the request carried.
        key_parameter: SSM parameter with the publishable key.
    """
    said = f"{SERVICE} answered {error.status}" + (f" ({error.code})" if error.code else "")
    busy = wait_asked_for(error.retry_after) if error.status in BUSY else None
    if error.code == NO_RIGHT or error.status == 403:
        # Comes with 401, too, when the token's role is anon.
        return _forbidden(said, what, bearer)
    if error.status == 401:
        return _unauthorized(error, said, bearer, key_parameter)
    return _by_code(error.code, said, what, busy) or _by_status(error, said, what, busy)
