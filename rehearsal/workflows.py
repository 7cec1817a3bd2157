"""What the workflow files say about a job: its permissions, and its environment."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

FOLDER = Path(".github", "workflows")
ENVIRONMENT_INPUT = "${{ inputs.environment }}"


class UnknownJobError(Exception):
    """No workflow file has such a job, or it says what the rehearsal cannot evaluate."""


@dataclass(frozen=True)
class Job:
    """One job of one file.

    Attributes:
        permissions: What it may do in GitHub, such as `{"id-token": "write"}`.
        environment: Its GitHub environment, as the file writes it; None without one.
    """

    permissions: dict[str, str]
    environment: str | None

    def may(self, what: str, access: str) -> bool:
        """Whether it was given this permission; whoever may write may read."""
        given = self.permissions.get(what)
        return given == access or (given == "write" and access == "read")

    def environment_named(self, given: str) -> str | None:
        """The name of its GitHub environment in a run.

        Args:
            given: The input `environment` of that run.

        Raises:
            UnknownJobError: the name is an expression of another kind.
        """
        if self.environment is None:
            return None
        name = self.environment.replace(ENVIRONMENT_INPUT, given)
        if "${{" in name or not name:
            raise UnknownJobError(f"cannot evaluate the environment {self.environment!r}")
        return name


def find(repository: Path, workflow: str, job: str) -> Job:
    """A job by the names that it sees itself, GITHUB_WORKFLOW and GITHUB_JOB.

    A job of a workflow that others call has no more than each of the jobs that call it.

    Raises:
        UnknownJobError: there is none.
    """
    files = {file: _read(file) for file in sorted((repository / FOLDER).glob("*.yml"))}
    for file, content in files.items():
        if content["name"] != workflow or job not in content["jobs"]:
            continue
        found = content["jobs"][job]
        permissions = dict(found.get("permissions", content.get("permissions", {})))
        for caller in _callers(file, files):
            given = caller.get("permissions", {})
            permissions = {
                what: access for what, access in permissions.items() if given.get(what) == access
            }
        environment = found.get("environment")
        if isinstance(environment, dict):
            environment = environment["name"]
        return Job(permissions, environment)
    raise UnknownJobError(f"no workflow {workflow!r} with a job {job!r}")


def _callers(file: Path, files: dict[Path, dict[str, Any]]) -> list[dict[str, Any]]:
    wanted = f"./{FOLDER.as_posix()}/{file.name}"
    return [
        job
        for content in files.values()
        for job in content["jobs"].values()
        if job.get("uses") == wanted
    ]


def _read(file: Path) -> dict[str, Any]:
    content: dict[str, Any] = yaml.safe_load(file.read_text(encoding="utf-8"))
    return content
