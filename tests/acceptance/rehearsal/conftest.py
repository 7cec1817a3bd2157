"""An account that `mesh bootstrap` prepared, a repository, and runs of its workflow files."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import httpx
import pytest

from mesh.local_aws import host
from rehearsal import account, repository, runs
from rehearsal.account import Account
from rehearsal.github import Store
from rehearsal.issuer import Issuer
from rehearsal.repository import Repository
from rehearsal.runs import Machine, Run

ROLE = "arn:aws:iam::000000000000:role/aoma-mesh"


@dataclass
class Rehearsal:
    """All that a scenario needs.

    Attributes:
        account: Local AWS.
        repository: The repository whose workflows run.
        machine: Runs them.
        ended: Every run so far.
    """

    account: Account
    repository: Repository
    machine: Machine
    ended: list[Run] = field(default_factory=list)

    @property
    def github(self) -> Store:
        """Issues, comments, runs and attestations."""
        return Store(self.machine.github)

    def start(self, workflow: str, event: str = "workflow_dispatch", **how: object) -> Run:
        """Start a run of the newest commit, for which ci has passed."""
        seen = {"number": 1, "workflow": "ci.yml", "conclusion": "success"}
        self.github.write("runs", [seen | {"commit": self.repository.commit}])
        run = runs.start(self.machine, workflow, event, **how)  # type: ignore[arg-type]
        self.ended.append(run)
        return run

    def run(self, workflow: str, event: str = "workflow_dispatch", **how: object) -> Run:
        """Run a workflow to its end."""
        return self.start(workflow, event, **how).wait()

    def deploy(self, environment: str = "staging", **inputs: str) -> Run:
        """Run deploy.yml for one environment."""
        return self.run("deploy.yml", inputs={"environment": environment, **inputs})

    def make_key(self, *environments: str) -> None:
        """Make the key of the smoke test, as a person does after the first deploy."""
        for name in environments:
            said = self.account.mesh(self.repository, "keys", "--environment", name, "create", "ci")
            self.machine.secrets["MESH_API_KEY"] = said.split()[-1]

    def alias(self, name: str, environment: str = "staging") -> str:
        """The version that an alias points to, by AWS itself."""
        found = self.account.client("lambda").get_alias(
            FunctionName=f"aoma-mesh-{environment}", Name=name
        )
        return str(found["FunctionVersion"])

    def address(self, environment: str = "staging") -> str:
        """The Function URL of live."""
        found = self.account.client("lambda").get_function_url_config(
            FunctionName=f"aoma-mesh-{environment}", Qualifier="live"
        )
        return str(found["FunctionUrl"])

    def greeting(self, environment: str = "staging") -> str:
        """What the tool at the live address says."""
        answer = httpx.post(
            f"{self.address(environment)}rpc",
            headers={"Authorization": f"Bearer {self.machine.secrets['MESH_API_KEY']}"},
            json={
                "method": "tools/call",
                "params": {"name": "greet", "arguments": {"name": "Ada"}},
            },
            timeout=60,
        )
        return str(answer.json()["result"]["structuredContent"]["result"])


@pytest.fixture(scope="module")
def environments() -> tuple[str, ...]:
    """The environments of the account; a module with more has a fixture of this name."""
    return ("staging",)


@pytest.fixture(scope="module")
def rehearsal(
    tmp_path_factory: pytest.TempPathFactory, environments: tuple[str, ...]
) -> Iterator[Rehearsal]:
    """An account with nothing deployed; shared by the scenarios of a module, in their order."""
    folder = tmp_path_factory.mktemp("rehearsal")
    # Lambda's own processor there is this machine's, and a busy machine starts slowly.
    values = f'architecture = "{host.architecture()}"\ntimeout_seconds = 60\n'
    made = repository.make(folder / "repository", values)
    python = account.interpreter(folder / "python")
    with (
        account.opened(folder) as opened,
        Issuer(made.folder, repository.NAME) as issuer,
    ):
        account.bootstrap(opened, made, *environments)
        machine = Machine(
            made,
            issuer,
            folder / "runs",
            python,
            opened.variables,
            {"AWS_REGION": opened.running.region, "TF_STATE_BUCKET": opened.bucket},
            {
                "AWS_PLAN_ROLE_ARN": f"{ROLE}-plan",
                "AWS_REFRESH_ROLE_ARN": f"{ROLE}-refresh",
                "AWS_APPLY_ROLE_ARN": f"{ROLE}-ENVIRONMENT-apply",
            },
        )
        made_for = Rehearsal(opened, made, machine)
        made_for.github.write(
            "environments", [{"name": f"{name}-approval"} for name in environments]
        )
        yield made_for
        runs.remove_workspaces(machine)


@pytest.fixture(scope="module")
def released(rehearsal: Rehearsal) -> Rehearsal:
    """The same, with version 1 live in staging and a key for the smoke test."""
    if "MESH_API_KEY" not in rehearsal.machine.secrets:
        first = rehearsal.deploy()
        assert first.ok, first.log
        rehearsal.make_key("staging")
    return rehearsal


def jobs(run: Run) -> Mapping[str, str]:
    """The results of a run's jobs by their short names."""
    return {name.rpartition("/")[2].strip(): result for name, result in run.jobs.items()}
