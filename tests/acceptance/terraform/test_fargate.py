"""The setups on Fargate, applied, changed and destroyed on a local AWS."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import boto3
import pytest

from mesh.build.environment import ROOT
from mesh.installation import BIN
from tests.acceptance.terraform.test_root_on_local_aws import Cli
from tests.fixtures.web_program import web_program

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


@pytest.fixture
def place(aws: Running) -> dict[str, object]:
    """What the setup with a load balancer names: a network and a zone, there before."""
    del aws  # asked for so that it comes first: the environment is its work
    ec2 = boto3.client("ec2")
    zone = boto3.client("route53").create_hosted_zone(Name="example.com", CallerReference="test")
    return {
        "name": "weather",
        "vpc_id": ec2.describe_vpcs()["Vpcs"][0]["VpcId"],
        "public_subnet_ids": [one["SubnetId"] for one in ec2.describe_subnets()["Subnets"]],
        "domain_name": "weather.example.com",
        "domain_zone_id": zone["HostedZone"]["Id"].rpartition("/")[2],
        "deletion_protection": False,
        "environment_variables": {"PLACE": "Aarau"},
        "secrets": ["WEATHER_KEY"],
        "policy_statements": [{"actions": ["s3:GetObject"], "resources": ["arn:aws:s3:::w/*"]}],
    }


def test_fargate_behind_a_load_balancer_is_applied_changed_and_destroyed(
    aws: Running, place: dict[str, object], tmp_path: Path
) -> None:
    modules = ROOT / "terraform" / "modules"
    shutil.copytree(modules, tmp_path / "modules")
    root = root_in(tmp_path / "fargate", ROOT / "terraform" / "fargate")
    ecs, scaling = boto3.client("ecs"), boto3.client("application-autoscaling")
    image = "000000000000.dkr.ecr.us-east-1.amazonaws.com/weather"

    applied(root, image=f"{image}:1", **place)
    task = deployed_task()
    check_smoke(aws, task, tmp_path)

    changed = {"image": f"{image}:2", "min_tasks": 3, "memory_mb": 2048, "timeout_seconds": 120}
    applied(root, **place, **changed)
    (service,) = ecs.describe_services(cluster="weather-dev", services=["weather-dev"])["services"]
    assert service["desiredCount"] == service["runningCount"] == 3
    breaker = service["deploymentConfiguration"]["deploymentCircuitBreaker"]
    assert breaker == {"enable": True, "rollback": True}
    (container,) = deployed_task()["containerDefinitions"]
    assert container["image"] == f"{image}:2"
    policies = scaling.describe_scaling_policies(ServiceNamespace="ecs")["ScalingPolicies"]
    assert {one["PolicyName"] for one in policies} == {"cpu", "requests"}

    root.run("destroy", "-auto-approve", **place, **changed)
    assert ecs.list_clusters()["clusterArns"] == []
    assert boto3.client("elbv2").describe_load_balancers()["LoadBalancers"] == []
    assert boto3.client("ssm").describe_parameters()["Parameters"] == []
    assert scaling.describe_scalable_targets(ServiceNamespace="ecs")["ScalableTargets"] == []


def deployed_task() -> Any:
    """The task definition of the service."""
    ecs = boto3.client("ecs")
    (service,) = ecs.describe_services(cluster="weather-dev", services=["weather-dev"])["services"]
    return ecs.describe_task_definition(taskDefinition=service["taskDefinition"])["taskDefinition"]


def check_smoke(aws: Running, task: Any, folder: Path) -> None:
    """The task's program, told what the task is told, passes the smoke test of every deployment."""
    (container,) = task["containerDefinitions"]
    told = {one["name"]: one["value"] for one in container["environment"]}
    assert told["PLACE"] == "Aarau"
    # The program of an image, which local AWS does not start.
    variables = aws.environment | told
    variables |= {"MESH_SERVER": "tests.fixtures.container.server:mcp", "PYTHONPATH": str(ROOT)}
    program = [sys.executable, "-m", "mesh.runtime.web_server"]
    with web_program(program, variables, folder) as (_, url):
        keys = ["keys", "--parameter", told["MESH_API_KEYS_PARAMETER"], "create", "test"]
        key = mesh(*keys).split()[-1]
        store = ["secrets", "--path", "/weather/dev", "set", "WEATHER_KEY"]
        mesh(*store, stdin="cloudy")
        said = mesh("smoke", url, "--tool", "key", "--arguments", "{}", MESH_API_KEY=key)
    assert "key" in said


def mesh(*arguments: str, stdin: str = "", **variables: str) -> str:
    """Run the mesh command; what it prints."""
    done = subprocess.run(
        [BIN / "mesh", *arguments],
        env=os.environ | variables,
        input=stdin,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
