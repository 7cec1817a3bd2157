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
_light_context: Any = None
_making = allocate_lock()


def client_context() -> SSLContext:
    """The context of every connection with TLS; whoever asks first waits for it to be made."""
    global _context
    with _making:
        if _context is None:
            import ssl  # not for deployments that never ask

            _context = ssl.create_default_context()
        return _context


def connect(host: str, port: int, timeout_seconds: float) -> Any:
    """A connection to a server for which one of these authorities vouches, without `ssl`.

    Args:
        host: Its name, which the certificate has to be for.
        port: TCP's.
        timeout_seconds: For connecting, and later for each read and write.

    Raises:
        OSError: There is no connection, or nobody trusted vouches for the server.
    """
    # Not for deployments that never ask.
    from mesh.runtime.aws.light_tls import create_connection, create_default_context

    global _light_context
    with _making:
        if _light_context is None:
            _light_context = create_default_context()
    connection = create_connection((host, port), timeout_seconds)
    try:
        return _light_context.wrap_socket(connection, server_hostname=host)
    except BaseException:
        connection.close()
        raise
