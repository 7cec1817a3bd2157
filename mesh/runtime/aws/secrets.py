"""Secrets of other services, read from SSM when needed and trusted for a limited time.

A rotated secret is picked up without a deploy: after the time limit, or at once when the
service refuses the one that is held. A secret that cannot be read is an error that names
its parameter; what was read before is not used beyond its time.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable

from mesh.runtime.aws import snapshot
from mesh.runtime.aws.parameter_store import ParameterUnavailableError, get_parameter

# What Terraform puts into a new parameter: it may not be empty.
PLACEHOLDER = "{}"


class SecretUnavailableError(Exception):
    """A secret cannot be had.

    Args:
        reason: why, in one clause that names the parameter; never its value.
        remedy: what to do about it, in one sentence.
    """

    def __init__(self, reason: str, remedy: str) -> None:
        super().__init__(f"{reason}. {remedy}")
        self.reason = reason
        self.remedy = remedy


class Secret:
    """One secret, by the name of its SSM parameter.

    Args:
        parameter: its full name, such as /aoma-mesh/production/openai-api-key.
        ttl_seconds: how long a read is trusted.
        read: gives a parameter's value; raises `ParameterUnavailableError`.
        clock: monotonic seconds.
    """

    def __init__(
        self,
        parameter: str,
        *,
        ttl_seconds: float,
        read: Callable[[str], str] = get_parameter,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.parameter = parameter
        self._ttl_seconds = ttl_seconds
        self._read = read
        self._clock = clock
        self._lock = threading.Lock()
        self._value: str | None = None
        self._trusted_until = float("-inf")
        snapshot.forgets(self.forget)

    def forget(self) -> None:
        """Read it anew the next time."""
        self._value, self._trusted_until = None, float("-inf")

    @property
    def remedy(self) -> str:
        """How to set it, in a sentence."""
        return f"Set it with `mesh secrets set {self.parameter.rpartition('/')[2]}`."

    async def value(self) -> str:
        """The secret; read in a thread when what is held is too old.

        Raises:
            SecretUnavailableError: it cannot be read, or nobody has set it yet.
        """
        if self._value is not None and self._clock() < self._trusted_until:
            return self._value
        return await asyncio.to_thread(self._fresh)

    def _fresh(self) -> str:
        with self._lock:
            # Another call may have read it while this one waited.
            if self._value is not None and self._clock() < self._trusted_until:
                return self._value
            self._value = None
            try:
                value = self._read(self.parameter).strip()
            except ParameterUnavailableError as error:
                raise SecretUnavailableError(
                    str(error), "Look whether it exists and the function's role may read it."
                ) from None
            if value in {"", PLACEHOLDER}:
                raise SecretUnavailableError(
                    f"SSM parameter {self.parameter} is not set yet", self.remedy
                )
            self._value = value
            self._trusted_until = self._clock() + self._ttl_seconds
            return value

    async def replaced(self, refused: str) -> bool:
        """Whether there is another by now than the one that the service refused.

        Raises:
            SecretUnavailableError: as `value`.
        """
        if self._value == refused:
            self._trusted_until = float("-inf")
        return await self.value() != refused
