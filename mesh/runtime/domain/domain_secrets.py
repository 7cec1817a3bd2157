"""What proves the way through this deployment's domain, read from its SSM parameter."""

from __future__ import annotations

import time
from functools import partial

from mesh.runtime.access.api_keys import KeyRing
from mesh.runtime.config.settings import Settings

# Not typing's; see `mesh.runtime.handler`.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from mesh.runtime.domain.origin_secret import OriginSecrets


def _read_hashes(parameter: str, keys: str | None, key_ring: KeyRing | None) -> str:
    # Not before the first request through the domain: INIT does without.
    from mesh.runtime.aws.parameter_store import (
        ParameterUnavailableError,
        get_parameter,
        get_parameters,
    )
    from mesh.runtime.domain.origin_secret import OriginSecretUnavailableError

    try:
        if key_ring is None or keys is None or key_ring.fresh:
            return get_parameter(parameter)
        # The next to be checked is a key: one question to SSM instead of two.
        began = time.time()
        found = get_parameters((parameter, keys))
        if keys in found:
            key_ring.take(found[keys], began)
        # On its own where it did not come along, to learn why.
        return found[parameter] if parameter in found else get_parameter(parameter)
    except ParameterUnavailableError as error:
        raise OriginSecretUnavailableError(str(error)) from error


def origin_secrets(settings: Settings, key_ring: KeyRing | None) -> OriginSecrets | None:
    """What proves that requests came through the domain; None where they need not.

    Args:
        settings: What this deployment is.
        key_ring: The valid API keys, where those are taken: read along when they are needed.
    """
    parameter = settings.origin_secret_parameter
    if parameter is None:
        return None
    # Here, so that a server without a domain does not pay for it.
    from mesh.runtime.domain.origin_secret import OriginSecrets

    return OriginSecrets(
        partial(_read_hashes, parameter, settings.api_keys_parameter, key_ring),
        source=f"SSM parameter {parameter}",
        ttl_seconds=settings.secrets_ttl_seconds,
    )
