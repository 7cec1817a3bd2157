"""Native libraries without what only debuggers and linkers read: the same code in less space.

This saves 9 % of the zip (`python -m benchmarks.build_steps`).

It does what `strip` does, for both architectures on any machine. A loader reads only the segments
that the program headers name. Compilers write sections (symbols of functions, debugging data)
behind the last segment, and in some wheels these are several times as large as the code.
https://refspecs.linuxfoundation.org/elf/gabi4+/ch5.pheader.html
"""

from __future__ import annotations

import struct

MAGIC = b"\x7fELF"
# 64 bits, little-endian: all of Lambda's processors.
CLASS_AND_DATA = b"\x02\x01"
# Offsets in the file's header: e_phoff, e_shoff, e_phentsize with e_phnum, e_shentsize and on.
PROGRAM_HEADERS, SECTION_HEADERS, PROGRAM_SIZES, SECTION_SIZES = 0x20, 0x28, 0x36, 0x3A
SECTION_HEADER_BYTES = 64
# In a program header: p_offset, and p_filesz.
OFFSET, FILE_SIZE = 0x08, 0x20


def stripped(data: bytes) -> bytes:
    """A library without what lies behind its segments; anything else as it is."""
    if data[:4] != MAGIC or data[4:6] != CLASS_AND_DATA:
        return data
    (headers,) = struct.unpack_from("<Q", data, PROGRAM_HEADERS)
    size, count = struct.unpack_from("<HH", data, PROGRAM_SIZES)
    end = headers + size * count
    for place in range(headers, end, size):
        (offset,) = struct.unpack_from("<Q", data, place + OFFSET)
        (length,) = struct.unpack_from("<Q", data, place + FILE_SIZE)
        end = max(end, offset + length)
    kept = bytearray(data[:end])
    # No sections: their table went too.
    struct.pack_into("<Q", kept, SECTION_HEADERS, 0)
    struct.pack_into("<HHH", kept, SECTION_SIZES, SECTION_HEADER_BYTES, 0, 0)
    return bytes(kept)
