"""Memory that a process uses now, without what its allocators keep for later.

Resident pages say little about a leak. They stay after one large request, and they grow for a
long while as the heap becomes fragmented.
"""

from __future__ import annotations

import ctypes
import gc
import sys
from typing import NamedTuple

# The mean size of the blocks of Python's small object allocator in this server.
BLOCK_BYTES = 96


class Memory(NamedTuple):
    """The memory of a process.

    Attributes:
        modules: How many modules it has imported; imports take memory, and are no leak.
        live_bytes: What its objects take.
    """

    modules: int
    live_bytes: int


class _Mallinfo2(ctypes.Structure):
    """What `mallinfo2` returns: https://man7.org/linux/man-pages/man3/mallinfo.3.html."""

    _fields_ = tuple(
        (name, ctypes.c_size_t)
        for name in (
            "arena",
            "ordblks",
            "smblks",
            "hblks",
            "hblkhd",
            "usmblks",
            "fsmblks",
            "uordblks",
            "fordblks",
            "keepcost",
        )
    )


def memory() -> Memory:
    """The memory of this process, after a garbage collection.

    Small objects are counted, and what `malloc` gave out; only the former where the C library is
    not GNU's.
    """
    gc.collect()
    live = sys.getallocatedblocks() * BLOCK_BYTES
    mallinfo2 = getattr(ctypes.CDLL(None), "mallinfo2", None)
    if mallinfo2 is not None:
        mallinfo2.restype = _Mallinfo2
        told = mallinfo2()
        live += told.uordblks + told.hblkhd
    return Memory(len(sys.modules), live)
