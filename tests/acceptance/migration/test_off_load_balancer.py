"""Off Fargate with a load balancer and a domain, as terraform/fargate makes it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import boto3
import pytest

from mesh.build.environment import ROOT
from mesh.cli import run
from tests.acceptance.terraform.test_fargate import place, root_in

if TYPE_CHECKING:
    from mesh.local_aws.process import Running

__all__ = ["place"]  # a fixture, which pytest finds here by its name
NAME = "weather-dev"


def test_the_setup_with_a_domain_is_read_and_removed_and_the_domain_stays(
    aws: Running,
    place: dict[str, object],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    del aws
    shutil.copytree(ROOT / "terraform" / "modules", tmp_path / "modules")
    root = root_in(tmp_path / "fargate", ROOT / "terraform" / "fargate")
    image = "000000000000.dkr.ecr.us-east-1.amazonaws.com/weather:1"
    root.run("apply", "-auto-approve", image=image, **place)
    of_old = ["--cluster", NAME, "--service", NAME]
    output = tmp_path / "out"

    assert run(["migrate", *of_old, "--output", str(output)]) == 0
    report = json.loads((output / "report.json").read_text())
    assert report["variables"]["environment_variables"]["PLACE"] == "Aarau"
    assert [one["name"] for one in report["secrets"]] == ["WEATHER_KEY"]
    assert report["service"]["load_balancers"]
    assert report["failures"] == []

    gone = ["--confirm", NAME, "--yes", "--parameters", "--logs"]
    done = run(["retire", *of_old, *gone, "--progress", str(tmp_path / "progress.json")])

    seen = capsys.readouterr()
    assert done == 0, seen.err
    elb = boto3.client("elbv2")
    assert elb.describe_load_balancers()["LoadBalancers"] == []
    assert elb.describe_target_groups()["TargetGroups"] == []
    assert boto3.client("ecs").list_clusters()["clusterArns"] == []
    assert boto3.client("ssm").describe_parameters()["Parameters"] == []
    assert boto3.client("logs").describe_log_groups()["logGroups"] == []
    scaling = boto3.client("application-autoscaling")
    assert scaling.describe_scalable_targets(ServiceNamespace="ecs")["ScalableTargets"] == []
    groups = boto3.client("ec2").describe_security_groups()["SecurityGroups"]
    assert {one["GroupName"] for one in groups} == {"default"}
    # The zone is not the service's.
    assert boto3.client("route53").list_hosted_zones()["HostedZones"]
