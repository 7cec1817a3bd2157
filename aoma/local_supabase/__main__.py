"""`python -m aoma.local_supabase --state DIR`: Supabase, OpenAI's stand-in, in the foreground."""

from __future__ import annotations

import argparse
import fcntl
import os
import signal
import sys
import threading
from pathlib import Path

import psycopg

from aoma.local_supabase import LocalSupabaseError, process
from aoma.local_supabase.openai.server import LocalOpenAI
from aoma.local_supabase.stack import LocalSupabase
from mesh.local_aws import LocalAwsError
from mesh.local_aws.function_url.ports import listen_somewhere
from mesh.local_aws.private_files import keep_private, private_folder
from mesh.local_aws.process_identity import identity, owner

LOOK_SECONDS = 0.5


def lasting_port() -> int:
    """A free port that the kernel gives to nobody by itself: it is free again at the next start.

    0, for any, when all that were tried are taken.
    """
    try:
        with listen_somewhere() as listener:
            return int(listener.getsockname()[1])
    except LocalAwsError:
        return 0


def serve(state: Path) -> None:
    """Run until SIGTERM or SIGINT.

    Raises:
        LocalSupabaseError: the state is in use, or a program is missing, does not start or
            ends by itself.
    """
    private_folder(state)
    with (state / "local-supabase.lock").open("a") as lock:
        try:
            # The kernel lets go of it however this process ends.
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise LocalSupabaseError(f"another one runs on {state} already") from None
        ended = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: ended.set())
        last = process.read_record(state)
        keys = process.keys_of(state)
        with (
            LocalSupabase(
                state,
                keys=keys,
                port=last.port if last else lasting_port(),
                database_port=last.database_port if last else lasting_port(),
            ) as supabase,
            LocalOpenAI(keys.openai, port=last.openai_port if last else lasting_port()) as openai,
        ):
            me = os.getpid()
            process.write_record(
                state,
                process.Record(
                    pid=me,
                    identity=identity(me) or "",
                    port=supabase.port,
                    openai_port=openai.port,
                    database_port=supabase.postgres.port,
                    ready=True,
                ),
            )
            print(
                f"Supabase {supabase.url}, PostgreSQL port {supabase.postgres.port}, "
                f"stand-in for OpenAI {openai.base_url}",
                flush=True,
            )
            owner_ended = owner()
            # One without the other is of no use, and `find` must not call it running.
            while not ended.wait(LOOK_SECONDS) and not owner_ended():
                supabase.check()


def main() -> None:
    """Run; an error is one line and status 1."""
    parser = argparse.ArgumentParser(prog="python -m aoma.local_supabase", description=__doc__)
    parser.add_argument("--state", type=Path, required=True, help="folder of its data and keys")
    options = parser.parse_args()
    keep_private()
    # The starter of a detached one may end before it does.
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        serve(options.state.absolute())
    except LocalSupabaseError as error:
        sys.exit(f"local Supabase: {error}")
    except (OSError, psycopg.Error) as error:
        sys.exit(f"local Supabase: {type(error).__name__}: {str(error).partition(chr(10))[0]}")


if __name__ == "__main__":
    main()
