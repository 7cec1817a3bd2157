"""Runs tests once for each line of standard input, each time in a copy of this process.

What tests import of others is imported before: that takes longer than most tests. The modules of
this project are imported in the copy, so they are what lies on the disk at that moment.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys

# Each takes a while to import, and none imports anything of this project.
import boto3  # noqa: F401 - see above
import fastmcp  # noqa: F401 - see above
import httpx  # noqa: F401 - see above
import hypothesis  # noqa: F401 - see above
import pytest


def _run(seconds: int, arguments: list[str]) -> int:
    """The exit status of pytest in a copy of this process; the signal that ended it if one did."""
    copy = os.fork()
    if copy == 0:
        # A session, so that what a test started ends with it.
        os.setsid()
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.alarm(seconds)
        silent = os.open(os.devnull, os.O_WRONLY)
        os.dup2(silent, 1)
        os.dup2(silent, 2)
        os._exit(pytest.main(arguments))
    _, status = os.waitpid(copy, 0)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(copy, signal.SIGKILL)
    return os.waitstatus_to_exitcode(status)


def main() -> None:
    """Answer each line, which says how many seconds the tests may take, with the exit status."""
    # pytest would rather have imported its plugins itself.
    quiet = ("-W", "ignore::pytest.PytestAssertRewriteWarning")
    arguments = ["-x", "-q", "-p", "no:cacheprovider", *quiet, *sys.argv[1:]]
    for line in sys.stdin:
        print(_run(int(line), arguments), flush=True)  # noqa: T201 - its answer


if __name__ == "__main__":
    main()
