"""The setups on Fargate, applied, changed and destroyed on a local AWS."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import boto3

from mesh.build.environment import ROOT
from tests.acceptance.terraform.test_root_on_local_aws import Cli

if TYPE_CHECKING:
    from pathlib import Path

    from mesh.local_aws.process import Running


def root_in(folder: Path, source: Path) -> Cli:
    """Give a copy of a root, ready to be applied."""
    shutil.copytree(source, folder, ignore=shutil.ignore_patterns(".terraform", "*.tfstate*"))
    root = Cli(folder)
    root.run("init", "-input=false", "-lockfile=readonly")
    return root


def applied(root: Cli, **variables: object) -> None:
    """Apply, and see that nothing is left to do."""
    root.run("apply", "-auto-approve", **variables)
    root.run("plan", "-detailed-exitcode", **variables)


def test_the_setup_to_leave_is_applied_changed_and_destroyed(aws: Running, tmp_path: Path) -> None:
    del aws
    root = root_in(tmp_path / "root", ROOT / "examples" / "fargate-dynamic-ip")
    ecs = boto3.client("ecs")

    applied(root)
    bigger = {"cpu_units": 1024, "memory_mb": 4096, "desired_count": 2, "port": 4444}
    applied(root, **bigger)

    (service,) = ecs.describe_services(cluster="mcp-server", services=["mcp-server"])["services"]
    assert service["runningCount"] == 2
    assert service["loadBalancers"] == []
    addresses = service["networkConfiguration"]["awsvpcConfiguration"]
    assert addresses["assignPublicIp"] == "ENABLED"
    task = ecs.describe_task_definition(taskDefinition=service["taskDefinition"])["taskDefinition"]
    assert (task["cpu"], task["memory"]) == ("1024", "4096")
    (container,) = task["containerDefinitions"]
    assert [one["valueFrom"].split(":")[2:3] for one in container["secrets"]] == [
        [],
        ["ssm"],
        ["secretsmanager"],
        ["secretsmanager"],
    ]
    # No value is in the state, not even the one that says that there is none.
    assert "not set yet" not in (root.folder / "terraform.tfstate").read_text()

    root.run("destroy", "-auto-approve", **bigger)
    assert ecs.list_clusters()["clusterArns"] == []
    assert boto3.client("ssm").describe_parameters()["Parameters"] == []
