"""A local AWS of this test run's own."""

from functools import partial

import pytest

from local_aws.process import start, stop
from tests.local_aws.deployed import ECHO
from tests.local_aws.deployed import deploy as deploy_to


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


@pytest.fixture(scope="session")
def echo(deploy):
    """A function that returns its event."""
    return deploy(ECHO)
