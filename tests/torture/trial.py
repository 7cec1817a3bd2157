"""Sends one input, and says what is wrong with what comes back."""

from __future__ import annotations

import copy
import json
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from statistics import median
from typing import Any

from tests.local.runtime.fast_path.live_memory import Memory
from tests.local.runtime.fast_path.pair import MEASURED, comparable
from tests.torture.faults import (
    REFUSED,
    Fault,
    access_faults,
    body_of,
    content_faults,
    form_faults,
    place_of,
)
from tests.torture.inputs import Input
from tests.torture.log_watch import LogWatch
from tests.torture.servers import Server, Servers
from tests.torture.streamed import BrokenOffError

# No input may take longer, of CPU: Lambda would end the instance soon after.
LONGEST_SECONDS = 5.0
# What a refusal may cost beyond that of a small request, and what any answer may cost.
REFUSAL_SECONDS, REFUSAL_TIMES = 0.003, 5
ANSWER_SECONDS, ANSWER_SECONDS_PER_MB = 0.25, 0.05
SMALL_BYTES = 2000
SMALL_SAMPLES = 200
MB = 1_000_000
# A slow answer counts only if it is slow each time: the garbage collector has its moments.
REPEATS = 4


class OutOfTimeError(BaseException):
    """The input was still being answered after `LONGEST_SECONDS`; not for `except Exception`."""


@contextmanager
def time_limit() -> Iterator[None]:
    def stop(_signal: int, _frame: object) -> None:
        raise OutOfTimeError

    before = signal.signal(signal.SIGVTALRM, stop)
    signal.setitimer(signal.ITIMER_VIRTUAL, LONGEST_SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one input.

    Attributes:
        status: Of the answer; 0 for none.
        way: Who answered: `fast`, `full`, or `none`.
        seconds: CPU time of the answer, of the process that gave it.
        size: Characters of what was sent, about.
        faults: What is wrong.
    """

    status: int
    way: str
    seconds: float
    size: int
    faults: tuple[Fault, ...]


def size_of(event: Any) -> int:
    """Characters of the body, or of the whole where there is none."""
    body = event.get("body") if isinstance(event, dict) else None
    return len(body) if isinstance(body, str) else 0


class Trial:
    """Sends inputs to servers, one after the other.

    Args:
        servers: Who is asked.
    """

    def __init__(self, servers: Servers) -> None:
        self._servers = servers
        self._log = LogWatch()
        self._log.watch()
        self._small: list[float] = []

    def run(self, given: Input) -> Outcome:
        """Send one."""
        server = self._servers.get(given.server)
        event = self._servers.event_of(given)
        self._log.clear()
        way, answer = "none", None
        faults: list[Fault] = []
        began, seconds = time.process_time(), None
        try:
            with time_limit():
                way, answer, seconds = self._answered(server, event)
        except OutOfTimeError:
            faults.append(Fault("out of time", f"{given.server}, over {LONGEST_SECONDS:g} s"))
            # It was stopped anywhere at all.
            self._servers.discard(given.server)
        except BaseException as error:  # whatever escapes is what is looked for
            if isinstance(error, KeyboardInterrupt):
                raise
            faults.append(Fault("exception", place_of(error)))
        if seconds is None:
            seconds = time.process_time() - began
        faults += self._log.faults
        status = 0
        if way != "none":
            faults += form_faults(answer)
            if not any(fault.kind == "malformed answer" for fault in faults):
                assert answer is not None
                status = answer["statusCode"]
                faults += content_faults(answer, self._log.raised)
                if server.protected and self._log.caller is not None:
                    faults += access_faults(
                        event,
                        status,
                        self._log.caller,
                        self._log.path,
                        signed=given.token is not None,
                    )
                faults += self._slow(server, event, status, seconds)
                faults += self._other_ways(given, server, event, way, answer)
        return Outcome(status, way, seconds, size_of(event), tuple(dict.fromkeys(faults)))

    def memory(self) -> dict[str, Memory]:
        """The memory of each process, by its name."""
        return self._servers.memory()

    def _answered(self, server: Server, event: Any) -> tuple[str, Any, float]:
        """Who answered, the fast path or the full one, what, and with how much CPU time."""
        quick = server.pair.fast(copy.deepcopy(event))
        # Of its own process: this one only writes the event for it, and reads the answer.
        seconds = server.fast_path.seconds
        if quick is not None:
            return "fast", quick, seconds
        given = copy.deepcopy(event)
        began = time.process_time()
        answer = server.pair.full(given)
        return "full", answer, seconds + time.process_time() - began

    def _other_ways(
        self, given: Input, server: Server, event: Any, way: str, answer: dict[str, Any]
    ) -> list[Fault]:
        found: list[Fault] = []
        full = answer if way == "full" else None
        if way == "fast" and (given.compared or given.streamed):
            full = self._again(found, lambda: server.pair.full(event))
            if full is not None and not form_faults(full):
                found += _difference("difference", comparable(answer), comparable(full))
        if given.streamed and full is not None:
            streamed = self._again(found, lambda: self._servers.stream(server, event))
            if streamed is not None:
                whole = {**full, "body": body_of(full).decode()}
                if "content-type" not in streamed["headers"]:
                    # What has none gets one from Mangum, whatever it is.
                    whole["headers"] = {**whole["headers"]}
                    whole["headers"].pop("content-type", None)
                found += _difference(
                    "streamed difference", _streamed_form(whole), _streamed_form(streamed)
                )
        return found

    def _again(
        self, faults: list[Fault], answer: Callable[[], dict[str, Any]]
    ) -> dict[str, Any] | None:
        """Another answer to the same event; None, and a fault more, where there is none."""
        try:
            with time_limit():
                return answer()
        except OutOfTimeError:
            faults.append(Fault("out of time", "another way"))
        except BrokenOffError as error:
            faults.append(Fault("streamed answer broken off", str(error)))
        except Exception as error:  # noqa: BLE001 - whatever escapes is what is looked for
            faults.append(Fault("exception", place_of(error)))
        return None

    def _slow(self, server: Server, event: Any, status: int, seconds: float) -> list[Fault]:
        """Whether the answer cost too much CPU, each time."""
        size = size_of(event)
        if status not in REFUSED:
            limit = ANSWER_SECONDS + ANSWER_SECONDS_PER_MB * size / MB
            kind = "slow answer"
        else:
            if size < SMALL_BYTES and len(self._small) < SMALL_SAMPLES:
                self._small.append(seconds)
            if len(self._small) < SMALL_SAMPLES:
                return []
            limit = REFUSAL_SECONDS + REFUSAL_TIMES * median(self._small)
            kind = "slow refusal"
        if seconds <= limit:
            return []
        for _ in range(REPEATS):
            *_, again = self._answered(server, event)
            if again <= limit:
                return []
        return [Fault(kind, str(status))]


def _difference(kind: str, one: dict[str, Any], other: dict[str, Any]) -> list[Fault]:
    if one == other:
        return []
    codes = " / ".join(f"{each['status']}{_code(each)}" for each in (one, other))
    return [Fault(kind, f"{codes}: {first_difference(one, other)}")]


def _streamed_form(answer: dict[str, Any]) -> dict[str, Any]:
    """Status, headers and body of a streamed answer, without what clocks say."""
    headers = {name.lower(): value for name, value in answer["headers"].items()}
    headers.pop("content-length", None)
    text = MEASURED.sub(r"\g<1>0", answer["body"])
    return {"status": answer["statusCode"], "headers": headers, "text": text}


def _code(compared: dict[str, Any]) -> str:
    """The JSON-RPC error code in it, where there is one."""
    content = compared.get("content")
    error = content.get("error") if isinstance(content, dict) else None
    return f" {error['code']}" if isinstance(error, dict) and "code" in error else ""


def first_difference(one: Any, other: Any, at: str = "") -> str:
    """Where two JSON values first differ, without the numbers of list entries."""
    if isinstance(one, dict) and isinstance(other, dict):
        for name in [*one, *(name for name in other if name not in one)]:
            if name not in one or name not in other:
                return f"{at}.{name}"
            if one[name] != other[name]:
                return first_difference(one[name], other[name], f"{at}.{name}")
    if isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        for first, second in zip(one, other, strict=True):
            if first != second:
                return first_difference(first, second, f"{at}[]")
    return at or json.dumps(one)[:20]
