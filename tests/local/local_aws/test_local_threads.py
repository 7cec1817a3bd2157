"""The control plane's thread and the data plane's do not spoil each other's work."""

import io
import subprocess
import sys
import zipfile
from collections.abc import Callable

import boto3
import httpx
import pytest
from botocore.config import Config

from mesh.build.environment import ROOT
from mesh.local_aws.process import Running, find, stop
from tests.fixtures.deployed import ECHO, client, deploy, wait_until

# Local AWS as it is, with what follows done once MiniStack may be imported.
PATCHED = """
import os
import sys
import time
from pathlib import Path

from mesh.local_aws import __main__ as local_aws

configure = local_aws.configure_ministack
marker = Path({marker!r})


def patched(*given, **named):
    configure(*given, **named)
    from mesh.local_aws.invocations.data_plane import DataPlane
    from ministack.services import lambda_svc
{patch}


local_aws.configure_ministack = patched
local_aws.main()
"""
FAILING = """
    follow = DataPlane._follow

    async def failing(self):
        await follow(self)
        if marker.exists():
            raise KeyError("as told")

    DataPlane._follow = failing
"""
# As a large zip on a slow machine: both its threads run while a digest is computed.
SLOW_DIGESTS = """
    import hashlib as real

    class Hashlib:
        def __getattr__(self, name):
            return getattr(real, name)

        def sha256(self, *given):
            if marker.exists():
                marker.unlink()
                time.sleep(2.5)
            return real.sha256(*given)

    lambda_svc.hashlib = Hashlib()
"""
type Begin = Callable[[str], Running]


@pytest.fixture
def marker(tmp_path):
    """While this file is there, what was patched happens."""
    return tmp_path / "marker"


@pytest.fixture
def begin(tmp_path, marker):
    """Starts a patched local AWS."""
    state = tmp_path / "state"
    processes = []

    def start(patch: str) -> Running:
        code = PATCHED.format(marker=str(marker), patch=patch)
        options = ["--state", str(state), "--endpoint-port", "0", "--url-ports", "0"]
        with (tmp_path / "log.txt").open("w") as log:
            processes.append(
                subprocess.Popen(
                    [sys.executable, "-c", code, *options, "--idle-seconds", "0.5"],
                    cwd=ROOT,
                    stdout=log,
                    stderr=log,
                )
            )
        running: Running = wait_until(lambda: find(state), 60)
        return running

    yield start
    stop(state)
    for process in processes:
        process.kill()
        process.wait()


def test_a_change_that_was_made_is_told_so_whatever_becomes_of_the_data_plane(
    begin: Begin, marker, tmp_path
):
    running = begin(FAILING)
    own = running.environment
    parameters = boto3.client(
        "ssm",
        endpoint_url=running.endpoint,
        region_name=running.region,
        aws_access_key_id=own["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=own["AWS_SECRET_ACCESS_KEY"],
        # As SDKs and Terraform do: an error of the server's is tried again.
        config=Config(retries={"total_max_attempts": 3, "mode": "standard"}),
    )
    function = deploy(running, ECHO)
    assert function.get().status_code == 200
    marker.touch()
    put = parameters.put_parameter(Name="/live", Type="String", Value="2")
    assert put["Version"] == 1
    told = parameters.put_parameter(Name="/live", Type="String", Value="3", Overwrite=True)
    assert told["Version"] == 2
    # What goes on by itself goes on, too: instances that are idle end.
    assert wait_until(lambda: running.status()["instances"] == [])
    assert "did not follow" in (tmp_path / "log.txt").read_text()
    marker.unlink()
    assert function.get().status_code == 200


def test_a_version_keeps_its_zip_while_the_next_one_is_taken(begin: Begin, marker):
    running = begin(SLOW_DIGESTS)
    function = deploy(running, "def handler(event, context):\n    return 'first'\n")
    marker.touch()
    assert function.update("def handler(event, context):\n    return 'second'\n") == "2"
    assert not marker.exists()
    lambda_ = client(running, "lambda")
    for version, word in (("1", b"first"), ("2", b"second")):
        found = lambda_.get_function(FunctionName=function.name, Qualifier=version)
        code = httpx.get(found["Code"]["Location"], timeout=30).content
        assert word in zipfile.ZipFile(io.BytesIO(code)).read("handler.py")
