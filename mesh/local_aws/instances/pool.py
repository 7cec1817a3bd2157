"""Instances of one version: one for each concurrent request, reused when idle."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Coroutine
from pathlib import Path

from mesh.local_aws.functions import FunctionVersion
from mesh.local_aws.host import check_can_run
from mesh.local_aws.instances.instance import Instance
from mesh.local_aws.instances.runtime_api import Result
from mesh.local_aws.instances.runtime_process import Place
from mesh.local_aws.instances.task_root import unpack


class InitFailedError(Exception):
    """An instance never asked for work; `result` is what a caller gets."""

    def __init__(self, result: Result) -> None:
        super().__init__(result.error_type)
        self.result = result


class Pool:
    """All instances of one version.

    Args:
        version: What they run.
        place: What they share.
        code: Folder of unpacked zips.
        starting: Limits how many processes start at the same time.
    """

    def __init__(
        self,
        version: FunctionVersion,
        *,
        place: Place,
        code: Path,
        starting: asyncio.Semaphore,
    ) -> None:
        self.version = version
        self.instances: set[Instance] = set()
        self.retired = False
        self._place = place
        self._code = code
        self._starting_limit = starting
        self._starting = 0
        self._idle: list[Instance] = []
        self._waiting: deque[asyncio.Future[Instance]] = deque()
        self._tasks: set[asyncio.Task[None]] = set()
        self._closed = False

    @property
    def empty(self) -> bool:
        """Nothing runs, starts or waits."""
        return not self.instances and not self._tasks and not self._waiting

    async def acquire(self) -> Instance:
        """An instance for one invocation: the last used idle one, or a new one.

        Give it back with `release`.

        Raises:
            CannotRunHereError: this machine cannot run the function.
        """
        while self._idle:
            instance = self._idle.pop()
            if instance in self.instances:
                return instance
        place: asyncio.Future[Instance] = asyncio.get_running_loop().create_future()
        self._waiting.append(place)
        self._start_if_wanted()
        return await place

    async def add(self) -> None:
        """Start an instance, or find one idle, and let it wait for work.

        Raises:
            InitFailedError: it failed.
            CannotRunHereError: this machine cannot run the function.
        """
        instance = await self.acquire()
        if instance.failed_init is not None:
            await instance.end()
            raise InitFailedError(instance.failed_init)
        self.release(instance)

    def release(self, instance: Instance) -> None:
        """Take an instance back; who waits longest gets it."""
        while self._waiting:
            place = self._waiting.popleft()
            if not place.done():
                place.set_result(instance)
                return
        if self.retired:
            self._end_idle([instance])
        else:
            instance.freeze()
            self._idle.append(instance)

    def retire(self) -> None:
        """End idle instances now, and busy ones when they are done."""
        self.retired = True
        self._end_idle(self._idle)
        self._idle = []

    def end_idle_since(self, moment: float) -> None:
        """End instances that are idle since before a monotonic time."""
        old = [instance for instance in self._idle if instance.idle_since < moment]
        self._idle = [instance for instance in self._idle if instance.idle_since >= moment]
        self._end_idle(old)

    def check_memory(self) -> None:
        """Kill what is over its memory limit."""
        for instance in list(self.instances):
            instance.check_memory()

    async def close(self) -> None:
        """End every instance, busy or not."""
        self._closed = True
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await asyncio.gather(*(instance.end() for instance in list(self.instances)))

    async def prepare(self) -> Path:
        """Check that it can run here, and unpack its code (Lambda does so before INIT)."""
        check_can_run(self.version)
        return await asyncio.to_thread(unpack, self.version.code, self._code)

    def _start_if_wanted(self) -> None:
        waiting = sum(not place.done() for place in self._waiting)
        if self._starting < waiting:
            self._starting += 1
            self._spawn_task(self._start_one())

    async def _start_one(self) -> None:
        try:
            async with self._starting_limit:
                if not self._has_waiting():
                    # Others became idle meanwhile and served all who waited.
                    return
                instance = await self._new()
            self.release(instance)
        except Exception as error:  # noqa: BLE001 - it is the first waiting caller's to handle
            self._fail_first(error)
        finally:
            self._starting -= 1

    async def _new(self) -> Instance:
        """One that waits for work, or whose INIT has failed."""
        instance = Instance(
            self.version,
            code=await self.prepare(),
            place=self._place,
            on_end=self._forget,
        )
        self.instances.add(instance)
        try:
            await instance.start()
        except BaseException:
            self.instances.discard(instance)
            raise
        return instance

    def _fail_first(self, error: Exception) -> None:
        while self._waiting:
            place = self._waiting.popleft()
            if not place.done():
                place.set_exception(error)
                return

    def _has_waiting(self) -> bool:
        return any(not place.done() for place in self._waiting)

    def _forget(self, instance: Instance) -> None:
        self.instances.discard(instance)
        if instance in self._idle:
            self._idle.remove(instance)
        if not self._closed:
            # Who waits for it to finish waits in vain.
            self._start_if_wanted()

    def _end_idle(self, instances: list[Instance]) -> None:
        for instance in instances:
            self._spawn_task(instance.end())

    def _spawn_task(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
