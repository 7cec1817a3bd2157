"""Lambda's Runtime API, for a runtime that streams its answers.

Without an event loop and without a package: a cold start pays for each. Tests compare what is
sent with local AWS's reading of it.
https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
"""

from __future__ import annotations

import json
import time

from mesh.runtime.record import Record

try:
    # `socket` makes hundreds of enumeration members: see `mesh.runtime.aws.light_tls`.
    import _socket as sockets
except ImportError:  # another Python
    import socket as sockets  # type: ignore[no-redef]

# Not typing's; see `mesh.runtime.handler`.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

PREFIX = "/2018-06-01/runtime"
ERROR_TYPE = "Lambda-Runtime-Function-Error-Type"
JSON = "application/json"
OK = 200
READ_BYTES = 256 * 1024
END_OF_HEAD = b"\r\n\r\n"
END_OF_LINE = b"\r\n"


class RuntimeApiError(Exception):
    """The Runtime API did not answer as it should; this runtime cannot go on."""


class ResponseLostError(Exception):
    """Nobody takes the response any more: the Runtime API has left the connection."""


class Invocation(Record):
    """One invocation; also the `aws.context` of its request.

    Attributes:
        aws_request_id: Its id, in the log and in errors.
        invoked_function_arn: With the alias or version that was asked for.
        trace_id: X-Ray's, for `_X_AMZN_TRACE_ID`.
        deadline_ms: When Lambda ends it, in milliseconds since 1970.
        payload: The event, in JSON.
    """

    aws_request_id: str
    invoked_function_arn: str
    trace_id: str
    deadline_ms: int
    payload: bytes

    def get_remaining_time_in_millis(self) -> int:
        """Milliseconds until Lambda ends it."""
        return max(0, self.deadline_ms - int(time.time() * 1000))


class Connection:
    """One HTTP/1.1 connection to the Runtime API, one exchange after the other.

    Args:
        address: `AWS_LAMBDA_RUNTIME_API`, a host with a port.

    Attributes:
        socket: It. Who makes it non-blocking makes it blocking again for `answer`.
    """

    def __init__(self, address: str) -> None:
        host, _, port = address.rpartition(":")
        self._host = address
        self.socket = sockets.socket()
        try:
            self.socket.connect((host, int(port)))
        except OSError:
            self.socket.close()
            raise
        # A response's head must not wait until its predecessor has been acknowledged.
        self.socket.setsockopt(sockets.IPPROTO_TCP, sockets.TCP_NODELAY, 1)
        self._received = bytearray()

    def is_usable(self) -> bool:
        """Whether another exchange can begin: the other side has neither left nor said more."""
        if self._received:
            return False
        try:
            self.socket.recv(1, sockets.MSG_PEEK | sockets.MSG_DONTWAIT)
        except BlockingIOError:
            return True
        except OSError:
            return False
        return False

    def close(self) -> None:
        """Leave at once."""
        self.socket.close()

    def head(self, method: str, path: str, headers: Mapping[str, str]) -> bytes:
        """A request's head."""
        lines = [f"{method} {PREFIX}{path} HTTP/1.1", f"Host: {self._host}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        return "\r\n".join([*lines, "", ""]).encode("latin-1")

    def send(self, parts: Iterable[bytes]) -> None:
        """Send all of it, and wait while the other side takes no more.

        Raises:
            ResponseLostError: it has left.
        """
        try:
            for part in parts:
                self.socket.sendall(part)
        except OSError as error:
            raise ResponseLostError(str(error)) from error

    def answer(self) -> tuple[int, dict[str, str], bytes]:
        """Read a response: status, headers by their names in lower case, body.

        Raises:
            ResponseLostError: the connection ended before it, or it is no HTTP.
        """
        try:
            first, *lines = self._until(END_OF_HEAD).decode("latin-1").split("\r\n")
            headers = {}
            for line in lines:
                name, _, value = line.partition(":")
                headers[name.lower()] = value.strip()
            if headers.get("transfer-encoding", "").lower() == "chunked":
                body = self._chunks()
            else:
                body = self._exactly(int(headers.get("content-length", "0")))
            return int(first.split(" ", 2)[1]), headers, body
        except (OSError, ValueError, IndexError) as error:
            raise ResponseLostError(str(error)) from error

    def _more(self) -> None:
        chunk = self.socket.recv(READ_BYTES)
        if not chunk:
            raise ResponseLostError("the connection ended without an answer")
        self._received += chunk

    def _until(self, end: bytes) -> bytes:
        while (at := self._received.find(end)) < 0:
            self._more()
        return self._exactly(at + len(end))[:at]

    def _exactly(self, size: int) -> bytes:
        while len(self._received) < size:
            self._more()
        found = bytes(self._received[:size])
        del self._received[:size]
        return found

    def _chunks(self) -> bytes:
        body = []
        while size := int(self._until(END_OF_LINE).partition(b";")[0], 16):
            body.append(self._exactly(size))
            self._exactly(len(END_OF_LINE))
        while self._until(END_OF_LINE):
            # A trailer.
            pass
        return b"".join(body)


class RuntimeApi:
    """Asks for invocations and answers them.

    Args:
        address: `AWS_LAMBDA_RUNTIME_API`.
    """

    def __init__(self, address: str) -> None:
        self._address = address
        self._connection: Connection | None = None

    def next(self) -> Invocation:
        """The next invocation; waits for it as long as Lambda likes.

        Raises:
            RuntimeApiError: there will be none.
        """
        headers, payload = self._got("/invocation/next")
        return Invocation(
            headers["lambda-runtime-aws-request-id"],
            headers.get("lambda-runtime-invoked-function-arn", ""),
            headers.get("lambda-runtime-trace-id", ""),
            int(headers["lambda-runtime-deadline-ms"]),
            payload,
        )

    def restored(self) -> None:
        """Wait until this instance has been restored from its snapshot, where it is to be one.

        Raises:
            RuntimeApiError: it will not be.
        """
        self._got("/restore/next")
        # It was made before the snapshot.
        self.disconnect()

    def fail(self, place: str, error_type: str, message: str) -> None:
        """Report an error without a response: of INIT, or before the first byte.

        Args:
            place: `/init/error`, `/restore/error` or `/invocation/<id>/error`.
            error_type: Such as `Runtime.ConfigError`.
            message: For people.

        Raises:
            ResponseLostError: nobody took it.
        """
        connection = self.connected()
        body = error_body(error_type, message)
        length = {"Content-Type": JSON, "Content-Length": str(len(body)), ERROR_TYPE: error_type}
        connection.send([connection.head("POST", place, length) + body])
        connection.answer()

    def connected(self) -> Connection:
        """The connection for an exchange; a new one where the last is not complete, or gone.

        Raises:
            ResponseLostError: there is no Runtime API.
        """
        if self._connection is not None and not self._connection.is_usable():
            self.disconnect()
        if self._connection is None:
            try:
                self._connection = Connection(self._address)
            except OSError as error:
                raise ResponseLostError(str(error)) from error
        return self._connection

    def disconnect(self) -> None:
        """Leave the connection; the next exchange opens another."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _got(self, path: str) -> tuple[dict[str, str], bytes]:
        try:
            connection = self.connected()
            connection.send([connection.head("GET", path, {})])
            status, headers, body = connection.answer()
        except ResponseLostError as error:
            self.disconnect()
            raise RuntimeApiError(f"no answer to {path}: {error}") from error
        if status != OK:
            raise RuntimeApiError(f"no answer to {path}: status {status}")
        return headers, body


def error_body(error_type: str, message: str) -> bytes:
    """An error as Lambda wants it."""
    return json.dumps({"errorType": error_type, "errorMessage": message}).encode()
