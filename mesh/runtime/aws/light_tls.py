"""A client's TCP and TLS connection from CPython's own modules.

`socket` and `ssl` make hundreds of enumeration members first: 15 ms, a third of a cold start of
a bare handler. Where CPython's own modules are missing or differ, the public ones take their
place. The settings are those of `ssl.create_default_context`; a test compares them. What they
rest on, cipher suites and the oldest version of TLS, CPython's module sets itself.
"""

from __future__ import annotations

# Not typing's; see `mesh.runtime.handler`.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

__all__ = ["SSLCertVerificationError", "create_connection", "create_default_context"]

try:
    import _socket
    import _ssl

    SSLCertVerificationError = _ssl.SSLCertVerificationError

    class Socket(_socket.socket):
        """A socket that TLS can refer to."""

    def create_connection(address: tuple[str, int], timeout: float) -> Socket:
        """Connect to the first of a host's addresses that takes it.

        Args:
            address: Host and port.
            timeout: For connecting to one address, and later for each read and write, in seconds.

        Raises:
            OSError: what the last address said, or that there is none.
        """
        host, port = address
        failure = OSError(f"{host} has no address")
        # As bytes: for text, the codec of international names would be loaded.
        found = _socket.getaddrinfo(host.encode("ascii"), port, 0, _socket.SOCK_STREAM)
        for family, kind, protocol, _name, place in found:
            made = Socket(family, kind, protocol)
            try:
                made.settimeout(timeout)
                made.connect(place)
            except OSError as error:
                made.close()
                failure = error
            else:
                return made
        raise failure

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
            cafile: PEM file of the authorities; None for those that the machine trusts, or that
                the environment names for OpenSSL.
        """

        def __init__(self, cafile: str | None) -> None:
            # Demands a certificate and compares the host's name.
            self.settings = _ssl._SSLContext(_ssl.PROTOCOL_TLS_CLIENT)  # noqa: SLF001 - all there is
            self.settings.verify_flags |= _ssl.VERIFY_X509_PARTIAL_CHAIN | _ssl.VERIFY_X509_STRICT
            if cafile is None:
                self.settings.set_default_verify_paths()
            else:
                self.settings.load_verify_locations(cafile)

        def load_verify_locations(self, *, cadata: str) -> None:
            """Trust further authorities, whose certificates are in this PEM text."""
            self.settings.load_verify_locations(None, None, cadata)

        def wrap_socket(self, connection: _socket.socket, *, server_hostname: str) -> Connection:
            """Shake hands with the server of that name.

            Raises:
                SSLCertVerificationError: its certificate is not valid for the name, or not trusted.
                OSError: no TLS comes about.
            """
            tls = self.settings._wrap_socket(connection, False, server_hostname)  # type: ignore[attr-defined]  # noqa: FBT003, SLF001 - as ssl calls it
            tls.do_handshake()
            return Connection(connection, tls)

    def create_default_context(*, cafile: str | None = None) -> Context:
        """Check servers as `ssl.create_default_context` does."""
        return Context(cafile)

except (ImportError, AttributeError):  # another Python
    from socket import create_connection  # type: ignore[assignment]
    from ssl import (  # type: ignore[assignment]
        SSLCertVerificationError,
        create_default_context,
    )
