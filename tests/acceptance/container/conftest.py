"""The zip that the tests of this folder run, and a local AWS to compare with."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from mesh.installation import BIN
from mesh.local_aws.process import start, stop

if TYPE_CHECKING:
    from mesh.local_aws.process import Running

SERVER = Path(__file__).parents[2] / "fixtures" / "container" / "server.py"


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """It, for all of them."""
    folder = tmp_path_factory.mktemp("local-aws")
    yield start(folder / "state", log=folder / "log.txt")
    stop(folder / "state")


@dataclass(frozen=True)
class Built:
    """A zip with Dockerfiles beside it, and what the build said."""

    zip: Path
    said: str


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """The server's, which is one file, as its author builds it."""
    folder = tmp_path_factory.mktemp("weather")
    shutil.copy(SERVER, folder)
    zip_path = tmp_path_factory.mktemp("zip") / "weather.zip"
    done = subprocess.run(
        [
            *(BIN / "mesh", "build", "--container", "--architecture", "host"),
            *("--output", zip_path, folder),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return Built(zip_path, done.stdout)


@pytest.fixture(scope="session")
def server_zip(request: pytest.FixtureRequest) -> Path:
    """The same, or the zip that `make rie ZIP=` names."""
    if given := os.environ.get("RIE_ZIP"):
        return Path(given)
    made: Built = request.getfixturevalue("built")
    return made.zip
