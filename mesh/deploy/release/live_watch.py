"""Whether live answers: asked once, or again and again while something is applied."""

from __future__ import annotations

import threading
from collections.abc import Callable
from types import TracebackType
from typing import TYPE_CHECKING, Self

from mesh.smoke import smoke
from mesh.smoke.credential import ApiKey
from mesh.smoke.streamable_http import NoAnswerError, Server

if TYPE_CHECKING:
    import httpx

PING = {"jsonrpc": "2.0", "id": 0, "method": "ping"}
PAUSE_SECONDS = 1.0
# A single bad answer may be the network's.
BAD_ANSWERS = 3
ANSWER_SECONDS = 5.0
OK = 200


def trouble(url: str, proof: httpx.Auth | None) -> str | None:
    """Ask live once what any caller would, and say what is wrong with its answer.

    Args:
        url: the live address.
        proof: what a caller proves their right with; None where there is none, and then only
            /health is asked.

    Returns:
        None when it answers well.
    """
    try:
        with Server(smoke.base_url(url), proof, ANSWER_SECONDS, failures=1) as server:
            signed = proof is not None and not isinstance(proof, ApiKey)
            health = server.get("health", credential=signed)
            if health.status != OK:
                return f"/health: HTTP {health.status}: {health.excerpt()}"
            if proof is not None:
                answer = server.post("mcp", PING, initialized=True)
                if answer.status != OK:
                    return f"/mcp: HTTP {answer.status}: {answer.excerpt()}"
    except NoAnswerError as error:
        return str(error)
    return None


class LiveWatch:
    """Asks live every second in the background, from `with` until its end.

    Args:
        ask: gives what is wrong with live's answer, or None; see `trouble`.
    """

    def __init__(self, ask: Callable[[], str | None]) -> None:
        self._ask = ask
        self._bad: list[str] = []
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        # What is down already cannot be hurt; a release may be what mends it.
        self._answered = False

    def __enter__(self) -> Self:
        self._answered = self._ask() is None
        if self._answered:
            self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        # Not joined: a question that hangs would keep a cancelled job from mending live.
        self._ended.set()

    def is_down(self) -> bool:
        """Whether the last answers were bad, so that what is at work had better stop."""
        return len(self._bad) >= BAD_ANSWERS

    def suffering(self) -> str | None:
        """Say what is wrong with live now, if it answered before; asked until that is sure."""
        if not self._answered:
            return None
        while not self.is_down():
            found = self._ask()
            if found is None:
                return None
            self._bad.append(found)
        return self._bad[-1]

    def _watch(self) -> None:
        while not self._ended.wait(PAUSE_SECONDS):
            found = self._ask()
            self._bad = [*self._bad, found] if found is not None else []
