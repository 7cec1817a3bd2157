"""A run of tests that is cut short leaves nothing running."""

import os
import signal
import subprocess
import sys

import pytest

from mesh.build.environment import ROOT
from mesh.local_aws.process_identity import OWNER, identity
from tests.fixtures.deployed import wait_until

INTERRUPTED = """
import os, pathlib, subprocess, threading
from mesh.local_aws.process import start

def test_that_waits(tmp_path):
    running = start(tmp_path / "state", log=tmp_path / "log.txt")
    other = subprocess.Popen(["sleep", "600"], start_new_session=True)
    told = pathlib.Path(os.environ["TOLD"])
    (told.parent / "draft").write_text(f"{running.pid} {other.pid}")
    (told.parent / "draft").rename(told)
    threading.Event().wait()
"""


@pytest.mark.parametrize(
    ("sent", "send"),
    [
        # To pytest alone, as `kill` does, and not to what pytest has started.
        (signal.SIGINT, os.kill),
        (signal.SIGTERM, os.kill),
        (signal.SIGKILL, os.kill),
        # To all that run in the foreground, as a terminal does.
        pytest.param(signal.SIGINT, os.killpg, id="Ctrl-C"),
    ],
)
@pytest.mark.parametrize("workers", [(), ("-n", "1")], ids=["alone", "with a worker"])
def test_a_test_run_that_is_cut_short_leaves_nothing_running(tmp_path, workers, sent, send):
    written, told = tmp_path / "test_cut_short.py", tmp_path / "told"
    written.write_text(INTERRUPTED)
    variables = {name: value for name, value in os.environ.items() if name != OWNER}
    run = subprocess.Popen(
        [
            *(sys.executable, "-m", "pytest", "-p", "tests.conftest", "-p", "no:cacheprovider"),
            *("--rootdir", str(tmp_path), "--basetemp", str(tmp_path / "made"), *workers),
            str(written),
        ],
        cwd=ROOT,
        env={**variables, "TOLD": str(told)},
        stdout=subprocess.DEVNULL,
        start_new_session=True,
    )
    wait_until(told.exists)
    started = [int(pid) for pid in told.read_text().split()]
    assert all(map(identity, started))
    send(run.pid, sent)
    run.wait(60)
    wait_until(lambda: not any(map(identity, started)))
