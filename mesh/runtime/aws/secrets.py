"""Secrets, read from SSM when a tool needs them and trusted for a limited time.

A rotated secret is picked up without a deploy: after the time limit, or at once when the
service refuses the one that is held. A secret that cannot be read is an error that names
its parameter; what was read before is not used beyond its time.
"""

from __future__ import annotations

import json
import os
import threading
import time
from collections.abc import Callable, Mapping

from mesh.runtime.aws import snapshot
from mesh.runtime.aws.parameter_store import ParameterUnavailableError, get_parameter

# What Terraform puts into a new parameter: it may not be empty.
PLACEHOLDER = "{}"
# Terraform gives the function the parameter of each secret here, by the secret's name.
PARAMETERS = "MESH_SECRETS"
# Only Lambda sets it.
# https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html#configuration-envvars-runtime
ON_LAMBDA = "AWS_LAMBDA_FUNCTION_NAME"


class SecretUnavailableError(Exception):
    """A secret is not available.

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
        parameter: its full name, such as /weather/production/mail-token.
        ttl_seconds: how long a read is trusted.
        exact: keep white space around the value. Without it, a line end that somebody stored
            with a key does not break the HTTP header that the key is for.
        read: gives a parameter's value; raises `ParameterUnavailableError`.
        clock: monotonic seconds.
    """

    def __init__(
        self,
        parameter: str,
        *,
        ttl_seconds: float,
        exact: bool = False,
        read: Callable[[str], str] = get_parameter,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.parameter = parameter
        self._ttl_seconds = ttl_seconds
        self._exact = exact
        self._read = read
        self._clock = clock
        self._lock = threading.Lock()
        self._value: str | None = None
        self._trusted_until = float("-inf")
        # How often it was read, and why the last time failed: reason and remedy.
        self._reads = 0
        self._failure = ("", "")
        snapshot.forgets(self.forget)

    def forget(self) -> None:
        """Read it again the next time."""
        self._value, self._trusted_until = None, float("-inf")

    @property
    def remedy(self) -> str:
        """How to set it, in a sentence."""
        return f"Set it with `mesh secrets set {name_of(self.parameter)}`."

    async def value(self) -> str:
        """The secret; read in a thread when what is held is too old.

        Raises:
            SecretUnavailableError: it cannot be read, or nobody has set it yet.
        """
        held = self._held()
        if held is not None:
            return held
        # Here, because the fast path does without it.
        import asyncio

        return await asyncio.to_thread(self.get)

    def get(self) -> str:
        """The secret; blocks while it is read, when what is held is too old.

        Raises:
            SecretUnavailableError: as `value`.
        """
        reads = self._reads
        held = self._held()
        if held is not None:
            return held
        with self._lock:
            # What another thread read while this one waited counts for both. A failure too:
            # when SSM is down, each would otherwise wait for its own 3 seconds.
            if self._reads == reads:
                self._read_anew()
            if self._value is None:
                raise SecretUnavailableError(*self._failure)
            return self._value

    async def replaced(self, refused: str) -> bool:
        """Whether there is another by now than the one that the service refused.

        Raises:
            SecretUnavailableError: as `value`.
        """
        if self._value == refused:
            self._trusted_until = float("-inf")
        return await self.value() != refused

    def _held(self) -> str | None:
        """What was read, while it is trusted."""
        value = self._value
        return value if value is not None and self._clock() < self._trusted_until else None

    def _read_anew(self) -> None:
        value = None
        try:
            found = self._read(self.parameter)
        except ParameterUnavailableError as error:
            self._failure = str(error), "Check that it exists and the function's role may read it."
        else:
            bare = found.strip()
            if bare in {"", PLACEHOLDER}:
                self._failure = f"SSM parameter {self.parameter} is not set yet", self.remedy
            else:
                value = found if self._exact else bare
        self._value, self._trusted_until = value, self._clock() + self._ttl_seconds
        self._reads += 1


def canonical(name: str) -> str:
    """The form in which names of secrets are compared: Terraform takes no two with the same."""
    return name.replace("-", "_").upper()


def name_of(parameter: str) -> str:
    """The secret's name, as `mesh secrets set` takes it: SUPABASE_KEY for .../supabase-key."""
    return canonical(parameter.rpartition("/")[2])


def parameters(variables: Mapping[str, str] = os.environ) -> dict[str, str]:
    """The SSM parameter of each secret in Terraform's variable `secrets`, by its name."""
    found: dict[str, str] = json.loads(variables.get(PARAMETERS) or "{}")
    return found


_secrets: dict[str, Secret] = {}


def value_of(name: str) -> str:
    """The value of one of this server's secrets; see `mesh.secret`.

    Args:
        name: As in Terraform's variable `secrets`.

    Raises:
        SecretUnavailableError: There is no such secret, or it is not available.
    """
    if not (name.isascii() and name.replace("_", "a").isalnum()):
        # Not shown: perhaps it is the secret itself.
        raise SecretUnavailableError(
            "mesh.secret got what is no name of a secret",
            'Give a name of letters, digits and underscores, as in mesh.secret("WEATHER_API_KEY").',
        )
    if PARAMETERS not in os.environ and ON_LAMBDA not in os.environ:
        return _of_this_machine(name)
    known_parameters = parameters()
    if name not in known_parameters:
        known = ", ".join(sorted(known_parameters)) or "none"
        raise SecretUnavailableError(
            f"this deployment has no secret {name}; it has: {known}",
            f"Add {name} to Terraform's variable secrets, apply, and set it with "
            f"`mesh secrets set {name}`.",
        )
    parameter = known_parameters[name]
    found = _secrets.get(parameter)
    if found is None:
        ttl_seconds = float(os.environ.get("MESH_SECRETS_TTL_SECONDS") or 60)
        found = _secrets.setdefault(
            parameter, Secret(parameter, ttl_seconds=ttl_seconds, exact=True)
        )
    return found.get()


def _of_this_machine(name: str) -> str:
    value = os.environ.get(name)
    if not value:
        raise SecretUnavailableError(
            f"the environment variable {name} is not set, and outside Lambda mesh.secret reads it",
            "Set it, or have a tool ask for the secret, not the module while it is imported.",
        )
    return value
