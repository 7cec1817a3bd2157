"""Runs of workflows with act, in place of GitHub's own runners.

act runs jobs as processes of this machine (`-self-hosted`). What it does not know is listed in
README.md.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from mesh.build.environment import ROOT
from mesh.installation import BIN
from rehearsal.issuer import Issuer
from rehearsal.repository import Repository

STAND_INS = Path(__file__).with_name("stand_ins")
REPLACED = {
    "actions/attest": "attest",
    "actions/download-artifact": "download-artifact",
    "actions/setup-python": "setup-python",
    "actions/upload-artifact": "upload-artifact",
    "aws-actions/configure-aws-credentials": "configure-aws-credentials",
    "hashicorp/setup-terraform": "setup-terraform",
}
RUNNERS = ("ubuntu-latest", "ubuntu-24.04-arm")
USED = re.compile(r"uses: ([\w.-]+/[\w.-]+)@([0-9a-f]{40})")
# What a job's processes carry, to find them when their runner is lost.
MARK = "REHEARSAL_RUN"
POLL_SECONDS = 0.1


@dataclass(frozen=True)
class Machine:
    """What all runs share.

    Attributes:
        repository: What is run.
        issuer: Gives tokens.
        folder: For the files of runs, and of the stand-in of GitHub.
        python: An interpreter with the packages of requirements/deploy.txt.
        variables: The environment of jobs: Terraform's, and where AWS is.
        values: `vars` of the repository.
        secrets: `secrets` of the repository and its environments; what a fork does not get.
    """

    repository: Repository
    issuer: Issuer
    folder: Path
    python: Path
    variables: Mapping[str, str]
    values: Mapping[str, str]
    secrets: dict[str, str] = field(default_factory=dict)

    @property
    def github(self) -> Path:
        """What the stand-in of GitHub keeps."""
        made = self.folder / "github"
        made.mkdir(parents=True, exist_ok=True)
        return made


@dataclass
class Run:
    """One run, under way or ended.

    Attributes:
        folder: Its files: the log, the event, artifacts.
        process: act's.
        said: act's lines as it wrote them, one JSON object each.
    """

    folder: Path
    process: subprocess.Popen[bytes]
    said: list[dict[str, object]] = field(default_factory=list)

    def wait(self) -> Run:
        """Wait until it has ended."""
        self.process.wait()
        self.said = [*self._lines()]
        return self

    @property
    def ok(self) -> bool:
        """Whether every job passed or was skipped."""
        return self.process.returncode == 0

    @property
    def jobs(self) -> dict[str, str]:
        """The result of each job that ran, by the names of its callers and its own."""
        return {
            str(line["job"]): str(line["jobResult"]) for line in self.said if "jobResult" in line
        }

    @property
    def failed_steps(self) -> list[str]:
        """The names of the steps that failed.

        What such a step printed last may be missing from the log: act does not always read it.
        """
        return [str(line["step"]) for line in self.said if line.get("stepResult") == "failure"]

    @property
    def text(self) -> str:
        """All that its steps printed."""
        return "\n".join(
            str(line["msg"]).rstrip("\n") for line in self.said if line.get("raw_output")
        )

    @property
    def log(self) -> str:
        """All that act said, for a test that failed."""
        return "\n".join(
            f"{line.get('job', '')}: {str(line.get('msg', '')).rstrip()}" for line in self.said
        )

    @property
    def summary(self) -> str:
        """What its steps wrote to GITHUB_STEP_SUMMARY."""
        told = [str(line["msg"]) for line in self.said if "Summary - " in str(line.get("msg"))]
        return "\n".join(line.partition("Summary - ")[2] for line in told)

    def wait_for(self, seen: Callable[[], bool]) -> None:
        """Wait until something is so while it runs.

        Raises:
            AssertionError: it ended before.
        """
        while not seen():
            if self.process.poll() is not None:
                raise AssertionError(f"the run ended before:\n{self.wait().log}")
            time.sleep(POLL_SECONDS)

    def lose(self) -> None:
        """End the runner and all its processes at once, as when a machine is lost."""
        mark = f"{MARK}={self.folder}".encode()
        while found := [*_carrying(mark)]:
            for pid in found:
                try:
                    os.kill(pid, signal.SIGKILL)
                except ProcessLookupError:
                    continue
        self.process.wait()

    def _lines(self) -> Iterator[dict[str, object]]:
        for line in (self.folder / "log").read_text(errors="replace").splitlines():
            try:
                found = json.loads(line)
            except ValueError:
                found = {"msg": line}
            yield found


def _carrying(mark: bytes) -> Iterator[int]:
    for place in Path("/proc").glob("[0-9]*/environ"):
        try:
            if mark in place.read_bytes().split(b"\0"):
                yield int(place.parent.name)
        except OSError:
            continue


def start(
    machine: Machine,
    workflow: str,
    event: str,
    *,
    inputs: Mapping[str, str] | None = None,
    payload: Mapping[str, object] | None = None,
    secrets: Mapping[str, str] | None = None,
) -> Run:
    """Start a run of a workflow file.

    Args:
        machine: What all runs share.
        workflow: The file, such as `deploy.yml`.
        event: `push`, `workflow_dispatch`, `pull_request` or `schedule`.
        inputs: Of `workflow_dispatch`.
        payload: Of the event, as GitHub sends it.
        secrets: Instead of the repository's; none for a fork.
    """
    number = len([*machine.folder.glob("run-*")]) + 1
    folder = machine.folder / f"run-{number}"
    folder.mkdir(parents=True)
    content = dict(payload or {}) | ({"inputs": dict(inputs)} if inputs else {})
    (folder / "event.json").write_text(json.dumps(content))
    kept = machine.secrets if secrets is None else secrets
    _write(folder / "secrets", kept)
    _write(folder / "vars", machine.values)
    variables = dict(machine.variables) | {
        MARK: str(folder),
        "REHEARSAL_GITHUB": str(machine.github),
        "REHEARSAL_REPOSITORY": str(machine.repository.folder),
        "REHEARSAL_PYTHON": str(machine.python),
        "REHEARSAL_ROOT": str(ROOT),
        "REHEARSAL_TOOLS": sys.executable,
        "ACTIONS_ID_TOKEN_REQUEST_URL": machine.issuer.url,
        "ACTIONS_ID_TOKEN_REQUEST_TOKEN": machine.issuer.request_token,
    }
    path = f"{STAND_INS / 'bin'}{os.pathsep}{variables.pop('PATH')}"
    _write(folder / "env", variables)
    command = [
        *(str(BIN / "act"), event, "--json", "--no-cache-server", "--rm"),
        *("--workflows", f".github/workflows/{workflow}"),
        *("--eventpath", str(folder / "event.json")),
        *("--secret-file", str(folder / "secrets"), "--var-file", str(folder / "vars")),
        *("--env-file", str(folder / "env"), "--input-file", os.devnull),
        *("--secret", "GITHUB_TOKEN=of-this-run"),
        *("--action-cache-path", str(folder / "workspaces")),
        *(option for name in RUNNERS for option in ("--platform", f"{name}=-self-hosted")),
        *_local_actions(machine.repository.folder),
    ]
    with (folder / "log").open("wb") as output:
        process = subprocess.Popen(
            command,
            cwd=machine.repository.folder,
            env=variables | {"PATH": path, "XDG_CACHE_HOME": str(folder / "cache")},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    return Run(folder, process)


def remove_workspaces(machine: Machine) -> None:
    """Remove the copies of the repository that runs worked in."""
    for workspaces in machine.folder.glob("run-*/workspaces"):
        shutil.rmtree(workspaces, ignore_errors=True)


def _local_actions(repository: Path) -> Iterator[str]:
    """The options that put our stand-ins in the place of each action that a file uses."""
    used = set()
    for file in (repository / ".github").rglob("*.yml"):
        used |= set(USED.findall(file.read_text(encoding="utf-8")))
    for action, commit in sorted(used):
        if action in REPLACED:
            yield from ("--local-repository", f"{action}@{commit}={STAND_INS / REPLACED[action]}")


def _write(file: Path, values: Mapping[str, str]) -> None:
    """Write values as act reads them; a file of its own keeps secrets off the command line."""
    file.touch(mode=0o600)
    file.write_text("".join(f"{name}={json.dumps(value)}\n" for name, value in values.items()))
