"""Invocations: concurrency limits, and the instances that serve them."""

from __future__ import annotations

import asyncio
import logging
import os
import secrets
import time
import uuid
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from mesh.local_aws.cloudwatch.metrics import record_invocation, record_throttle
from mesh.local_aws.function_url.response_stream import ResponseStream
from mesh.local_aws.functions import (
    FunctionName,
    FunctionVersion,
    Route,
    is_current,
    reserved_concurrency,
)
from mesh.local_aws.host import CannotRunHereError
from mesh.local_aws.instances.instance import Instance
from mesh.local_aws.instances.pool import Pool
from mesh.local_aws.instances.runtime_api import Invocation, Result
from mesh.local_aws.instances.runtime_process import Place

# https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
REQUEST_LIMIT_BYTES = 6_291_456
ACCOUNT_CONCURRENCY = 1000

_logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of an invocation."""

    result: Result
    version: str
    request_id: str
    trace_id: str
    cold: bool
    tail: str
    # None when it did not run at all.
    duration_ms: float | None = None


class ThrottledError(Exception):
    """No concurrency is left; `reason` is TooManyRequestsException's."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class PayloadTooLargeError(Exception):
    """The event is longer than 6 MB."""


class Executions:
    """Runs functions. Lives in one event loop.

    Args:
        place: What instances share.
        code: Folder of unpacked zips.
    """

    def __init__(self, *, place: Place, code: Path) -> None:
        self._place = place
        self._code = code
        self._pools: dict[FunctionVersion, Pool] = {}
        self._in_flight: Counter[FunctionName] = Counter()
        # As many processes can be initializing at once as there is any sense in.
        self._starting = asyncio.Semaphore(2 * (os.cpu_count() or 1))

    async def invoke(
        self,
        route: Route,
        payload: bytes,
        *,
        trace_id: str | None = None,
        request_id: str | None = None,
        client_context: str | None = None,
        stream: ResponseStream | None = None,
    ) -> Outcome:
        """Run one invocation; with a `stream`, a response in streaming mode goes there.

        Raises:
            ThrottledError: reserved or account concurrency is used up.
            PayloadTooLargeError: more than 6 MB.
            CannotRunHereError: this machine cannot run the function.
        """
        if len(payload) > REQUEST_LIMIT_BYTES:
            raise PayloadTooLargeError
        version = route.version
        invocation = Invocation(
            request_id=request_id or str(uuid.uuid4()),
            payload=payload,
            timeout_seconds=version.timeout_seconds,
            invoked_arn=route.invoked_arn,
            trace_id=trace_id or new_trace_id(),
            client_context=client_context,
            stream=stream,
        )
        self._check_concurrency(route)
        self._in_flight[version.function] += 1
        concurrency = self._in_flight[version.function]
        try:
            outcome = await self._run(version, invocation)
        finally:
            self._in_flight[version.function] -= 1
            if stream is not None:
                # Unless it has ended as it should: time-out, exit of the process.
                stream.end(broken=True)
        record_invocation(
            version.function,
            route.qualifier,
            duration_ms=outcome.duration_ms,
            error=outcome.result.error_type is not None,
            concurrency=concurrency,
        )
        return outcome

    async def initialize(self, version: FunctionVersion) -> None:
        """Start an instance, which waits for work then.

        Raises:
            InitFailedError: it failed.
            CannotRunHereError: this machine cannot run the function.
        """
        await self._pool(version).add()

    async def prepare(self, version: FunctionVersion) -> None:
        """Unpack a zip before the first request wants it."""
        try:
            await self._pool(version).prepare()
        except CannotRunHereError as error:
            _logger.warning("%s", error)
        except Exception:
            _logger.exception("the zip of %s cannot be unpacked", version.function.name)

    def follow(self, live: set[FunctionVersion], no_longer: set[FunctionVersion]) -> None:
        """End the instances of versions out of use, when they are done.

        Args:
            live: What an alias points to, and each $LATEST.
            no_longer: What was live before. A version that is only invoked by its number
                stays until it is idle for long.
        """
        for version, pool in list(self._pools.items()):
            if version in live:
                # A rollback may come before the last instance has ended.
                pool.retired = False
            elif version in no_longer or not is_current(version):
                pool.retire()
            if pool.retired and pool.empty:
                del self._pools[version]

    def versions_in_use(self) -> set[FunctionVersion]:
        """Versions of which an instance runs, starts or is waited for."""
        return {version for version, pool in self._pools.items() if not pool.empty}

    def instances(self) -> Iterator[Instance]:
        """Every instance there is."""
        for pool in list(self._pools.values()):
            yield from list(pool.instances)

    def end_idle_since(self, moment: float) -> None:
        """End instances that are idle since before a monotonic time."""
        for pool in self._pools.values():
            pool.end_idle_since(moment)

    async def close(self) -> None:
        """End every instance."""
        await asyncio.gather(*(pool.close() for pool in self._pools.values()))

    def _pool(self, version: FunctionVersion) -> Pool:
        pool = self._pools.get(version)
        if pool is None:
            pool = Pool(version, place=self._place, code=self._code, starting=self._starting)
            self._pools[version] = pool
        return pool

    async def _run(self, version: FunctionVersion, invocation: Invocation) -> Outcome:
        pool = self._pool(version)
        request, trace = invocation.request_id, invocation.trace_id
        instance = await pool.acquire()
        cold = instance.invocations == 0
        began = time.monotonic()
        try:
            result, tail = await instance.invoke(invocation)
        except BaseException:
            # Nobody knows what it is doing now.
            await instance.end()
            raise
        duration = (time.monotonic() - began) * 1000
        pool.release(instance)
        return Outcome(
            result, version.version, request, trace, cold=cold, tail=tail, duration_ms=duration
        )

    def _check_concurrency(self, route: Route) -> None:
        """https://docs.aws.amazon.com/lambda/latest/dg/lambda-concurrency.html."""
        function = route.version.function
        reserved = reserved_concurrency(function)
        if reserved is not None and self._in_flight[function] >= reserved:
            reason = "ReservedFunctionConcurrentInvocationLimitExceeded"
        elif self._in_flight.total() >= ACCOUNT_CONCURRENCY:
            reason = "ConcurrentInvocationLimitExceeded"
        else:
            return
        record_throttle(function, route.qualifier)
        raise ThrottledError(reason)


def new_trace_id() -> str:
    """An X-Ray trace header that is not sampled."""
    root = f"1-{int(time.time()):08x}-{secrets.token_hex(12)}"
    return f"Root={root};Parent={secrets.token_hex(8)};Sampled=0"
