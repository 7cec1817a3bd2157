"""The wheel alone makes, runs and deploys a server on a machine that has Python and Terraform."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest
import yaml

from mesh import uv
from mesh.build.environment import ROOT
from mesh.installation import CACHE
from mesh.local_aws import host, process
from mesh.stack.local_aws_client import client
from mesh.stack.stack import Stack
from rehearsal.github import Store
from rehearsal.runs import STAND_INS

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
    install("venv", "--seed", "--python", sys.executable, str(environment))
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
    process.stop(Stack(made.root).aws)


@dataclass
class Workflow:
    """The workflows of a new project: their shell steps, run as GitHub runs them.

    Attributes:
        root: The project.
        variables: The environment of a runner.
        values: What expressions such as `vars.TF_STATE_BUCKET` give.
        kept: The files that jobs have uploaded.
    """

    root: Path
    variables: dict[str, str]
    values: dict[str, str]
    kept: set[Path] = field(default_factory=set)

    def run(self, job: str, file: str = "deploy.yml") -> dict[str, str]:
        """Run the steps of a job, and give what they wrote to GITHUB_OUTPUT."""
        workflow = yaml.safe_load((self.root / ".github" / "workflows" / file).read_text())
        # An environment beside that of the other tests.
        shared = self._filled(workflow["env"]) | {"ENVIRONMENT": "pipeline"}
        with tempfile.TemporaryDirectory() as folder:
            files = {name: Path(folder, name) for name in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY")}
            for step in workflow["jobs"][job]["steps"]:
                if "run" not in step:
                    continue
                done = subprocess.run(
                    ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]],
                    cwd=self.root,
                    env=self.variables
                    | {name: str(file) for name, file in files.items()}
                    | {"GITHUB_WORKFLOW": workflow["name"], "GITHUB_JOB": job}
                    | shared
                    | self._filled(step.get("env", {})),
                    stdin=subprocess.DEVNULL,
                    capture_output=True,
                    text=True,
                    check=False,
                )
                assert done.returncode == 0, f"{step['name']}: {done.stdout}\n{done.stderr}"
            written = files["GITHUB_OUTPUT"]
            text = written.read_text() if written.exists() else ""
        outputs = dict(re.findall(r"^(\w+)<<END\n(.*?)\nEND$", text, re.MULTILINE | re.DOTALL))
        return outputs | dict(re.findall(r"^(\w+)=(.*)$", text, re.MULTILINE))

    def _filled(self, variables: dict[str, str]) -> dict[str, str]:
        return {
            name: re.sub(r"\$\{\{ (.+?) \}\}", lambda found: self.values[found[1]], str(value))
            for name, value in variables.items()
        }

    def release(self) -> None:
        """Build, plan and release on a runner each, which gets the artifacts alone."""
        self._on_new_runner("build")
        self._on_new_runner("plan")
        self.run("apply")

    def _on_new_runner(self, job: str) -> None:
        """Run a job, and leave only what jobs have uploaded."""
        self.values[f"needs.{job}.outputs.checksums"] = self.run(job)["checksums"]
        workflow = yaml.safe_load((self.root / ".github/workflows/deploy.yml").read_text())
        uploads = [
            step["with"]["path"]
            for step in workflow["jobs"][job]["steps"]
            if "upload-artifact" in step.get("uses", "")
        ]
        self.kept |= {file for one in uploads for file in self.root.glob(one)}
        artifacts = {file: file.read_bytes() for file in self.kept}
        for folder in ("dist", "environments"):
            shutil.rmtree(self.root / ".mesh" / folder, ignore_errors=True)
        for file, content in artifacts.items():
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content)


def test_the_deploy_workflow_tests_plans_releases_and_goes_back(installed: Installed) -> None:
    aws = {name: value for name, value in installed.local.items() if name.startswith("AWS_")}
    client("s3", aws).create_bucket(Bucket="pipeline-states")
    (installed.root / "pipeline.tfvars").write_text(
        f'architecture = "{host.architecture()}"\nenvironment_variables = {{ GREETING = "Hi" }}\n'
    )
    github = Store(installed.root.parent / "github")
    github.write("environments", [{"name": "production-approval"}])
    folders = (installed.environment / "bin", STAND_INS / "bin", installed.variables["PATH"])
    path = os.pathsep.join(map(str, folders))
    (wheel,) = installed.environment.parent.glob("*.whl")
    workflow = Workflow(
        installed.root,
        installed.variables
        | aws
        | {"PATH": path, "GITHUB_EVENT_NAME": "push", "GITHUB_REF": "refs/heads/main"}
        | {"GITHUB_REPOSITORY": "example/weather", "REHEARSAL_GITHUB": str(github.folder)}
        | {"REHEARSAL_REPOSITORY": str(installed.root), "REHEARSAL_ROOT": str(ROOT)}
        | {"REHEARSAL_TOOLS": sys.executable},
        {
            "github.token": "of-the-job",
            "vars.MESH_PACKAGE": str(wheel),
            "secrets.AWS_REFRESH_ROLE_ARN": "arn:aws:iam::000000000000:role/refresh",
            "vars.TF_STATE_BUCKET": "pipeline-states",
            "secrets.MESH_API_KEY": "",
            "inputs.allow": "",
            "inputs.canary": "",
            "inputs.version": "previous",
        },
    )

    assert workflow.run("test")["deploys"] == "true"
    workflow.release()
    environment = ("--environment", "pipeline")
    variables = aws | {"TF_STATE_BUCKET": "pipeline-states"}
    key = installed.mesh("keys", *environment, "create", "pipeline", **variables).split()[-1]
    workflow.values["secrets.MESH_API_KEY"] = key
    installed.edit("Greet somebody by name.", "Greet somebody.")
    workflow.release()
    listed = installed.mesh("rollback", *environment, "--list", **variables)
    assert re.search(r"^ *2 .*<- live", listed, re.MULTILINE), listed

    workflow.run("roll-back", "rollback.yml")

    listed = installed.mesh("rollback", *environment, "--list", **variables)
    assert re.search(r"^ *1 .*<- live", listed, re.MULTILINE), listed
    installed.edit("Greet somebody.", "Greet somebody by name.")


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


@pytest.mark.promise("`mesh dev` puts each save live")
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


@pytest.mark.promise("`mesh deploy` deploys a server from the wheel")
def test_deploy_asks_first_and_then_keeps_the_address(installed: Installed) -> None:
    aws = {name: value for name, value in installed.local.items() if name.startswith("AWS_")}
    client("s3", aws).create_bucket(Bucket="states")
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
    assert "Version 2 is live. Before, it was version 1." in said
    assert said.partition("Function URL")[2].split()[0] == address
    # What it costs comes from CloudWatch, which has the calls of the smoke tests.
    said = installed.mesh("cost", *environment, "--free-tier", **variables)
    assert "calls of weather-desk-production" in said
    assert "Fargate" in said
    installed.edit("Greet somebody.", "Greet somebody by name.")
