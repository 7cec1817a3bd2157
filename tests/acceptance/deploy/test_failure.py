"""A release that fails or is cancelled leaves live correct, and soon."""

from __future__ import annotations

import io
import signal
import subprocess
import sys
import threading
import time

import httpx
import pytest

from mesh.deploy.release.rollback import known
from mesh.deploy.release.rollout import Options, release
from mesh.deploy.release.trial import NotReleasedError
from mesh.progress import Steps
from tests.acceptance.deploy.conftest import BROKEN_FOR_KEYS, KEY, Deployed
from tests.fixtures.deployed import wait_until

# What GitHub allows between its signals:
# https://docs.github.com/en/actions/reference/workflow-cancellation-reference
SIGTERM_AFTER_SECONDS = 7.5
# `mesh release`, for a root whose providers are not in its folder.
PROGRAM = """
import os, signal, sys
from pathlib import Path
from mesh.cli import interrupt, settle
from mesh.deploy.release.rollout import Options, release
from mesh.deploy.release.root import Root
from mesh.deploy.release.target import Target
from mesh.progress import Steps
from mesh.smoke import credential
from mesh.stack import local_aws_client

signal.signal(signal.SIGTERM, interrupt)
folder, log, key, *arguments = sys.argv[1:]
signature = credential.SigV4(local_aws_client.credentials(os.environ), os.environ["AWS_REGION"])
target = Target(
    root=Root(Path(folder), dict(os.environ), tuple(arguments), Path(log)),
    where="local AWS",
    client=lambda service: local_aws_client.client(service, os.environ),
    sign=lambda _: signature,
    key=key,
)
try:
    release(target, Options(), Steps(6))
except KeyboardInterrupt:
    settle()
    sys.exit(130)
"""


def test_a_version_that_fails_where_it_is_live_is_taken_back_within_15_seconds(
    deployed: Deployed,
) -> None:
    deployed.write(BROKEN_FOR_KEYS)
    answers: list[tuple[float, int]] = []
    ended = threading.Event()

    def call() -> None:
        while not ended.wait(0.1):
            answers.append((time.monotonic(), deployed.answers_at(url)))

    url = deployed.target.root.outputs()["mcp_url"]
    caller = threading.Thread(target=call)
    caller.start()
    try:
        with pytest.raises(NotReleasedError) as refused:
            release(deployed.target, Options(), Steps(6, io.StringIO()))
    finally:
        ended.set()
        caller.join()

    said = str(refused.value)
    assert "version 2 does not pass the smoke test" in said
    assert "(4 attempts in" in said
    assert "Version 1 passes its smoke test." in said
    assert "Live is again version 1, and answers." in said
    bad = [at for at, status in answers if status != 200]
    assert bad
    assert bad[-1] - bad[0] < 15
    assert deployed.changes("-var=live_version=1") == ""
    assert [entry.version for entry in known(deployed.target).history] == ["1", "2", "1"]


def test_a_cancelled_job_leaves_live_where_it_was(deployed: Deployed) -> None:
    deployed.write(note="second")
    root, function = deployed.target.root, deployed.function
    program = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(root.folder), str(root.log), KEY, *root.arguments],
        env=dict(root.variables),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        # In the middle of the promotion: its apply writes the state, so AWS alone is asked.
        wait_until(lambda: program.poll() is not None or deployed.alias_of(function) == "2")
        program.send_signal(signal.SIGINT)
        try:
            said = program.communicate(timeout=SIGTERM_AFTER_SECONDS)[1]
        except subprocess.TimeoutExpired:
            program.send_signal(signal.SIGTERM)
            # A busy machine may need longer than GitHub waits.
            said = program.communicate(timeout=60)[1]
    finally:
        program.kill()
    assert program.returncode == 130, said
    assert "interrupted" in said
    assert "Live is again version 1, and answers." in said
    assert deployed.live == "1"
    assert deployed.answers() == 200


def test_a_canary_ends_when_an_alarm_is_raised(deployed: Deployed) -> None:
    # The smoke test does not ask for this; other callers do.
    deployed.write('if path == "/fail": raise ValueError("broken")')
    url = f"{deployed.target.root.outputs()['function_url']}fail"
    ended = threading.Event()

    def call() -> None:
        while not ended.wait(0.2):
            httpx.get(url, headers={"Authorization": f"Bearer {KEY}"}, timeout=60)

    other = threading.Thread(target=call)
    other.start()
    try:
        with pytest.raises(NotReleasedError) as refused:
            deployed.release(canary=0.5, canary_seconds=600)
    finally:
        ended.set()
        other.join()
    said = str(refused.value)
    assert f"an alarm was raised during the canary:\n  {deployed.function}-unhealthy: " in said
    assert "Live is again version 1, and answers." in said
    alias = deployed.target.aws.alias(deployed.function, "live")
    assert (alias.version, alias.weights) == ("1", {})
