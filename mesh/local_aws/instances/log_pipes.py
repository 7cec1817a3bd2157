"""What an instance writes: lines on its standard output, frames on its telemetry descriptor."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable

READ_BYTES = 65536
FRAME_HEADER_BYTES = 16
FRAME_MARK = b"\xa5\x5a"


class LinePipe:
    """Lines of standard output and error: `print` and native code.

    Args:
        descriptor: Reading end; closed by `close`.
        write: Gets each line, without its line feed.
    """

    def __init__(self, descriptor: int, write: Callable[[str], None]) -> None:
        self._descriptor = descriptor
        self._write = write
        self._rest = b""
        os.set_blocking(descriptor, False)
        asyncio.get_running_loop().add_reader(descriptor, self.drain)

    def drain(self) -> None:
        """Take all that was written so far."""
        while True:
            try:
                data = os.read(self._descriptor, READ_BYTES)
            except BlockingIOError:
                break
            if not data:
                asyncio.get_running_loop().remove_reader(self._descriptor)
                break
            self._rest += data
        self._rest = self._take(self._rest)

    def flush(self) -> None:
        """Take all that was written so far, an unfinished line too: an invocation has ended."""
        self.drain()
        rest, self._rest = self._rest, b""
        if rest:
            self._write(rest.decode(errors="replace"))

    def close(self) -> None:
        """Take the rest."""
        self.flush()
        asyncio.get_running_loop().remove_reader(self._descriptor)
        os.close(self._descriptor)

    def _take(self, data: bytes) -> bytes:
        *lines, rest = data.split(b"\n")
        for line in lines:
            self._write(line.decode(errors="replace"))
        return rest


class FramePipe(LinePipe):
    """awslambdaric's frames: mark (4 bytes), length (4), time (8), message.

    See FramedTelemetryLogSink in awslambdaric.bootstrap. A message may have many lines
    (a traceback) and stays one log event.
    """

    def flush(self) -> None:
        """Take the frames that are whole; the runtime is still writing any other."""
        self.drain()

    def _take(self, data: bytes) -> bytes:
        while len(data) >= FRAME_HEADER_BYTES and data[:2] == FRAME_MARK:
            length = int.from_bytes(data[4:8], "big")
            end = FRAME_HEADER_BYTES + length
            if len(data) < end:
                break
            self._write(data[FRAME_HEADER_BYTES:end].decode(errors="replace"))
            data = data[end:]
        return data
