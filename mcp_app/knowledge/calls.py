"""One call to a service over the network: within the deadline, once more where that helps."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable

import mesh
from mcp_app.deadline import Deadline
from mesh.runtime.aws.secrets import Secret, SecretUnavailableError

CONNECT_SECONDS = 3.0
# Idle connections are not used again after this: in a sandbox that was frozen in between
# they are dead, and nothing says so until a request is lost on one.
KEEPALIVE_SECONDS = 2.0
# Before a call is made again after a failure that may be over at once.
PAUSE_SECONDS = 0.1
# The longest wait that a service may ask for and get; with a longer one it is down.
LONGEST_WAIT_SECONDS = 3.0


class CallFailedError(Exception):
    """A service was asked and did not answer as it should.

    Args:
        reason: what happened, in one clause for people, without any secret.
        remedy: what to do about it, in one sentence.
        again: seconds after which the call may succeed; None when it will not.
        untouched: the service did nothing with the call, so that even one that is not
            read-only may be made again.
        unauthorized: the service did not accept the secret it was shown.
    """

    def __init__(
        self,
        reason: str,
        remedy: str,
        *,
        again: float | None = None,
        untouched: bool = False,
        unauthorized: bool = False,
    ) -> None:
        super().__init__(f"{reason}. {remedy}")
        self.reason = reason
        self.remedy = remedy
        self.again = again
        self.untouched = untouched
        self.unauthorized = unauthorized


def too_late(service: str, deadline: Deadline) -> CallFailedError:
    """The service has not answered by the deadline."""
    return CallFailedError(
        f"{service} did not answer within {deadline.seconds:g} s",
        "Try again; if it stays slow, look at get_system_health.",
    )


def wait_asked_for(retry_after: str | None) -> float | None:
    """Seconds to wait by a Retry-After header; None when it asks for more than is given.

    A date is not waited for: no clock here is compared with the service's.
    https://www.rfc-editor.org/rfc/rfc9110#field.retry-after
    """
    if retry_after is None:
        return PAUSE_SECONDS
    try:
        seconds = float(retry_after)
    except ValueError:
        return None
    return max(seconds, PAUSE_SECONDS) if seconds <= LONGEST_WAIT_SECONDS else None


async def within[Answer](
    deadline: Deadline,
    service: str,
    call: Callable[[], Awaitable[Answer]],
    *,
    read_only: bool = True,
) -> Answer:
    """Make a call, and once more where that may help and there is time.

    Args:
        deadline: when it has to be over, the second attempt and the wait included.
        service: its name, for messages.
        call: makes it; raises `CallFailedError`.
        read_only: making it twice does no harm.

    Raises:
        CallFailedError: it failed, and a second attempt would not help or failed too.
    """
    for attempt in (1, 2):
        try:
            with mesh.span(service, attempt=attempt):
                async with asyncio.timeout(deadline.remaining()):
                    return await call()
        except TimeoutError:
            raise too_late(service, deadline) from None
        except CallFailedError as failure:
            wait = failure.again if read_only or failure.untouched else None
            if attempt == 2 or wait is None or wait >= deadline.remaining():  # noqa: PLR2004 - the last attempt
                raise
        await asyncio.sleep(wait)
    raise AssertionError  # pragma: no cover - the second attempt returns or raises


async def value_of(secret: Secret) -> str:
    """The secret, or why the call cannot be made without it.

    Raises:
        CallFailedError: it is not available.
    """
    try:
        return await secret.value()
    except SecretUnavailableError as error:
        raise CallFailedError(error.reason, error.remedy) from None


async def look_for_a_new(secret: Secret, refused: str, failure: CallFailedError) -> CallFailedError:
    """The failure, to be tried again at once if the refused secret has been rotated."""
    if failure.unauthorized:
        try:
            replaced = await secret.replaced(refused)
        except SecretUnavailableError as error:
            return CallFailedError(error.reason, error.remedy)
        if replaced:
            failure.again = 0.0
    return failure


def milliseconds_since(began: float) -> float:
    """Elapsed time since `time.perf_counter()` gave `began`."""
    return round((time.perf_counter() - began) * 1000, 2)
