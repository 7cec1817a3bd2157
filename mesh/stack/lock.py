"""One `mesh up` or `mesh down` at a time in one checkout."""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

import portalocker

from mesh.failure import CommandFailedError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@contextmanager
def exclusive(path: Path, command: str) -> Iterator[None]:
    """Hold the lock `path` while the body runs; the system releases it if the process dies.

    Args:
        path: the lock file; it stays, its presence means nothing.
        command: what the holder is doing, such as `mesh up`, told to whoever comes second.

    Raises:
        CommandFailedError: another process holds it; the message names its process id.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+") as file:
        try:
            portalocker.lock(file, portalocker.LOCK_EX | portalocker.LOCK_NB)
        except portalocker.LockException as error:
            file.seek(0)
            holder = file.read().strip() or "another process"
            raise CommandFailedError(
                f"{holder} is at work in this folder; run this again when it has ended."
            ) from error
        file.truncate(0)
        file.write(f"{command} (process {os.getpid()})")
        file.flush()
        try:
            yield
        finally:
            file.truncate(0)
            # Before the release, so that nobody reads a name that is no longer true.
            file.flush()
            portalocker.unlock(file)
