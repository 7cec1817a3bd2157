"""The database server alone: what its start has to cope with."""

from __future__ import annotations

import os
import signal
import subprocess
import threading

import pytest

from aoma.local_supabase.keys import Keys
from aoma.local_supabase.postgres import Postgres


@pytest.fixture
def postgres(tmp_path):
    server = Postgres(tmp_path / "postgres", Keys.fresh())
    server.start()
    yield server
    server.stop()
    server.remove()


def test_a_start_waits_for_what_a_killed_server_left_behind(postgres):
    server = int((postgres.data / "postmaster.pid").read_text().split("\n")[0])
    listed = subprocess.run(
        ["ps", "-A", "-o", "pid=,ppid=,args="], capture_output=True, text=True, check=True
    ).stdout
    rows = [line.split(None, 2) for line in listed.splitlines()]
    (left,) = [
        int(pid) for pid, parent, name in rows if int(parent) == server and "checkpointer" in name
    ]
    # As on a busy machine, which lets it run, and see that it is to end, only later.
    os.kill(left, signal.SIGSTOP)
    later = threading.Timer(4, os.kill, (left, signal.SIGCONT))
    os.kill(server, signal.SIGKILL)
    postgres.stop()
    later.start()
    try:
        postgres.start()
        with postgres.connect() as connection:
            assert connection.execute("select 1").fetchone() == (1,)
    finally:
        later.join()
