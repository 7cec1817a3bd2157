"""TLS to AWS's services, whose certificates have five roots.

Reading the authorities that a machine trusts, more than a hundred, took half of the time in
which a cold start reads its first secret, and OpenSSL takes half a millisecond for each. So the
one root that most of AWS's endpoints have is tried, then all of Amazon's, and whatever the
machine trusts once they are not enough: behind a proxy that signs anew, for example.
https://www.amazontrust.com/repository/
"""

from __future__ import annotations

import os

from mcp_app.settings import TASK_ROOT

# Not typing's; see `mcp_app.handler`.
TYPE_CHECKING = False
if TYPE_CHECKING:
    import ssl

FIRST_ROOT = f"{TASK_ROOT}/mcp_app/amazon_root_1.pem"
ROOTS = f"{TASK_ROOT}/mcp_app/amazon_roots.pem"
# Where OpenSSL looks, if somebody has said so: these are then the only ones to be trusted.
# https://docs.openssl.org/3.0/man7/openssl-env/
SAID = ("SSL_CERT_FILE", "SSL_CERT_DIR")

# One for the instance's life: reading roots costs more than a handshake.
_context: ssl.SSLContext | None = None


def connect(host: str, port: int, timeout_seconds: float) -> ssl.SSLSocket:
    """A connection to a server whose certificate was checked.

    Args:
        host: Its name, which the certificate has to be for.
        port: TCP's.
        timeout_seconds: For connecting, and later for each read and write.

    Raises:
        ssl.SSLCertVerificationError: the certificate is not valid, or nobody trusted signed it.
        OSError: there is no connection.
    """
    # By name, so that the fast path has its own; not for deployments that never ask.
    from ssl import SSLCertVerificationError, create_default_context  # noqa: PLC0415

    global _context  # noqa: PLW0603 - the process is the instance
    if _context is None and not any(os.environ.get(name) for name in SAID):
        for roots in (FIRST_ROOT, ROOTS):
            context = create_default_context(cafile=roots)
            try:
                connection = _wrapped(context, host, port, timeout_seconds)
            except SSLCertVerificationError:
                # Nothing was sent yet but a greeting.
                continue
            _context = context
            return connection
    if _context is None:
        from mcp_app.tls import client_context  # noqa: PLC0415 - what most instances do without

        _context = client_context()
    return _wrapped(_context, host, port, timeout_seconds)


def _wrapped(
    context: ssl.SSLContext, host: str, port: int, timeout_seconds: float
) -> ssl.SSLSocket:
    from socket import create_connection  # noqa: PLC0415 - likewise

    connection = create_connection((host, port), timeout_seconds)
    try:
        return context.wrap_socket(connection, server_hostname=host)
    except BaseException:
        connection.close()
        raise
