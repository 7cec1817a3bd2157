"""A process that answers a question of the build about a server: its arguments and its answer."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO


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
