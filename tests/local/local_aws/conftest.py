"""A local AWS of this test run's own."""

import socket
from contextlib import closing
from functools import partial

import pytest

from mesh.local_aws.process import start, stop
from tests.fixtures.deployed import ECHO, Gate
from tests.fixtures.deployed import deploy as deploy_to


@pytest.fixture(scope="session")
def running(tmp_path_factory):
    folder = tmp_path_factory.mktemp("local-aws")
    started = start(folder / "state", endpoint_port=0, url_ports="0", log=folder / "log.txt")
    yield started
    stop(folder / "state")


@pytest.fixture(scope="session")
def deploy(running):
    """Deploys a function from its source: see `deployed.deploy`."""
    return partial(deploy_to, running)


@pytest.fixture
def gate():
    """Where functions of the test wait for its word."""
    with closing(socket.create_server(("127.0.0.1", 0))) as listening:
        listening.settimeout(60)
        made = Gate(listening)
        yield made
        made.open()


@pytest.fixture(scope="session")
def echo(deploy):
    """A function that returns its event."""
    return deploy(ECHO)
