"""Requests to one MCP server over Streamable HTTP, retried inside one deadline.

Plain httpx and JSON-RPC by hand: a check must be able to say exactly what came back,
which a client library has already interpreted.
https://modelcontextprotocol.io/specification/2025-11-25/basic/transports
"""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self

import httpx

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import TracebackType

PROTOCOL_VERSION = "2025-11-25"
ACCEPT = "application/json, text/event-stream"
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
TOO_MANY_REQUESTS = 429
FIRST_SERVER_ERROR = 500
FIRST_PAUSE_SECONDS = 0.1
LONGEST_PAUSE_SECONDS = 2.0
EXCERPT_CHARACTERS = 300
SILENCE = "no answer"
# With a limit of failures: how long after the first one a retry may still succeed.
LIMITED_SECONDS = 10.0


class NoAnswerError(Exception):
    """No usable answer came before the deadline; the text says what came instead."""


@dataclass(frozen=True)
class Reply:
    """One HTTP answer, and what went wrong in the attempts before it."""

    status: int
    content_type: str
    body: bytes
    seconds: float
    failure_log: tuple[str, ...] = ()

    def messages(self) -> Iterator[dict[str, Any]]:
        """Give the JSON-RPC messages in the body, one JSON text or server-sent events."""
        texts = (
            list(event_data(self.body))
            if self.content_type == "text/event-stream"
            else [self.body.decode(errors="replace")]
        )
        for text in texts:
            try:
                message = json.loads(text)
            except ValueError:
                continue
            if isinstance(message, dict):
                yield message

    def excerpt(self) -> str:
        """Give the body's beginning on one line, for a message to a person."""
        text = " ".join(self.body.decode(errors="replace").split())
        return text if len(text) <= EXCERPT_CHARACTERS else f"{text[:EXCERPT_CHARACTERS]}..."


@dataclass
class Server:
    """An MCP server at a base URL, called with one credential until one deadline.

    Args:
        url: the base, with a trailing slash; `/mcp` and `/health` are below it.
        credential: what proves the caller's right; None for none.
        deadline_seconds: counted from the moment this is made.
        failures: after so many equal server errors in a row a request is given up, and ten
            seconds after its first failure of any kind; None retries until the deadline.
            For a URL of which the version that answers is known: its errors are its own.
    """

    url: str
    credential: httpx.Auth | None
    deadline_seconds: float
    failures: int | None = None
    _client: httpx.Client = field(init=False, repr=False)
    _until: float = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self._until = time.monotonic() + self.deadline_seconds
        # A proxy from the environment cannot reach this machine's own loopback.
        loopback = httpx.URL(self.url).host in LOOPBACK
        self._client = httpx.Client(trust_env=not loopback)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._client.close()

    def remaining_seconds(self) -> float:
        """Give the time left before the deadline; never negative."""
        return max(0.0, self._until - time.monotonic())

    def get(self, path: str, *, credential: bool) -> Reply:
        """GET `path`, with or without the credential.

        Raises:
            NoAnswerError: nothing but server errors or silence until the deadline.
        """
        return self._until_answered("GET", path, credential=credential)

    def post(
        self, path: str, message: dict[str, Any], *, credential: bool = True, initialized: bool
    ) -> Reply:
        """POST one JSON-RPC message.

        Args:
            path: `mcp`.
            message: the whole JSON-RPC object.
            credential: whether to send it.
            initialized: whether the version was negotiated; it then goes into a header.

        Raises:
            NoAnswerError: nothing but server errors or silence until the deadline.
        """
        headers = {"Content-Type": "application/json", "Accept": ACCEPT}
        if initialized:
            headers["MCP-Protocol-Version"] = PROTOCOL_VERSION
        return self._until_answered(
            "POST",
            path,
            credential=credential,
            headers=headers,
            content=json.dumps(message).encode(),
        )

    def _until_answered(
        self,
        method: str,
        path: str,
        *,
        credential: bool,
        headers: dict[str, str] | None = None,
        content: bytes | None = None,
    ) -> Reply:
        """Repeat on 5xx, 429 and transport errors: a cold start or a deploy may cause them."""
        failure_log: list[str] = []
        errors: list[int] = []
        pause = FIRST_PAUSE_SECONDS
        until, begun = self._until, time.monotonic()
        while True:
            # Half, so that one lost connection does not use up the whole deadline.
            status, started = 0, time.monotonic()
            left = max(0.0, until - started)
            patience = max(left / 2, min(left, 5.0), 0.05)
            try:
                reply = self._send(
                    self._client.build_request(
                        method,
                        self.url + path,
                        headers=headers,
                        content=content,
                        timeout=patience,
                    ),
                    credential=credential,
                    until=started + patience,
                )
            except httpx.TransportError as error:
                trouble = _transport_trouble(error, time.monotonic() - started)
            else:
                if reply.status < FIRST_SERVER_ERROR and reply.status != TOO_MANY_REQUESTS:
                    return Reply(
                        reply.status,
                        reply.content_type,
                        reply.body,
                        reply.seconds,
                        tuple(failure_log),
                    )
                trouble = f"HTTP {reply.status}: {reply.excerpt() or 'no body'}"
                status = reply.status
            failure_log.append(trouble)
            # Throttling and lost connections say nothing of the version.
            is_error = status >= FIRST_SERVER_ERROR
            errors = [*errors, status] if is_error and status in errors else [status] * is_error
            if self.failures is not None and len(failure_log) == 1:
                until = min(until, time.monotonic() + LIMITED_SECONDS)
            left = max(0.0, until - time.monotonic())
            if left <= FIRST_PAUSE_SECONDS or self._is_final(errors):
                raise NoAnswerError(_given_up(failure_log, time.monotonic() - begun))
            # Half of what is left at most: one attempt always comes close to the end.
            time.sleep(min(pause, left / 2))
            pause = min(pause * 2, LONGEST_PAUSE_SECONDS)

    def _is_final(self, errors: list[int]) -> bool:
        """Whether another attempt would tell nothing new; `errors` are equal ones in a row."""
        if self.failures is None:
            return False
        return self.failures <= 1 or len(errors) >= self.failures

    def _send(self, request: httpx.Request, *, credential: bool, until: float) -> Reply:
        started = time.monotonic()
        auth = self.credential if credential else None
        response = self._client.send(request, auth=auth, stream=True)
        try:
            content_type = response.headers.get("Content-Type", "").partition(";")[0].strip()
            body = b""
            for chunk in response.iter_bytes():
                body += chunk
                reply = Reply(response.status_code, content_type, body, time.monotonic() - started)
                # A server may keep an event stream open after its answer.
                if content_type == "text/event-stream" and any(
                    "result" in message or "error" in message for message in reply.messages()
                ):
                    return reply
                if time.monotonic() > until:
                    raise httpx.ReadTimeout("the answer did not end", request=request)
        finally:
            response.close()
        return Reply(response.status_code, content_type, body, time.monotonic() - started)


def event_data(body: bytes) -> Iterator[str]:
    """Give the data of each complete server-sent event.

    https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation
    """
    data: list[str] = []
    for line in body.decode(errors="replace").replace("\r\n", "\n").split("\n"):
        if line.startswith("data:"):
            data.append(line.removeprefix("data:").removeprefix(" "))
        elif not line and data:
            yield "\n".join(data)
            data = []


def _given_up(failure_log: list[str], seconds: float) -> str:
    attempts = f"{len(failure_log)} attempt{'s' if len(failure_log) > 1 else ''}"
    # The last attempt may just have had no time left to be answered.
    told = [text for text in failure_log if not text.startswith(SILENCE)] or failure_log
    return f"{told[-1]} ({attempts} in {seconds:.1f} s, then given up)"


def _transport_trouble(error: httpx.TransportError, seconds: float) -> str:
    if isinstance(error, httpx.TimeoutException):
        return f"{SILENCE} within {seconds:.1f} s"
    # Some of httpx's errors have no text of their own.
    return f"no connection: {error}" if str(error) else f"no connection: {type(error).__name__}"
