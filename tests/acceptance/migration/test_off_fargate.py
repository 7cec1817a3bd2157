"""Off Fargate: what Terraform made is migrated, compared, watched, given up and removed."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from fastmcp import FastMCP

from mesh.build.environment import ROOT
from mesh.local_aws import host, process
from mesh.stack import local_aws_client, terraform
from mesh.stack.stack import Stack
from tests.acceptance.end_to_end.test_any_server import Folder
from tests.fixtures.tested_servers import served

NAME = "mcp-server"
SECRET = "the-old-value-of-the-key"
SERVER = '''\
from fastmcp import FastMCP

import mesh

mcp = FastMCP("Old and new")


@mcp.tool(annotations={"readOnlyHint": True})
def capitals() -> dict[str, str]:
    """Capitals of countries."""
    return {"France": "Paris"}


@mcp.tool(annotations={"readOnlyHint": True})
def length_of_key() -> int:
    """How long the secret is."""
    return len(mesh.secret("OPENAI_API_KEY"))
'''


def old_server() -> FastMCP:
    """What runs in the container."""
    mcp: FastMCP = FastMCP("Old and new")

    @mcp.tool(annotations={"readOnlyHint": True})
    def capitals() -> dict[str, str]:
        """Capitals of countries."""
        return {"France": "Paris"}

    @mcp.tool(annotations={"readOnlyHint": True})
    def length_of_key() -> int:
        """How long the secret is."""
        return len(SECRET)

    return mcp


@dataclass(frozen=True)
class Old:
    """The old setup in a folder, as its owners keep it."""

    root: Path
    variables: dict[str, str]

    def terraform(self, *arguments: str) -> str:
        done = subprocess.run(
            ["terraform", f"-chdir={self.root}", *arguments],
            env=terraform.environment(
                self.root / "data",
                base=local_aws_client.only_local(os.environ, self.variables),
            ),
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def api(self, service: str) -> Any:
        return local_aws_client.client(service, self.variables)

    def log_a_call(self, seconds_ago: float) -> None:
        """Write a line of the server's access log."""
        logs, stream = self.api("logs"), f"server/{time.time_ns()}"
        logs.create_log_stream(logGroupName=f"/ecs/{NAME}", logStreamName=stream)
        moment = int((time.time() - seconds_ago) * 1000)
        line = 'INFO: 10.0.0.7:5000 - "POST /mcp HTTP/1.1" 200 OK'
        logs.put_log_events(
            logGroupName=f"/ecs/{NAME}",
            logStreamName=stream,
            logEvents=[{"timestamp": moment, "message": line}],
        )

    def forgotten(self) -> str:
        """Apply nothing but the removed blocks; what Terraform says of it."""
        for file in self.root.glob("*.tf"):
            if file.name not in {"mesh-removed.tf", "versions.tf"}:
                file.unlink()
        values = {"region": "us-east-1", "name": NAME}
        (self.root / "variables.tf").write_text(
            "".join(
                f'variable "{one}" {{\n  default = "{value}"\n}}\n' for one, value in values.items()
            )
        )
        return self.terraform("apply", "-auto-approve", "-no-color")

    def remains(self) -> list[str]:
        """Names of what is still there of it."""
        groups = self.api("ec2").describe_security_groups()["SecurityGroups"]
        names = [
            *self.api("ecs").list_clusters()["clusterArns"],
            *self.api("ecs").list_task_definitions()["taskDefinitionArns"],
            *(one["RoleName"] for one in self.api("iam").list_roles()["Roles"]),
            *(one["GroupName"] for one in groups),
            *(one["Name"] for one in self.api("secretsmanager").list_secrets()["SecretList"]),
            *(one["Name"] for one in self.api("ssm").describe_parameters()["Parameters"]),
            *(one["logGroupName"] for one in self.api("logs").describe_log_groups()["logGroups"]),
        ]
        repositories = self.api("ecr").describe_repositories()["repositories"]
        names += [one["repositoryName"] for one in repositories]
        # The new server's begin with the same name.
        new = (f"{NAME}-local", f"/{NAME}/local")
        return [name for name in names if NAME in name and not any(one in name for one in new)]


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Folder]:
    """The author's folder, with the server that is to move."""
    made = Folder(tmp_path / "moved")
    made.root.mkdir()
    (made.root / "server.py").write_text(SERVER)
    yield made
    made.stop()


def length(folder: Folder) -> object:
    """What the new server says of its secret; None for an error."""
    result = folder.post("rpc", "tools/call", name="length_of_key", arguments={})
    structured = result.get("structuredContent")
    return structured.get("result") if isinstance(structured, dict) else None


def watch(old: Old, mesh: Callable[..., str], of_old: tuple[str, ...]) -> None:
    """Clients move, and the old service is seen to be idle."""
    # Somebody called it ten days ago, and nobody since.
    old.log_a_call(10 * 24 * 3600)
    watched = (*of_old, "--function", "moved-local")
    assert "not idle" in mesh("cutover", *watched, "--quiet", "11d", status=1)
    assert "idle: nobody called it for 7 days" in mesh("cutover", *watched)
    # It follows a client that has just moved, until the old service is quiet.
    old.log_a_call(45)
    followed = ("--follow", "--quiet", "1m", "--checklist", "checklist.md")
    told = mesh("cutover", *watched, *followed)
    assert "10.0.0.7" in told
    assert "idle: nobody called it for 60 seconds" in told


def test_a_service_of_terraform_moves_and_nothing_of_it_remains(
    folder: Folder, tmp_path: Path
) -> None:
    # As `mesh up` would start it: it finds this one, with the old service in it.
    place, log = Stack(folder.root).aws, tmp_path / "aws.log"
    started = process.start(place, endpoint_port=0, url_ports="0", log=log, enforce_iam=True)
    aws = dict(started.environment)
    old = Old(tmp_path / "old", aws)
    shutil.copytree(ROOT / "examples" / "fargate-dynamic-ip", old.root)
    here = "ARM64" if host.architecture() == "arm64" else "X86_64"
    old.terraform("init", "-no-color")
    old.terraform("apply", "-auto-approve", "-no-color", f"-var=architecture={here}")
    old.api("ssm").put_parameter(
        Name=f"/{NAME}/openai-api-key", Value=SECRET, Type="SecureString", Overwrite=True
    )
    of_old = ("--cluster", NAME, "--service", NAME)

    def mesh(*arguments: str, status: int = 0) -> str:
        done = folder.mesh(*arguments, **aws)
        assert done.returncode == status, done.stdout + done.stderr
        assert SECRET not in done.stdout + done.stderr
        return done.stdout

    # What it writes is what `mesh up` reads.
    mesh("migrate", *of_old, "--environment", "local", "--output", ".")
    report = json.loads((folder.root / "report.json").read_text())
    assert {one["kind"] for one in report["secrets"]} == {"SSM", "Secrets Manager"}
    assert report["variables"]["policy_statements"][0]["actions"] == ["s3:GetObject"]
    folder.up(TF_VAR_secrets_ttl_seconds="1")
    address = folder.variables["MESH_URL"]
    aws["MESH_API_KEY"] = folder.variables["MESH_API_KEY"]
    mesh("secrets", "copy", "secrets.json")
    # The secret that was not there before is noticed within its time.
    deadline = time.monotonic() + 120
    while length(folder) != len(SECRET):
        assert time.monotonic() < deadline
        time.sleep(0.2)

    with served(old_server().http_app(path="/mcp")) as before:
        compared = mesh("compare", before, address, "--checklist", "checklist.md", "--rounds", "2")
    assert "Both do the same." in compared

    watch(old, mesh, of_old)

    # Its owner's Terraform forgets it, and destroys nothing.
    kept = ("--images", "--parameters", "--logs")
    aws["TF_DATA_DIR"] = str(old.root / "data")
    mesh("retire", *of_old, *kept, "--terraform", str(old.root))
    imported = (old.root / "mesh-import.tf.txt").read_text()
    assert f'id = "{NAME}/{NAME}"' in imported
    assert re.search(r"0 destroyed", old.forgotten())
    assert old.terraform("state", "list").strip() == ""
    services = old.api("ecs").describe_services(cluster=NAME, services=[NAME])["services"]
    assert services[0]["status"] == "ACTIVE"

    gone = ("--confirm", NAME, "--yes", "--checklist", "checklist.md")
    assert "Saves about $" in mesh("retire", *of_old, *kept, *gone)
    assert "\n".join(old.remains()) == ""

    # The new server answers, at the same address, with what it had.
    assert folder.variables["MESH_URL"] == address
    assert length(folder) == len(SECRET)
    ticked = (folder.root / "checklist.md").read_text()
    assert all(
        f"- [x] {line}" in ticked
        for line in ("Read the old service", "Compare old", "Wait until nobody", "Remove the old")
    )
