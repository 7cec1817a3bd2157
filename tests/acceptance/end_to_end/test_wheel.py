"""The wheel alone makes, runs and deploys a server on a machine that has Python and Terraform."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import boto3
import httpx
import pytest

from mesh import uv
from mesh.build.environment import ROOT
from mesh.installation import CACHE
from mesh.local_aws import host
from mesh.stack.stack import Stack

SECONDS = 120
# What a checkout's shell may have, and a machine with nothing but the wheel has not.
FOREIGN = ("MESH_", "PYTHON", "VIRTUAL_ENV", "AWS_", "TF_VAR_")


@dataclass(frozen=True)
class Installed:
    """The installed wheel, and a server that it made."""

    environment: Path
    root: Path
    variables: dict[str, str]

    @property
    def packages(self) -> Path:
        (found,) = self.environment.glob("lib/python3.*/site-packages")
        return found

    def files(self) -> set[Path]:
        """What lies among the installed packages; bytecode is Python's."""
        return {path for path in self.packages.rglob("*") if "__pycache__" not in path.parts}

    def start(self, *arguments: str, **variables: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [str(self.environment / "bin" / "mesh"), *arguments],
            cwd=self.root,
            env=self.variables | variables,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def mesh(self, *arguments: str, **variables: str) -> str:
        with self.start(*arguments, **variables) as running:
            said, _ = running.communicate()
        assert running.returncode == 0, said
        return said

    @property
    def local(self) -> dict[str, str]:
        return Stack(self.root).read_environment()

    def greeting(self) -> object:
        call = {"method": "tools/call", "params": {"name": "greet", "arguments": {"name": "Ada"}}}
        answer = httpx.post(
            f"{self.local['MESH_URL']}rpc",
            headers={"Authorization": f"Bearer {self.local['MESH_API_KEY']}"},
            json=call,
            timeout=60,
        )
        return answer.json()["result"]["structuredContent"]["result"]

    def edit(self, old: str, new: str) -> None:
        server = self.root / "server.py"
        text = server.read_text()
        assert old in text
        server.write_text(text.replace(old, new))


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installed]:
    folder = tmp_path_factory.mktemp("wheel")
    environment, cache = folder / "environment", folder / "cache" / "mesh"

    def install(*arguments: str) -> None:
        subprocess.run(
            [uv.executable(), "--quiet", *arguments], env=uv.variables(), cwd=ROOT, check=True
        )

    install("build", "--wheel", "--no-build-isolation", "--out-dir", str(folder), ".")
    (wheel,) = folder.glob("*.whl")
    install("venv", "--python", sys.executable, str(environment))
    python = str(environment / "bin" / "python")
    # The versions of this checkout, which are downloaded already.
    pins = folder / "pins.txt"
    lock = (ROOT / "requirements" / "dev.txt").read_text().replace("\\\n", " ")
    pins.write_text("\n".join(line.partition(" --hash")[0] for line in lock.splitlines()))
    install("pip", "install", "--python", python, "--constraint", str(pins), str(wheel))
    # Downloads and the packages' half of a zip; nothing that the wheel keeps itself.
    cache.mkdir(parents=True)
    for name in ("uv", "bundle"):
        (CACHE / name).mkdir(exist_ok=True)
        (cache / name).symlink_to(CACHE / name)
    variables = {
        name: value for name, value in os.environ.items() if not name.startswith(FOREIGN)
    } | {"XDG_CACHE_HOME": str(folder / "cache"), "HOME": str(folder)}
    made = Installed(environment, folder / "weather-desk", variables)
    done = subprocess.run(
        [str(environment / "bin" / "mesh"), "init", "weather-desk"],
        cwd=folder,
        env=variables,
        check=True,
        capture_output=True,
        text=True,
    )
    assert "cd weather-desk && mesh up" in done.stdout
    made.mesh("up")
    yield made
    made.mesh("down")


def test_it_installs_one_package_and_keeps_nothing_in_it(installed: Installed) -> None:
    named = {path.name for path in installed.packages.iterdir()}
    assert not named & {"aoma", "mcp_app", "tests", "benchmarks", "terraform"}
    before = installed.files()
    installed.mesh("up")
    assert installed.files() == before
    assert {path.name for path in installed.root.iterdir()} >= {".mesh", "server.py"}


def test_a_new_project_passes_its_own_tests(installed: Installed) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"],
        cwd=installed.root,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    assert "2 passed" in done.stdout


def test_a_new_project_has_the_values_of_its_environment(installed: Installed) -> None:
    assert installed.greeting() == "Hello, Ada!"


def test_each_save_is_live_and_one_that_does_not_start_is_not(installed: Installed) -> None:
    address = installed.local["MESH_URL"]
    with installed.start("dev", PYTHONUNBUFFERED="1") as running:
        assert running.stdout is not None

        def until(words: str) -> str:
            assert running.stdout is not None
            for line in running.stdout:
                if words in line:
                    return line
            raise AssertionError(f"mesh dev ended before it said {words!r}")

        try:
            until("Each save is live")
            installed.edit('{name}!"', '{name}, welcome!"')
            assert "server.py" in until("live after")
            assert installed.greeting() == "Hello, Ada, welcome!"
            installed.edit("import os\n", "import os\nimport no_such_module\n")
            until("not live, the version before it is: server.py")
            assert "server.py, line 4: ModuleNotFoundError" in until("no_such_module")
            assert installed.greeting() == "Hello, Ada, welcome!"
            installed.edit("import no_such_module\n", "")
            until("live after")
            installed.edit('{name}, welcome!"', '{name}!"')
            until("live after")
        finally:
            running.send_signal(signal.SIGINT)
            running.communicate(timeout=SECONDS)
    assert installed.local["MESH_URL"] == address
    assert installed.greeting() == "Hello, Ada!"


def test_deploy_asks_first_and_then_keeps_the_address(installed: Installed) -> None:
    aws = {name: value for name, value in installed.local.items() if name.startswith("AWS_")}
    boto3.client(
        "s3",
        endpoint_url=aws["AWS_ENDPOINT_URL"],
        aws_access_key_id=aws["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=aws["AWS_SECRET_ACCESS_KEY"],
        region_name=aws["AWS_DEFAULT_REGION"],
    ).create_bucket(Bucket="states")
    variables = aws | {
        "TF_STATE_BUCKET": "states",
        "TF_VAR_architecture": host.architecture(),
    }
    environment = ("--environment", "production")

    with installed.start("deploy", *environment, **variables) as asked:
        said, _ = asked.communicate()
    assert "weather-desk is not deployed to production yet. Run this with --yes" in said
    assert asked.returncode == 1

    said = installed.mesh("deploy", *environment, "--yes", **variables)
    assert "Version 1 is live." in said
    address = said.partition("Function URL")[2].split()[0]
    key = installed.mesh("keys", *environment, "create", "tests", **variables).split()[-1]
    installed.edit("Greet somebody by name.", "Greet somebody.")
    said = installed.mesh("deploy", *environment, MESH_API_KEY=key, **variables)
    assert "Version 2 is live, before it version 1." in said
    assert said.partition("Function URL")[2].split()[0] == address
    installed.edit("Greet somebody.", "Greet somebody by name.")
