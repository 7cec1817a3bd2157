"""Opens an index file read-only, and lends connections to it.

One thread at a time uses a connection: it takes an idle one or opens one, and puts it back. So
FastMCP's worker threads search side by side without waiting for each other. No thread owns a
connection that has to be closed when the thread ends. An instance that serves one request at a
time, as on Lambda, has exactly one connection.
"""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager

from mcp_app.knowledge.embedded.schema import APPLICATION_ID, SCHEMA_VERSION
from mcp_app.knowledge.errors import SearchTimeoutError, SourceUnavailableError

SOURCE = "embedded index"
REBUILD = "Build the zip again: `python build.py`."

# How many of SQLite's instructions run between two looks at the clock: well below 1 ms.
_INSTRUCTIONS_PER_LOOK = 2_000


class IndexFile:
    """An index on disk. Use as a context manager, or close it.

    Args:
        path: the file `aoma.corpus.write_index` made.

    Raises:
        SourceUnavailableError: missing, not an index, cut off, or of another version.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self._path = os.path.abspath(path)  # noqa: PTH100 - pathlib costs the cold start more
        self._name = os.path.basename(self._path)  # noqa: PTH119 - as above
        self._idle: list[sqlite3.Connection] = []
        try:
            self.size_bytes = os.stat(self._path).st_size  # noqa: PTH116 - as above
        except OSError as error:
            raise SourceUnavailableError(
                SOURCE, f"{self._name} cannot be opened ({error.strerror})", REBUILD
            ) from error
        with self.connection() as connection:
            self._check(connection)

    def _check(self, connection: sqlite3.Connection) -> None:
        identity = connection.execute("PRAGMA application_id").fetchone()[0]
        if identity != APPLICATION_ID:
            raise SourceUnavailableError(SOURCE, f"{self._name} is not an index", REBUILD)
        version = connection.execute("PRAGMA user_version").fetchone()[0]
        if version != SCHEMA_VERSION:
            raise SourceUnavailableError(
                SOURCE,
                f"{self._name} has schema version {version}, and this server reads "
                f"{SCHEMA_VERSION}",
                REBUILD,
            )

    def _open(self) -> sqlite3.Connection:
        # immutable: no locks and no journal are looked for, as on Lambda's read-only disk.
        # https://sqlite.org/uri.html#uriimmutable
        place = self._path.replace("%", "%25").replace("?", "%3f").replace("#", "%23")
        connection = sqlite3.connect(
            f"file:{place}?mode=ro&immutable=1",
            uri=True,
            # The pool sees to it that one thread at a time uses it.
            check_same_thread=False,
            isolation_level=None,
        )
        try:
            connection.execute("PRAGMA temp_store = MEMORY")
        except BaseException:
            connection.close()
            raise
        return connection

    @contextmanager
    def connection(self, limit_seconds: float | None = None) -> Iterator[sqlite3.Connection]:
        """Lend a connection, to be used for at most `limit_seconds`.

        Raises:
            SearchTimeoutError: the limit passed while SQLite was at work.
            SourceUnavailableError: the file cannot be read.
        """
        connection = self._take()
        try:
            if limit_seconds is not None:
                deadline = time.monotonic() + limit_seconds
                connection.set_progress_handler(
                    lambda: time.monotonic() > deadline, _INSTRUCTIONS_PER_LOOK
                )
            yield connection
        except BaseException as error:
            # Whatever it was in the middle of: the next search gets a fresh one.
            connection.close()
            if not isinstance(error, sqlite3.DatabaseError):
                raise
            if getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_INTERRUPT:
                raise SearchTimeoutError(SOURCE, limit_seconds or 0.0) from error
            raise self._unreadable(error) from error
        connection.set_progress_handler(None, 0)
        self._idle.append(connection)

    def _take(self) -> sqlite3.Connection:
        try:
            # Atomic, so two threads never get the same connection.
            return self._idle.pop()
        except IndexError:
            pass
        try:
            return self._open()
        except sqlite3.DatabaseError as error:
            raise self._unreadable(error) from error

    def _unreadable(self, error: sqlite3.DatabaseError) -> SourceUnavailableError:
        return SourceUnavailableError(SOURCE, f"{self._name} cannot be read ({error})", REBUILD)

    def close(self) -> None:
        """Close the connections that are not in use."""
        while self._idle:
            self._idle.pop().close()
