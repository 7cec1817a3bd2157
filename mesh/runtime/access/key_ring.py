"""The ring of API keys that this deployment takes, read from its SSM parameter."""

from __future__ import annotations

from functools import partial

from mesh.runtime.access.api_keys import KeyRing, KeysUnavailableError
from mesh.runtime.config.settings import WITH_API_KEYS, Settings


def _read_keys(parameter: str) -> str:
    # Not before the first key has to be checked: INIT does without.
    from mesh.runtime.aws.parameter_store import (
        ParameterUnavailableError,
        get_parameter,
    )

    try:
        return get_parameter(parameter)
    except ParameterUnavailableError as error:
        raise KeysUnavailableError(str(error)) from error


def key_ring(settings: Settings) -> KeyRing | None:
    """The ring of valid API keys; None where API keys are not the way in."""
    if settings.auth not in WITH_API_KEYS or settings.api_keys_parameter is None:
        return None
    return KeyRing(
        partial(_read_keys, settings.api_keys_parameter),
        source=f"SSM parameter {settings.api_keys_parameter}",
        ttl_seconds=settings.secrets_ttl_seconds,
    )
