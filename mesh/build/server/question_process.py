"""A process that answers a question of the build about a server: its arguments and its answer."""

from __future__ import annotations

import os
import sys
import sysconfig
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO


def leave_out_own_packages() -> None:
    """Hide the packages of the Python that builds: the zip does not carry them.

    A server that imports one of them without declaring it would start here, and not on Lambda.
    """
    ours = Path(__file__).resolve().parents[3]
    left_out = {ours, *(Path(sysconfig.get_path(one)).resolve() for one in ("purelib", "platlib"))}
    # The project comes first, and may be the folder that Mesh is in.
    sys.path[:] = [one for one in sys.path[:1] if one] + [
        one for one in sys.path[1:] if Path(one).resolve() not in left_out
    ]
    kept = tuple(Path(one).resolve() for one in sys.path if one)
    for name, module in list(sys.modules.items()):
        file = getattr(module, "__file__", None)
        if not file or name.partition(".")[0] in {"mesh", "__main__"}:
            continue
        # In the order in which Python looks: a folder of packages may lie below one that stays.
        above = Path(file).resolve().parents
        if next((one for one in above if one in left_out or one in kept), None) in left_out:
            del sys.modules[name]


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
