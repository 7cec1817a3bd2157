"""TLS for a client, from CPython's own module: `ssl` makes enumerations of all of OpenSSL first.

The settings are those of `ssl.create_default_context`; a test compares them. What they rest
on, cipher suites and the oldest version of TLS, CPython's module sets itself.
"""

from __future__ import annotations

import _ssl
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import _socket

__all__ = ["SSLCertVerificationError", "create_default_context"]


SSLCertVerificationError = _ssl.SSLCertVerificationError


class Connection:
    """A connection that is encrypted; as much of `ssl.SSLSocket` as an exchange needs.

    Args:
        connection: What it goes over.
        tls: CPython's end of it, before the handshake.
    """

    def __init__(self, connection: _socket.socket, tls: Any) -> None:
        self._connection = connection
        self._tls = tls

    def sendall(self, content: bytes) -> None:
        """Send all of it."""
        left = memoryview(content)
        while left:
            left = left[self._tls.write(left) :]

    def recv(self, size: int) -> bytes:
        """What has come, at most so many bytes; empty at the end."""
        received: bytes = self._tls.read(size)
        return received

    def settimeout(self, seconds: float) -> None:
        """Limit each read and write from here on."""
        self._connection.settimeout(seconds)

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()


class Context:
    """What a server's certificate is checked with.

    Args:
        cafile: PEM file of the authorities.
    """

    def __init__(self, cafile: str) -> None:
        # Demands a certificate and compares the host's name.
        self.settings = _ssl._SSLContext(_ssl.PROTOCOL_TLS_CLIENT)  # noqa: SLF001 - all there is
        self.settings.verify_flags |= _ssl.VERIFY_X509_PARTIAL_CHAIN | _ssl.VERIFY_X509_STRICT
        self.settings.load_verify_locations(cafile)

    def wrap_socket(self, connection: _socket.socket, *, server_hostname: str) -> Connection:
        """Shake hands with the server of that name.

        Raises:
            SSLCertVerificationError: its certificate is not valid for the name, or not trusted.
            OSError: no TLS comes about.
        """
        tls = self.settings._wrap_socket(connection, False, server_hostname)  # type: ignore[attr-defined]  # noqa: FBT003, SLF001
        tls.do_handshake()
        return Connection(connection, tls)


def create_default_context(*, cafile: str) -> Context:
    """Check servers as `ssl.create_default_context` does."""
    return Context(cafile)
