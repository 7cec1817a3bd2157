"""AWS's own clients, and local AWS for them."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from mesh.build import BuildResult
from mesh.local_aws.process import Running, start, stop
from tests.fixtures import zips
from tests.fixtures.deployed import HERE, ROLE, Function, client, deploy, grant
from tests.fixtures.separate_environment import CLIENTS

# The first one with --aws-sigv4: https://curl.se/docs/manpage.html#--aws-sigv4
CURL = (7, 75)

real = zips.real


@dataclass(frozen=True)
class Clients:
    """The installed programs, and an environment in which they reach one local AWS."""

    environment: dict[str, str]

    def path(self, program: str) -> str:
        return str(CLIENTS.folder / "bin" / program)

    def run(self, program: str, *arguments: str) -> str:
        """What the program prints; a failure shows all that it said."""
        done = subprocess.run(
            [self.path(program), *arguments],
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout


@pytest.fixture(scope="session")
def aws_of_clients(tmp_path_factory):
    folder = tmp_path_factory.mktemp("clients")
    running = start(folder / "state", endpoint_port=0, url_ports="0", log=folder / "log.txt")
    yield running
    stop(folder / "state")


@pytest.fixture(scope="session")
def clients(aws_of_clients: Running) -> Clients:
    CLIENTS.install()
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    nowhere = {"AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull}
    path = f"{CLIENTS.folder / 'bin'}{os.pathsep}{kept.get('PATH', '')}"
    local = {"NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1", "PATH": path}
    return Clients({**kept, **nowhere, **local, **aws_of_clients.environment})


@pytest.fixture(scope="session")
def curl() -> str:
    """curl with --aws-sigv4; without it these tests fail, for then they would prove nothing."""
    found = shutil.which("curl")
    if found is None:
        pytest.fail("curl is not installed; these tests need 7.75 or newer")
    said = subprocess.run([found, "--version"], capture_output=True, text=True, check=True).stdout
    version = re.match(r"curl (\d+)\.(\d+)", said)
    if version is None or (int(version[1]), int(version[2])) < CURL:
        pytest.fail(f"curl 7.75 or newer is needed for --aws-sigv4; this is {said.split('(')[0]}")
    return found


@pytest.fixture(scope="session")
def deployed(aws_of_clients: Running):
    """Deploys a function from its source."""

    def deploy_here(source: str, **options: Any) -> Function:
        return deploy(aws_of_clients, source, **options)

    return deploy_here


@pytest.fixture(scope="session")
def mesh_zip(real: Callable[[str], BuildResult]) -> bytes:
    """This project's own zip."""
    return real("host").path.read_bytes()


def served_at(running: Running, name: str, auth: str, zip_file: bytes, **variables: str) -> str:
    """The Function URL of a function with this zip."""
    api = client(running, "lambda")
    created = api.create_function(
        FunctionName=name,
        Role=ROLE,
        Runtime="python3.13",
        Handler="mesh.runtime.handler.handler",
        Architectures=[HERE],
        MemorySize=512,
        Timeout=30,
        Code={"ZipFile": zip_file},
        Environment={"Variables": {"AOMA_BACKEND": "embedded", **variables}},
        Publish=True,
    )
    api.create_alias(FunctionName=name, Name="live", FunctionVersion=created["Version"])
    url = api.create_function_url_config(FunctionName=name, Qualifier="live", AuthType=auth)
    grant(api, name, auth)
    return str(url["FunctionUrl"])


@pytest.fixture(scope="session")
def mesh_url(aws_of_clients: Running, mesh_zip: bytes) -> str:
    """The AWS_IAM Function URL of this project's own zip."""
    return served_at(aws_of_clients, "mesh", "AWS_IAM", mesh_zip, MESH_AUTH="iam")
