"""A TCP connection from CPython's own module: `socket` makes 300 enumeration members first."""

from __future__ import annotations

import _socket


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
