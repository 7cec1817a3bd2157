"""The authorities that this instance's clients trust: the system's, read once for all of them.

Reading them costs more than a small import, and each HTTP client would do it for itself.
Imported by both ways of an instance, and never twice.
"""

from __future__ import annotations

from _thread import allocate_lock

# Not typing's; see `mesh.runtime.handler`.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from ssl import SSLContext
    from typing import Any

_context: SSLContext | None = None
# By the authority that is trusted besides.
_light_contexts: dict[str | None, Any] = {}
_making = allocate_lock()


class UnreadableAuthorityError(OSError):
    """What is to be trusted besides is no certificate."""


def client_context() -> SSLContext:
    """The context of every connection with TLS; whoever asks first waits for it to be made."""
    global _context
    with _making:
        if _context is None:
            import ssl  # not for deployments that never ask

            _context = ssl.create_default_context()
        return _context


def connect(host: str, port: int, timeout_seconds: float, authority: str | None = None) -> Any:
    """A connection to a server for which one of these authorities vouches, without `ssl`.

    Args:
        host: Its name, which the certificate has to be for.
        port: TCP's.
        timeout_seconds: For connecting, and later for each read and write.
        authority: Certificates that are trusted besides, as PEM text; None for no others.

    Raises:
        UnreadableAuthorityError: The authority is no certificate.
        OSError: There is no connection, or nobody trusted vouches for the server.
    """
    # Not for deployments that never ask.
    from mesh.runtime.aws.light_tls import create_connection

    with _making:
        context = _light_contexts.get(authority)
        if context is None:
            context = _light_contexts[authority] = _light_context(authority)
    connection = create_connection((host, port), timeout_seconds)
    try:
        return context.wrap_socket(connection, server_hostname=host)
    except BaseException:
        connection.close()
        raise


def _light_context(authority: str | None) -> Any:
    from mesh.runtime.aws.light_tls import create_default_context

    context = create_default_context()
    if authority is not None:
        try:
            context.load_verify_locations(cadata=authority)
        except (OSError, ValueError) as error:
            raise UnreadableAuthorityError from error
    return context
