"""What a tool that asks back remembers between two rounds: sealed, and readable by every instance.

A tool returns an `InputRequiredResult`; the client answers with the call repeated, and with the
state it was given. The repeated call may reach another instance, so the key cannot be one
instance's own.
https://modelcontextprotocol.io/specification/2026-07-28/basic/utilities/mrtr
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from typing import Any

from mcp.server.request_state import (
    AESGCMRequestStateCodec,
    InvalidRequestState,
    RequestStateSecurity,
)

from mesh.runtime.access import caller
from mesh.runtime.aws import snapshot
from mesh.runtime.aws.parameter_store import ParameterUnavailableError, get_parameter

# What the SDK asks of a key.
LEAST_CHARACTERS = 32


class SharedKeyCodec:
    """Seals with a key that all instances read from one SSM parameter, when first needed.

    Args:
        parameter: the parameter's name.
        ttl_seconds: how long what was read is trusted.
        read: gives a parameter's value.
    """

    def __init__(
        self,
        parameter: str,
        ttl_seconds: float,
        read: Callable[[str], str] = get_parameter,
    ) -> None:
        self._parameter = parameter
        self._ttl_seconds = ttl_seconds
        self._read = read
        self._codec: AESGCMRequestStateCodec | None = None
        self._read_at = 0.0
        snapshot.forgets(self.forget)

    def forget(self) -> None:
        """Read the key again the next time."""
        self._codec = None

    def _current(self) -> AESGCMRequestStateCodec:
        now = time.time()
        # Not a monotonic clock: that one may stand still while Lambda has the instance frozen.
        if self._codec is None or not 0 <= now - self._read_at < self._ttl_seconds:
            key = self._read(self._parameter)
            if len(key) < LEAST_CHARACTERS:
                raise ParameterUnavailableError(
                    f"SSM parameter {self._parameter} holds no key of {LEAST_CHARACTERS} "
                    "characters; put one there, e.g. of `openssl rand -base64 48`"
                )
            self._codec, self._read_at = AESGCMRequestStateCodec([key]), now
        return self._codec

    def seal(self, payload: bytes) -> str:
        """See `RequestStateCodec`.

        Raises:
            ParameterUnavailableError: there is no key; nothing is given to the client then.
        """
        return self._current().seal(payload)

    def unseal(self, token: str) -> bytes:
        """See `RequestStateCodec`; a key that was changed meanwhile ends the rounds."""
        try:
            return self._current().unseal(token)
        except ParameterUnavailableError as error:
            raise InvalidRequestState(str(error)) from error


def _caller(_context: Any) -> str:
    return caller.current_caller().name


def request_state_security(
    parameter: str | None, ttl_seconds: float, audience: str
) -> RequestStateSecurity:
    """How state is sealed: for ten minutes, this caller, this request and this deployment.

    Args:
        parameter: the SSM parameter with the key. None where there is none: rounds then work
            only as long as one and the same instance answers them.
        ttl_seconds: see `SharedKeyCodec`.
        audience: the deployment's name.
    """
    if parameter is None:
        security = RequestStateSecurity.ephemeral(audience=audience)
        # Copies of one instance would have one key, and it would lie in their snapshot.
        snapshot.forgets(lambda: _draw_a_key(security))
    else:
        codec = SharedKeyCodec(parameter, ttl_seconds)
        security = RequestStateSecurity(codec=codec, audience=audience)
    security.bind_principal = _caller
    return security


def _draw_a_key(security: RequestStateSecurity) -> None:
    security.codec = AESGCMRequestStateCodec([os.urandom(LEAST_CHARACTERS)])
