"""PostgREST, on a socket that only the gateway knows."""

from __future__ import annotations

import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from aoma.local_supabase import LocalSupabaseError
from aoma.local_supabase.keys import Keys
from aoma.local_supabase.postgres import GUARD, Postgres
from mesh.local_aws.process_identity import identity

START_SECONDS = 30.0
STOP_SECONDS = 5.0
READY = 200
# Of the sockets' folders; the number of the process that made one comes next.
PREFIX = "mesh-postgrest-"


class PostgREST:
    """The program; it is not running before `start`.

    Args:
        program: where it lies.
        postgres: what it asks.
        keys: what it verifies tokens with.
        log: the file that its output is appended to.
    """

    def __init__(self, program: Path, postgres: Postgres, keys: Keys, log: Path) -> None:
        self._program = program
        self._postgres = postgres
        self._keys = keys
        self.log = log
        # A socket's path has 107 characters at most, and a test's folder has many.
        _sweep(Path(tempfile.gettempdir()))
        self._folder = Path(tempfile.mkdtemp(prefix=f"{PREFIX}{os.getpid()}-"))
        self.socket = self._folder / "postgrest"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start, and wait until it knows the schema.

        Raises:
            LocalSupabaseError: it ended or does not get ready.
        """
        self.socket.unlink(missing_ok=True)
        guard = [os.getpid(), -1, -1, int(signal.SIGKILL)]
        with self.log.open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-I", "-S", str(GUARD), *map(str, guard), str(self._program)],
                env=self._environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self._process = process
        deadline = time.monotonic() + START_SECONDS
        while not self._is_ready():
            if process.poll() is not None:
                raise LocalSupabaseError(f"PostgREST ended at once: see {self.log}")
            if time.monotonic() > deadline:
                self.stop()
                raise LocalSupabaseError(f"PostgREST does not get ready: see {self.log}")
            time.sleep(0.01)

    @property
    def ended(self) -> bool:
        """Whether it has ended by itself since it was started."""
        return self._process is not None and self._process.poll() is not None

    def stop(self) -> None:
        """End it."""
        process, self._process = self._process, None
        if process is not None and process.poll() is None:
            process.terminate()
            try:
                process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def close(self) -> None:
        """End it and remove its socket."""
        self.stop()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _environment(self) -> dict[str, str]:
        # https://docs.postgrest.org/en/v12/references/configuration.html
        return {
            "HOME": str(self._folder),
            "PGRST_DB_URI": self._postgres.url("authenticator"),
            "PGRST_DB_SCHEMAS": "public",
            "PGRST_DB_EXTRA_SEARCH_PATH": "public,extensions",
            "PGRST_DB_ANON_ROLE": "anon",
            "PGRST_DB_MAX_ROWS": "1000",
            "PGRST_DB_POOL": "10",
            "PGRST_JWT_SECRET": json.dumps(self._keys.verifying_jwks()),
            "PGRST_SERVER_UNIX_SOCKET": str(self.socket),
            "PGRST_LOG_LEVEL": "error",
        }

    def _is_ready(self) -> bool:
        """Whether it answers, and from a schema it has read."""
        connection = _UnixConnection(str(self.socket))
        try:
            connection.request("HEAD", "/")
            return connection.getresponse().status == READY
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()


def _sweep(base: Path) -> None:
    """Remove the folders that killed processes have left."""
    for place in base.glob(f"{PREFIX}*-*"):
        maker = place.name.removeprefix(PREFIX).partition("-")[0]
        if maker.isdigit() and identity(int(maker)) is None:
            shutil.rmtree(place, ignore_errors=True)


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, path: str) -> None:
        super().__init__("localhost", timeout=5)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)
