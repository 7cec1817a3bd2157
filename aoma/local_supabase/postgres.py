"""A PostgreSQL server of one's own, arranged as Supabase arranges it."""

from __future__ import annotations

import contextlib
import locale
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

from aoma.local_supabase import LocalSupabaseError, reset
from aoma.local_supabase.keys import Keys
from aoma.local_supabase.places import ADMIN, HOST, ORIGIN, OWNER, place_for, sweep
from aoma.local_supabase.programs import postgres_tree
from aoma.local_supabase.reset import Connection

START_SECONDS = 60.0
STOP_SECONDS = 20.0
DATABASE = "postgres"
# Where `fresh` copies from, and what is connected to while the database is replaced.
TEMPLATE, MAINTENANCE = "mesh_template", "template1"
GUARD = Path(__file__).with_name("exec_guard.py")

# A crash of this machine may lose data: it is a copy of what is in files and repositories.
SETTINGS = {
    "listen_addresses": HOST,
    "unix_socket_directories": "",
    "max_connections": "60",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "shared_buffers": "128MB",
    "maintenance_work_mem": "256MB",
    "timezone": "UTC",
    "log_timezone": "UTC",
}

# The roles and grants of a hosted project, see
# https://supabase.com/docs/guides/database/postgres/roles
ARRANGEMENT = """
create role postgres login createdb createrole replication bypassrls;
create role anon nologin noinherit;
create role authenticated nologin noinherit;
create role service_role nologin noinherit bypassrls;
create role authenticator login noinherit;
grant anon, authenticated, service_role to authenticator;
grant anon, authenticated, service_role, authenticator to postgres with admin option;
alter role authenticated set statement_timeout = '8s';
alter role anon set statement_timeout = '3s';
alter role all set search_path = "$user", public, extensions;
alter database postgres owner to postgres;
create schema extensions authorization postgres;
grant usage on schema public, extensions to anon, authenticated, service_role;
grant all on schema public to postgres;
alter default privileges for role postgres in schema public
    grant all on tables to anon, authenticated, service_role;
alter default privileges for role postgres in schema public
    grant all on functions to anon, authenticated, service_role;
alter default privileges for role postgres in schema public
    grant all on sequences to anon, authenticated, service_role;
"""


class Postgres:
    """A server; it is not running before `start`.

    Args:
        folder: its own; data survive stop and start in it.
        keys: the passwords in it become those of the users.
        port: the port to take when it is free.
    """

    def __init__(self, folder: Path, keys: Keys, port: int = 0) -> None:
        self.folder = place_for(folder)
        self._origin = folder.absolute()
        self.port = port
        self._keys = keys
        self._process: subprocess.Popen[bytes] | None = None
        self._saved: reset.Snapshot | None = None
        self._user = pwd.getpwnam("nobody") if os.geteuid() == 0 else None

    @property
    def data(self) -> Path:
        """PostgreSQL's data directory."""
        return self.folder / "data"

    @property
    def log(self) -> Path:
        """What the server writes."""
        return self.folder / "postgres.log"

    def url(self, user: str = OWNER, database: str = DATABASE) -> str:
        """Address for psycopg and psql, password and all."""
        password = self._keys.admin_password if user == ADMIN else self._keys.database_password
        return f"postgresql://{user}:{password}@{HOST}:{self.port}/{database}"

    @contextmanager
    def connect(self, user: str = OWNER, database: str = DATABASE) -> Iterator[Connection]:
        """Lend an autocommitting connection."""
        with psycopg.connect(
            self.url(user, database), autocommit=True, connect_timeout=10
        ) as connection:
            yield connection

    def start(self) -> None:
        """Start, and arrange the database the first time.

        Raises:
            LocalSupabaseError: it did not come up; the message is its own.
        """
        programs = self._install()
        new = not (self.data / "PG_VERSION").is_file()
        if new:
            self._initialise(programs)
        deadline = time.monotonic() + STOP_SECONDS
        while not self._launch(programs, self._port()):
            # Whoever was quicker with the port, or our own predecessor that still ends: one
            # that was killed leaves processes behind which notice it when they next run.
            if time.monotonic() > deadline:
                raise LocalSupabaseError(f"PostgreSQL does not start: see {self.log}")
            time.sleep(0.3)
        if not self._is_arranged():
            self._arrange()

    @property
    def ended(self) -> bool:
        """Whether it has ended by itself since it was started."""
        return self._process is not None and self._process.poll() is not None

    def stop(self) -> None:
        """End it, its clients' connections too; data stay."""
        process, self._process = self._process, None
        if process is None:
            return
        if process.poll() is None:
            process.send_signal(signal.SIGINT)  # fast shutdown
            try:
                process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.send_signal(signal.SIGQUIT)  # immediate shutdown
                process.wait(STOP_SECONDS)

    def remove(self) -> None:
        """Remove its files; only when it is stopped."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def save_template(self) -> None:
        """Keep the database as it is now: `fresh` goes back to it."""
        with self.connect(ADMIN, MAINTENANCE) as connection:
            connection.execute(f"drop database if exists {TEMPLATE} with (force)")
            _end_connections(connection)
            connection.execute(f"create database {TEMPLATE} template {DATABASE} owner {OWNER}")
        with self.connect(ADMIN) as connection:
            self._saved = reset.snapshot(connection)

    def empty(self) -> bool:
        """Go back to what `save_template` kept by removing rows; False when that is not enough."""
        if self._saved is None:
            return False
        with self.connect(ADMIN) as connection:
            return reset.go_back(connection, self._saved)

    def fresh(self) -> None:
        """Replace the database by what `save_template` kept; connections to it end."""
        with self.connect(ADMIN, MAINTENANCE) as connection:
            connection.execute(f"drop database if exists {DATABASE} with (force)")
            connection.execute(f"create database {DATABASE} template {TEMPLATE} owner {OWNER}")
        with self.connect(ADMIN) as connection:
            self._saved = reset.snapshot(connection)

    def _port(self) -> int:
        return self.port if self.port and _is_free(self.port) else _free_port()

    def _install(self) -> Path:
        self.folder.mkdir(parents=True, exist_ok=True)
        if self._user is not None:
            if self.folder.stat().st_uid != 0:
                raise LocalSupabaseError(f"{self.folder} is somebody else's: remove it")
            self.folder.chmod(0o755)
            if self.folder != self._origin:
                sweep(self.folder.parent)
                (self.folder / ORIGIN).write_text(str(self._origin))
        return postgres_tree(self.folder / "programs")

    def _command(self, number: signal.Signals, *command: str) -> list[str]:
        user, group = (self._user.pw_uid, self._user.pw_gid) if self._user else (-1, -1)
        guard = [os.getpid(), user, group, int(number)]
        return [sys.executable, "-I", "-S", str(GUARD), *map(str, guard), *command]

    def _own(self, path: Path) -> None:
        if self._user is not None:
            os.chown(path, self._user.pw_uid, self._user.pw_gid)

    def _initialise(self, programs: Path) -> None:
        shutil.rmtree(self.data, ignore_errors=True)
        self.data.mkdir(mode=0o700)
        self._own(self.data)
        password = self.folder / "password"
        password.touch(mode=0o600)
        password.write_text(self._keys.admin_password)
        self._own(password)
        try:
            done = subprocess.run(
                self._command(
                    signal.SIGKILL,
                    *(str(programs / "initdb"), "-D", str(self.data), "-U", ADMIN),
                    *("-A", "scram-sha-256", "--pwfile", str(password), "--no-sync"),
                    *("-E", "UTF8", "--locale=C", f"--lc-ctype={_ctype()}"),
                ),
                cwd=self.folder,
                capture_output=True,
                text=True,
                check=False,
            )
        finally:
            password.unlink()
        if done.returncode != 0:
            shutil.rmtree(self.data, ignore_errors=True)
            said = (done.stderr or done.stdout).strip().splitlines()
            raise LocalSupabaseError(f"initdb: {said[-1] if said else done.returncode}")

    def _launch(self, programs: Path, port: int) -> bool:
        """Start on this port; False when it ended again at once, as when the port is taken."""
        settings = [f"--{name}={value}" for name, value in SETTINGS.items()]
        with self.log.open("ab") as log:
            process = subprocess.Popen(
                self._command(
                    signal.SIGINT,
                    *(str(programs / "postgres"), "-D", str(self.data), "-p", str(port)),
                    *settings,
                ),
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                # Ctrl-C is for whoever started this, and ends it in order.
                start_new_session=True,
            )
        self._process, self.port = process, port
        deadline = time.monotonic() + START_SECONDS
        while process.poll() is None:
            with (
                contextlib.suppress(psycopg.OperationalError),
                self.connect(ADMIN, MAINTENANCE),
            ):
                return True
            if time.monotonic() > deadline:
                self.stop()
                raise LocalSupabaseError(
                    f"PostgreSQL does not answer within {START_SECONDS:.0f} s: see {self.log}"
                )
            time.sleep(0.02)
        return False

    def _is_arranged(self) -> bool:
        with self.connect(ADMIN, MAINTENANCE) as connection:
            row = connection.execute("select to_regrole('authenticator') is not null").fetchone()
        return bool(row and row[0])

    def _arrange(self) -> None:
        password = self._keys.database_password
        with self.connect(ADMIN) as connection, connection.transaction():
            connection.execute(ARRANGEMENT)
            for role in ("postgres", "authenticator"):
                connection.execute(f"alter role {role} password '{password}'".encode())


def _end_connections(connection: Connection) -> None:
    """Disconnect everybody: a database that is copied must have no other users."""
    connection.execute(
        "select pg_terminate_backend(pid, 5000) from pg_stat_activity where datname = %s",
        (DATABASE,),
    )


def _ctype() -> str:
    """A locale of this machine that knows the letters of all languages, if there is one."""
    before = locale.setlocale(locale.LC_CTYPE)
    try:
        for name in ("C.UTF-8", "en_US.UTF-8"):
            with contextlib.suppress(locale.Error):
                locale.setlocale(locale.LC_CTYPE, name)
                return name
        return "C"
    finally:
        locale.setlocale(locale.LC_CTYPE, before)


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        return probe.connect_ex((HOST, port)) != 0


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
    return port
