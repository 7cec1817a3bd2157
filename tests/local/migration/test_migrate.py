"""`mesh migrate` reads services of every shape, and changes nothing."""

from __future__ import annotations

import datetime as dt
import json
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mesh.build.environment import ROOT
from mesh.cli import run
from mesh.local_aws.process import Running
from mesh.migration import checklist
from tests.fixtures import old_services
from tests.fixtures.deployed import client
from tests.fixtures.old_services import VALUES

# Without these nothing can be read; see the test of the first right.
FIRST_RIGHTS = {"ecs:DescribeServices", "ecs:DescribeTaskDefinition", "sts:GetCallerIdentity"}

type Migrated = Callable[..., tuple[dict[str, Any], Path, str]]


@pytest.fixture(scope="session")
def balanced(enforcing: Running) -> old_services.Made:
    """Behind a load balancer, with all four kinds of secrets, and figures of a month."""
    made = old_services.make(enforcing, "balanced", load_balancer=True)
    assert made.balancer is not None
    assert made.group is not None
    target = [
        {"Name": "LoadBalancer", "Value": made.balancer.split(":loadbalancer/")[1]},
        {"Name": "TargetGroup", "Value": made.group.split(":")[-1]},
    ]
    service = [
        {"Name": "ClusterName", "Value": "balanced"},
        {"Name": "ServiceName", "Value": "balanced"},
    ]
    for namespace, metric, dimensions, value in (
        ("AWS/ECS", "MemoryUtilization", service, 60.0),
        ("AWS/ApplicationELB", "TargetResponseTime", target, 40.0),
        ("AWS/ApplicationELB", "RequestCount", target, 3000.0),
    ):
        client(enforcing, "cloudwatch").put_metric_data(
            Namespace=namespace,
            MetricData=[
                {
                    "MetricName": metric,
                    "Dimensions": dimensions,
                    "Value": value,
                    "Timestamp": dt.datetime.now(dt.UTC) - dt.timedelta(days=10),
                }
            ],
        )
    return made


def test_all_four_kinds_of_secrets_are_mapped_and_no_value_is_seen(
    aws_here: Running, balanced: old_services.Made, migrated: Migrated
) -> None:
    found, folder, printed = migrated("balanced")

    assert {one["name"]: one["kind"] for one in found["secrets"]} == {
        "BY_NAME": "SSM",
        "BY_ARN": "SSM",
        "WHOLE": "Secrets Manager",
        "BY_KEY": "Secrets Manager",
        "CLEAR_TOKEN": "task definition",
    }
    by_key = next(one for one in found["secrets"] if one["name"] == "BY_KEY")
    assert (by_key["json_key"], by_key["stage"]) == ("token", "AWSCURRENT")
    written = printed + "".join(file.read_text() for file in folder.iterdir())
    assert [value for value in VALUES.values() if value in written] == []


def test_sizes_come_from_a_month_of_figures(
    aws_here: Running, balanced: old_services.Made, migrated: Migrated
) -> None:
    found, folder, _ = migrated("balanced")

    assert found["variables"]["memory_mb"] == 960  # 60 % of 1024 MB, and half as much again
    assert found["variables"]["timeout_seconds"] == 80  # twice the longest answer
    assert found["figures"]["requests_a_month"] == pytest.approx(9000, rel=0.02)
    assert found["service"]["load_balancers"]
    # A task, three addresses and a load balancer, beside 9,000 answers of 40 s at 960 MB.
    page = (folder / "report.md").read_text()
    assert re.search(r"requests a month cost about \$5\.\d\d on Lambda", page)
    assert "the service costs $45.40 now" in page


def test_terraform_takes_the_values(
    aws_here: Running, balanced: old_services.Made, migrated: Migrated, tmp_path: Path
) -> None:
    """The file is Terraform's own form: `fmt` reads it, and finds what was a template."""
    _, folder, _ = migrated("balanced")
    values = folder / "production.tfvars"

    subprocess.run(["terraform", "fmt", "-write=false", str(values)], check=True)

    assert 'LOG_LEVEL = "INFO $${x}"' in values.read_text()
    assert "arn:aws:dynamodb:us-east-1:000000000000:table/notes" in values.read_text()
    assert 'test = "StringEquals"' in values.read_text()


def test_what_cannot_go_over_is_left_out_with_its_reason(
    aws_here: Running, balanced: old_services.Made, migrated: Migrated
) -> None:
    found, _, _ = migrated("balanced")

    left = " ".join(found["left_out"])
    assert "MCP_PORT: a function has no port" in left
    assert "it allows iam:*" in left
    assert "CLEAR_TOKEN is a secret in clear" in left
    assert any("port 8080" in one["what"] for one in found["obstacles"])


def test_two_containers_arm_and_a_stopped_service(aws_here: Running, migrated: Migrated) -> None:
    old_services.make(
        aws_here, "odd", containers=(old_services.SIDECAR,), architecture="ARM64", desired=0
    )

    found, _, _ = migrated("odd")

    assert found["service"]["answers"] == "server"
    assert found["variables"]["architecture"] == "arm64"
    assert found["service"]["running"] is False
    first = [one["what"] for one in found["obstacles"] if one["blocks"]]
    assert any("sidecar" in what for what in first)
    assert any("stopped" in one["what"] for one in found["obstacles"])
    assert found["service"]["load_balancers"] == []


def test_missing_rights_are_named_and_the_rest_is_read(
    aws_here: Running,
    balanced: old_services.Made,
    as_user: Callable[..., None],
    migrated: Migrated,
) -> None:
    (statement,) = json.loads((ROOT / "docs/how-to/migrate-rights.json").read_text())["Statement"]
    as_user(*FIRST_RIGHTS)

    found, folder, printed = migrated("balanced")

    missing = set(found["missing_rights"])
    assert missing <= set(statement["Action"]) - FIRST_RIGHTS
    assert {right.partition(":")[0] for right in missing} == {
        *("application-autoscaling", "cloudwatch", "elasticloadbalancing"),
        *("events", "iam", "scheduler"),
    }
    said = " ".join(printed.split())
    assert all(f"right {right} is missing" in said for right in missing)
    assert len(found["secrets"]) == 5
    assert checklist.state(folder / "checklist.md")["read"] is False


def test_without_the_first_right_the_error_names_it(
    aws_here: Running,
    balanced: old_services.Made,
    as_user: Callable[..., None],
    capsys: pytest.CaptureFixture[str],
) -> None:
    as_user("sts:GetCallerIdentity")

    assert run(["migrate", "--cluster", "balanced", "--service", "balanced"]) == 1

    assert "cannot be read without the right ecs:DescribeServices" in capsys.readouterr().err


def test_a_wrong_name_lists_the_services_that_there_are(
    aws_here: Running, balanced: old_services.Made, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["migrate", "--cluster", "balanced", "--service", "wrong"]) == 1

    assert "no service wrong, only balanced" in capsys.readouterr().err


def test_values_that_a_person_changed_and_ticks_stay(
    aws_here: Running, balanced: old_services.Made, migrated: Migrated
) -> None:
    _, folder, _ = migrated("balanced")
    values, steps = folder / "production.tfvars", folder / "checklist.md"
    values.write_text("memory_mb = 1\n")
    checklist.tick(steps, "build", "it runs")

    _, _, printed = migrated("balanced")

    assert values.read_text() == "memory_mb = 1\n"
    assert "kept: it is another now" in printed
    assert checklist.state(steps)["build"] is True
    assert "it runs" in steps.read_text()


def test_secrets_are_copied_unseen_from_every_place(
    aws_here: Running,
    balanced: old_services.Made,
    migrated: Migrated,
    capsys: pytest.CaptureFixture[str],
) -> None:
    _, folder, _ = migrated("balanced")
    ssm = client(aws_here, "ssm")
    for name in VALUES:
        ssm.put_parameter(
            Name=f"/moved/production/{name.lower().replace('_', '-')}",
            Value="{}",
            Type="SecureString",
            Description="written by `mesh secrets`",
        )

    copied = run(["secrets", "--path", "/moved/production", "copy", str(folder / "secrets.json")])

    seen = capsys.readouterr()
    assert copied == 0, seen.err
    for name, value in VALUES.items():
        parameter = f"/moved/production/{name.lower().replace('_', '-')}"
        found = ssm.get_parameter(Name=parameter, WithDecryption=True)["Parameter"]["Value"]
        assert found == value
        assert value not in seen.out + seen.err


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("[]", "no list called secrets"),
        ('{"secrets": [{"new": "A"}]}', "not as mesh migrate writes it"),
        ('{"secrets": [{"new": "A", "old": {"kind": "x", "source": "y"}}]}', "unknown kind"),
    ],
)
def test_a_mapping_that_is_none_is_refused(
    content: str, said: str, aws_here: Running, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    mapping = tmp_path / "secrets.json"
    mapping.write_text(content)

    assert run(["secrets", "--path", "/moved/production", "copy", str(mapping)]) == 1

    assert said in capsys.readouterr().err


def test_nothing_is_changed_in_aws(
    aws_here: Running, balanced: old_services.Made, as_user: Callable[..., None], migrated: Migrated
) -> None:
    """Rights to read are enough for all of it."""
    reading = json.loads((ROOT / "docs/how-to/migrate-rights.json").read_text())
    as_user(*(action for one in reading["Statement"] for action in one["Action"]))

    found, folder, _ = migrated("balanced")

    assert found["missing_rights"] == {}
    shutil.rmtree(folder)


def test_a_name_that_no_environment_can_have_is_refused_first(
    capsys: pytest.CaptureFixture[str],
) -> None:
    asked = ["migrate", "--cluster", "a", "--service", "b", "--environment", "No Name"]

    assert run(asked) == 1

    assert "'No Name' cannot be an environment's name" in capsys.readouterr().err
