"""Loopback ports of Function URLs: one for each function and qualifier, for good."""

from __future__ import annotations

import errno
import os
import random
import socket
import threading
import zlib
from dataclasses import dataclass
from pathlib import Path

from mesh.local_aws import LocalAwsError
from mesh.local_aws.state import read_json, write_json

HOST = "127.0.0.1"
BACKLOG = 512
# Below the range from which the kernel takes the ports of outgoing connections: one of
# those could hold a remembered port just when it is wanted again.
UNNAMED = range(20000, 30000)


@dataclass(frozen=True)
class PortRange:
    """Ports that may be given to Function URLs."""

    ports: range
    # "0": any free port will do.
    unnamed: bool

    @classmethod
    def parse(cls, text: str) -> PortRange:
        """From `8787-8886`, `8787` or `0`.

        Raises:
            LocalAwsError: it is none of these.
        """
        if text == "0":
            return cls(ports=UNNAMED, unnamed=True)
        first, _, last = text.partition("-")
        try:
            ports = range(int(first), int(last or first) + 1)
        except ValueError:
            ports = range(0)
        if not ports or not (0 < ports[0] <= ports[-1] < 65536):  # noqa: PLR2004 - TCP's limit
            raise LocalAwsError(
                f"--url-ports {text!r} is no range of ports: write e.g. 8787-8886, or 0 for any"
            )
        return cls(ports=ports, unnamed=False)

    def candidates(self, url: str) -> list[int]:
        """Ports in the order in which to try them for a URL.

        In a range that was named a URL begins at a place of its own, so that it has the same
        address again after everything was removed, whichever URL is made first.
        """
        if self.unnamed:
            return random.sample(self.ports, 200)
        begin = zlib.crc32(url.encode()) % len(self.ports)
        return [*self.ports[begin:], *self.ports[:begin]]


def listen(port: int) -> socket.socket:
    """A listening socket on 127.0.0.1 (0: any port).

    Raises:
        OSError: the port is taken.
    """
    # Named TCP: asyncio then sends at once what it is given, instead of 40 ms later.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        # Lets a port be used again while connections of the last run linger in TIME_WAIT.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((HOST, port))
        listener.listen(BACKLOG)
    except OSError:
        listener.close()
        raise
    listener.settimeout(0)
    return listener


def listen_or_explain(port: int, *, purpose: str, advice: str) -> socket.socket:
    """A listening socket on 127.0.0.1.

    Raises:
        LocalAwsError: the port is taken or may not be used; the message says which, who has it
            if that is known, and what to do.
    """
    try:
        return listen(port)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise LocalAwsError(
                f"port {port}, {purpose}, is in use{_by_whom(port)}: {advice}"
            ) from error
        raise LocalAwsError(f"port {port}, {purpose}, cannot be used: {error}") from error


def listen_somewhere() -> socket.socket:
    """A listening socket on 127.0.0.1, on a port that is available again after a restart.

    Raises:
        LocalAwsError: none is free.
    """
    for port in PortRange.parse("0").candidates(""):
        try:
            return listen(port)
        except OSError:
            continue
    raise LocalAwsError(f"none of 200 ports of {UNNAMED[0]}-{UNNAMED[-1]} is free")


class FunctionUrlPorts:
    """Remembers which port belongs to which Function URL, and holds their sockets.

    A port stays reserved for its URL when the URL is deleted, so that destroy and create
    give the same address again.
    """

    def __init__(self, path: Path, allowed: PortRange) -> None:
        self._path = path
        self._allowed = allowed
        self._lock = threading.Lock()
        self._ports: dict[str, int] = {
            name: port for name, port in read_json(path).items() if isinstance(port, int)
        }
        self._sockets: dict[str, socket.socket] = {}

    def open(self, url: str) -> socket.socket:
        """The listening socket of a URL: its remembered port, or a new one.

        Raises:
            LocalAwsError: the remembered port is taken, or none of the range is free.
        """
        with self._lock:
            if url in self._sockets:
                return self._sockets[url]
            if url in self._ports:
                listener = listen_or_explain(
                    self._ports[url],
                    purpose=f"which belongs to the Function URL of {url}",
                    advice=f"free it, or remove the line from {self._path} for a new address",
                )
            else:
                listener = self._first_free(url)
                self._ports[url] = listener.getsockname()[1]
                write_json(self._path, dict(self._ports))
            self._sockets[url] = listener
            return listener

    def forget_socket(self, url: str) -> None:
        """The socket was closed; the number stays reserved."""
        with self._lock:
            self._sockets.pop(url, None)

    def _first_free(self, url: str) -> socket.socket:
        taken = set(self._ports.values())
        for port in self._allowed.candidates(url):
            if port not in taken:
                try:
                    return listen(port)
                except OSError:
                    continue
        ports = self._allowed.ports
        raise LocalAwsError(
            f"no port of {ports[0]}-{ports[-1]} is free for another Function URL: "
            "give a wider --url-ports"
        )


def _by_whom(port: int) -> str:
    """` by process 12 (nginx)`, or nothing where that cannot be told."""
    try:
        inodes = {
            fields[9]
            for table in ("tcp", "tcp6")
            for fields in map(str.split, Path(f"/proc/net/{table}").read_text().splitlines()[1:])
            # Column 3 is the state; 0A is LISTEN.
            if fields[3] == "0A" and int(fields[1].rpartition(":")[2], 16) == port
        }
    except (OSError, ValueError, IndexError):
        return ""
    for process in Path("/proc").glob("[0-9]*"):
        try:
            for descriptor in (process / "fd").iterdir():
                link = str(descriptor.readlink())
                if link.startswith("socket:[") and link[8:-1] in inodes:
                    name = (process / "comm").read_text().strip()
                    me = " (this very one)" if process.name == str(os.getpid()) else ""
                    return f" by process {process.name} ({name}){me}"
        except OSError:
            continue
    return ""
