"""TLS to AWS's services, whose certificates have five roots.

Reading the authorities that a machine trusts, more than a hundred, took half of the time in
which a cold start reads its first secret, and OpenSSL takes half a millisecond for each. So the
one root that most of AWS's endpoints have comes first, then all of Amazon's, and then whatever
the machine trusts: behind a proxy that signs again, for example. What sufficed is kept. When it
does not suffice any more, because the service has another chain, the others are tried again.
https://www.amazontrust.com/repository/
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable

from mesh.runtime.config.settings import TASK_ROOT

# Not typing's; see `mesh.runtime.handler`.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

FIRST_ROOT = f"{TASK_ROOT}/mesh/runtime/aws/amazon_root_1.pem"
ROOTS = f"{TASK_ROOT}/mesh/runtime/aws/amazon_roots.pem"
# The AWS SDKs trust only the authorities in the file that the first of these names.
# https://docs.aws.amazon.com/sdkref/latest/guide/feature-gen-config.html
BUNDLES = ("AWS_CA_BUNDLE", "REQUESTS_CA_BUNDLE")
# Where OpenSSL looks, if somebody has said so: these are then the only ones to be trusted.
# https://docs.openssl.org/3.0/man7/openssl-env/
SAID = ("SSL_CERT_FILE", "SSL_CERT_DIR")

# Which of `_sources` sufficed last, and its context: reading roots costs more than a handshake.
_kept: tuple[str, Any] | None = None


class UnreadableBundleError(OSError):
    """The file of authorities cannot be used; the message names it."""


def connect(host: str, port: int, timeout_seconds: float) -> Any:
    """A connection to a server whose certificate was checked.

    Args:
        host: Its name, which the certificate has to be for.
        port: TCP's.
        timeout_seconds: For connecting with whatever it takes, and later for each read and write.

    Raises:
        ssl.SSLCertVerificationError: The certificate is not valid, or nobody trusted signed it.
        UnreadableBundleError: The authorities that are to be trusted cannot be read.
        OSError: There is no connection.
    """
    # Not for deployments that never ask.
    from mesh.runtime.aws.light_tls import SSLCertVerificationError

    global _kept
    deadline = time.monotonic() + timeout_seconds
    sources = _sources()
    refused: Exception | None = None
    # What sufficed last comes first, then the others, the narrowest trust first.
    for name in sorted(sources, key=lambda name: _kept is None or name != _kept[0]):
        context = _kept[1] if _kept and name == _kept[0] else sources[name]()
        left = deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError
        try:
            connection = _wrapped(context, host, port, left)
        except SSLCertVerificationError as error:
            # Nothing was sent yet but a greeting.
            refused = error
        else:
            _kept = name, context
            return connection
    assert refused is not None  # noqa: S101 - there is always a source
    raise refused


def _sources() -> dict[str, Callable[[], Any]]:
    """What makes a context for each set of authorities that may be trusted, by its name."""
    variable = next((name for name in BUNDLES if os.environ.get(name)), "")
    if variable:
        return {os.environ[variable]: lambda: _bundle_context(variable)}
    if any(os.environ.get(name) for name in SAID):
        return {"machine": _machine_context}
    return {
        FIRST_ROOT: lambda: _file_context(FIRST_ROOT),
        ROOTS: lambda: _file_context(ROOTS),
        "machine": _machine_context,
    }


def _file_context(path: str) -> Any:
    from mesh.runtime.aws.light_tls import create_default_context

    return create_default_context(cafile=path)


def _bundle_context(variable: str) -> Any:
    path = os.environ[variable]
    try:
        return _file_context(path)
    except OSError as error:
        raise UnreadableBundleError(
            f"{variable} names {path}, which is not a readable file of certificates"
        ) from error


def _machine_context() -> Any:
    from mesh.runtime.aws.tls import client_context  # what most instances do without

    return client_context()


def _wrapped(context: Any, host: str, port: int, timeout_seconds: float) -> Any:
    from mesh.runtime.aws.light_tls import create_connection

    connection = create_connection((host, port), timeout_seconds)
    try:
        return context.wrap_socket(connection, server_hostname=host)
    except BaseException:
        connection.close()
        raise
