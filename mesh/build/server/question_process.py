"""A process that answers a question of the build about a server: its arguments and its answer."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import TextIO

# The exit status of a process whose last line on standard error is for the author.
STATUS = 3
# Far longer than the 10 s that Lambda gives an import:
# https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html
IMPORT_SECONDS = 60


def arguments() -> list[str]:
    """The arguments of this process, which it no longer has then.

    Lambda gives none, and an author's module may read `sys.argv` while it is imported.
    """
    given = sys.argv[1:]
    del sys.argv[1:]
    return given


@contextmanager
def answer() -> Iterator[TextIO]:
    """Where the answer goes; the process ends once it is written.

    Whatever an author's module prints goes to standard error, also from C and from processes of
    its own. A thread that it started does not hold up the end.
    """
    with os.fdopen(os.dup(1), "w", encoding="utf-8") as output:
        os.dup2(2, 1)
        yield output
    os._exit(0)


def end(line: str) -> None:
    """End this process with a line for the author."""
    sys.stderr.write(f"\n{' '.join(line.split())}\n")
    sys.stderr.flush()
    # At once: what an author's module does at the end of the process may print, or never end.
    os._exit(STATUS)


@contextmanager
def in_time() -> Iterator[None]:
    """End the process with a line for the author, should an import within not end by itself.

    The author's modules are in the current folder.
    """
    root = os.getcwd()  # noqa: PTH109 - pathlib is not imported for this alone

    def stop(_signal: int, frame: FrameType | None) -> None:
        # Nothing is raised, which the author's code might catch.
        place = ""
        while frame and not place:
            file = frame.f_code.co_filename
            if file.startswith(f"{root}/"):
                place = f"{file[len(root) + 1 :]}, line {frame.f_lineno}: "
            frame = frame.f_back
        end(
            f"{place}the import has not ended after {IMPORT_SECONDS} s. Put what serves or waits "
            'under `if __name__ == "__main__":`.'
        )

    signal.signal(signal.SIGALRM, stop)
    signal.alarm(IMPORT_SECONDS)
    try:
        yield
    finally:
        signal.alarm(0)
