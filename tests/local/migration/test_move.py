"""The way off containers: migrate, compare, cut over, retire, on local AWS."""

from __future__ import annotations

import datetime as dt
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mesh.cli import run
from mesh.local_aws.process import Running
from mesh.migration import checklist
from tests.fixtures import old_services
from tests.fixtures.deployed import client
from tests.fixtures.old_services import Made

ACCESS = '{address}:5000 - "POST /mcp HTTP/1.1" 200'


def everything(aws: Running) -> dict[str, set[str]]:
    """All that a removal could touch, by kind."""
    ecs, elb = client(aws, "ecs"), client(aws, "elbv2")
    clusters = ecs.list_clusters()["clusterArns"]
    active = [
        one["clusterName"]
        for one in ecs.describe_clusters(clusters=clusters)["clusters"]
        if one["status"] == "ACTIVE"
    ]
    scaling = client(aws, "application-autoscaling")
    iam, ec2 = client(aws, "iam"), client(aws, "ec2")
    manager, logs = client(aws, "secretsmanager"), client(aws, "logs")
    return {
        "clusters": set(active),
        "services": {
            arn for name in active for arn in ecs.list_services(cluster=name)["serviceArns"]
        },
        "task definitions": {
            arn
            for status in ("ACTIVE", "INACTIVE")
            for arn in ecs.list_task_definitions(status=status)["taskDefinitionArns"]
        },
        "scaling": {
            one["ResourceId"]
            for one in scaling.describe_scalable_targets(ServiceNamespace="ecs")["ScalableTargets"]
        },
        "load balancers": {
            one["LoadBalancerArn"] for one in elb.describe_load_balancers()["LoadBalancers"]
        },
        "target groups": {
            one["TargetGroupArn"] for one in elb.describe_target_groups()["TargetGroups"]
        },
        "security groups": {
            one["GroupId"] for one in ec2.describe_security_groups()["SecurityGroups"]
        },
        "roles": {one["RoleName"] for one in iam.list_roles()["Roles"]},
        "images": {
            one["repositoryName"]
            for one in client(aws, "ecr").describe_repositories()["repositories"]
        },
        "parameters": {
            one["Name"]
            for page in client(aws, "ssm").get_paginator("describe_parameters").paginate()
            for one in page["Parameters"]
        },
        "secrets": {one["Name"] for one in manager.list_secrets()["SecretList"]},
        "logs": {one["logGroupName"] for one in logs.describe_log_groups()["logGroups"]},
    }


def remaining(aws: Running, name: str) -> dict[str, set[str]]:
    """What is there whose name has a word."""
    found = {kind: {one for one in ones if name in one} for kind, ones in everything(aws).items()}
    return {kind: ones for kind, ones in found.items() if ones}


@pytest.fixture
def retire(tmp_path: Path) -> Callable[..., int]:
    """Runs `mesh retire`, with both questions answered."""

    def ran(made: Made, *arguments: str, cluster: str | None = None) -> int:
        progress = str(tmp_path / f"{made.name}.json")
        return run(
            [
                "retire",
                *("--cluster", cluster or made.name, "--service", made.name),
                *("--confirm", made.name, "--yes", "--progress", progress),
                *arguments,
            ]
        )

    return ran


ALL = ("--images", "--parameters", "--logs")


def test_nothing_of_a_service_remains_and_nothing_else_is_touched(
    aws_here: Running, retire: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    beside = old_services.make(aws_here, "neighbour", load_balancer=True)
    before = everything(aws_here)
    made = old_services.make(aws_here, "leaving", load_balancer=True)

    status = retire(made, *ALL)

    seen = capsys.readouterr()
    assert status == 0, seen.err
    assert everything(aws_here) == before
    assert beside.balancer in before["load balancers"]
    # One task, its address, a load balancer with two addresses, two secrets.
    assert "Saves about $46.2" in seen.out


def test_images_log_and_secrets_stay_until_they_are_named(
    aws_here: Running, retire: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    made = old_services.make(aws_here, "keeping")

    assert retire(made) == 0
    kept = remaining(aws_here, "keeping")
    later = retire(made, *ALL)

    assert kept.keys() == {"images", "parameters", "secrets", "logs"}
    assert later == 0, capsys.readouterr().err
    assert remaining(aws_here, "keeping") == {}


def test_what_others_use_stays(
    aws_here: Running, retire: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    made = old_services.make(aws_here, "tenant", cluster="house")
    other = old_services.make(aws_here, "lodger", cluster="house")
    client(aws_here, "ecs").update_service(
        cluster="house",
        service="lodger",
        networkConfiguration={
            "awsvpcConfiguration": {
                "subnets": ["subnet-00000001"],
                "securityGroups": made.security_groups,
            }
        },
    )

    assert retire(made, *ALL, cluster="house") == 0

    seen = capsys.readouterr().out
    assert "cluster house: something else runs in it" in seen
    assert "service lodger uses it" in " ".join(seen.split())
    left = everything(aws_here)
    assert made.security_groups[0] in left["security groups"]
    assert "house" in left["clusters"]
    assert {arn for arn in left["services"] if arn.endswith("tenant")} == set()
    assert retire(other, *ALL, cluster="house") == 0


def test_what_is_used_in_a_less_plain_way_stays(
    aws_here: Running, retire: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    """By an old revision, by a schedule, by another group's rule, under another name."""
    made = old_services.make(aws_here, "entwined")
    ecs, ec2, events = (client(aws_here, one) for one in ("ecs", "ec2", "events"))
    parameter = "arn:aws:ssm:us-east-1:000000000000:parameter/entwined/by_name"
    older = ecs.register_task_definition(
        family="elder",
        taskRoleArn="arn:aws:iam::000000000000:role/entwined-task",
        containerDefinitions=[
            {"name": "x", "image": "x", "secrets": [{"name": "A", "valueFrom": parameter}]}
        ],
    )["taskDefinition"]["taskDefinitionArn"]
    newest = [{"name": "x", "image": "x"}]
    ecs.register_task_definition(family="elder", containerDefinitions=newest)
    ecs.create_cluster(clusterName="elsewhere")
    ecs.create_service(cluster="elsewhere", serviceName="elder", taskDefinition=older)
    database = ec2.create_security_group(GroupName="entwined-database", Description="d")["GroupId"]
    pair = {"GroupId": made.security_groups[0]}
    ec2.authorize_security_group_ingress(
        GroupId=database,
        IpPermissions=[
            {"IpProtocol": "tcp", "FromPort": 1, "ToPort": 1, "UserIdGroupPairs": [pair]}
        ],
    )
    events.put_rule(Name="nightly", ScheduleExpression="rate(1 day)")
    cluster = "arn:aws:ecs:us-east-1:000000000000:cluster/entwined"
    target = {"Id": "1", "Arn": cluster, "RoleArn": "arn:aws:iam::000000000000:role/r"}
    events.put_targets(
        Rule="nightly", Targets=[target | {"EcsParameters": {"TaskDefinitionArn": older}}]
    )

    assert retire(made, *ALL, "--plan-only") == 0, capsys.readouterr().err

    kept = " ".join(capsys.readouterr().out.split())
    assert "role entwined-task: rule nightly uses it" in kept
    assert "parameter /entwined/by_name: rule nightly uses it" in kept
    assert "cluster entwined: something else runs in it" in kept
    assert f"security group {pair['GroupId']}: a rule of security group {database}" in kept
    assert "remove service/entwined/entwined" not in kept


def test_an_interrupted_removal_goes_on(
    aws_here: Running,
    as_user: Callable[..., None],
    retire: Callable[..., int],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    made = old_services.make(aws_here, "halfway", load_balancer=True)
    as_user(
        "sts:*",
        "ecs:*",
        "iam:*",
        "ec2:*",
        "elasticloadbalancing:Describe*",
        "application-autoscaling:*",
        "events:*",
        "scheduler:*",
    )

    assert retire(made, *ALL) == 1

    assert "run `mesh retire` again" in capsys.readouterr().err
    noted = json.loads((tmp_path / "halfway.json").read_text())
    assert [step["kind"] for step in noted["steps"] if step["done"]] == [
        "autoscaling",
        "stop",
        "service",
    ]
    for name, value in aws_here.environment.items():
        monkeypatch.setenv(name, value)
    assert retire(made, *ALL) == 0
    assert remaining(aws_here, "halfway") == {}


def test_it_asks_twice_and_a_plan_changes_nothing(
    aws_here: Running, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    old_services.make(aws_here, "asking")
    asked = ["retire", "--cluster", "asking", "--service", "asking"]
    asked += ["--progress", str(tmp_path / "p.json")]
    before = everything(aws_here)

    assert run([*asked, "--plan-only"]) == 0
    assert run([*asked, "--confirm", "other", "--yes"]) == 1
    # Nobody answers the second question here.
    assert run([*asked, "--confirm", "asking"]) != 0

    assert "nothing was removed: 'other' is not 'asking'" in capsys.readouterr().err
    assert everything(aws_here) == before


def test_without_the_rights_to_see_neighbours_nothing_is_planned(
    aws_here: Running,
    as_user: Callable[..., None],
    retire: Callable[..., int],
    capsys: pytest.CaptureFixture[str],
) -> None:
    made = old_services.make(aws_here, "blind")
    as_user("sts:*", "ecs:DescribeServices", "ecs:DescribeTaskDefinition", "ecs:DeleteService")

    assert retire(made) == 1

    assert "cannot be seen: the right" in capsys.readouterr().err


@pytest.fixture
def cutover(capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, dict[str, Any]]]:
    """Runs `mesh cutover --json`."""

    def ran(name: str, *arguments: str) -> tuple[int, dict[str, Any]]:
        status = run(["cutover", "--cluster", name, "--service", name, "--json", *arguments])
        return status, json.loads(capsys.readouterr().out)

    return ran


def write_log(aws: Running, name: str, *lines: tuple[dt.timedelta, str]) -> None:
    """Write lines into a service's log, as from a while ago."""
    logs, now = client(aws, "logs"), time.time()
    stream = f"server/{time.time_ns()}"
    logs.create_log_stream(logGroupName=f"/ecs/{name}", logStreamName=stream)
    logs.put_log_events(
        logGroupName=f"/ecs/{name}",
        logStreamName=stream,
        logEvents=[
            {"timestamp": int((now - ago.total_seconds()) * 1000), "message": text}
            for ago, text in lines
        ],
    )


def test_the_log_says_who_still_calls_and_health_checks_do_not_count(
    aws_here: Running, cutover: Callable[..., tuple[int, dict[str, Any]]], tmp_path: Path
) -> None:
    old_services.make(aws_here, "watched")
    hours, steps = dt.timedelta(hours=1), tmp_path / "checklist.md"
    checklist.write(steps, "Move", "production")
    unknown, said = cutover("watched", "--quiet", "2h")
    write_log(
        aws_here,
        "watched",
        (30 * hours, "INFO: " + ACCESS.format(address="10.0.0.7")),
        (20 * hours, json.dumps({"path": "/rpc", "caller": "key:billing"})),
        (hours, 'INFO: 10.0.0.9:1 - "GET /health HTTP/1.1" 200'),
        (hours, '10.0.0.9 - - [x] "GET / HTTP/1.1" 200 5 "-" "ELB-HealthChecker/2.0"'),
    )

    busy, found = cutover("watched", "--quiet", "24h", "--checklist", str(steps))
    idle, quiet = cutover("watched", "--quiet", "12h")

    assert unknown == 1
    assert "cannot be known" in said["reason"]
    assert (busy, found["idle"]) == (1, False)
    assert found["old"]["callers"] == {"key:billing": 1}
    assert checklist.state(steps)["cutover"] is False
    assert (idle, quiet["idle"]) == (0, True)
    assert cutover("watched", "--quiet", "12h", "--checklist", str(steps))[0] == 0
    assert checklist.state(steps)["cutover"] is True


def test_the_load_balancer_counts_requests_that_no_log_tells_of(
    aws_here: Running, cutover: Callable[..., tuple[int, dict[str, Any]]]
) -> None:
    made = old_services.make(aws_here, "counted", load_balancer=True)
    assert made.balancer is not None
    assert made.group is not None
    idle, _ = cutover("counted", "--quiet", "2h")
    client(aws_here, "cloudwatch").put_metric_data(
        Namespace="AWS/ApplicationELB",
        MetricData=[
            {
                "MetricName": "RequestCount",
                "Dimensions": [
                    {"Name": "LoadBalancer", "Value": made.balancer.split(":loadbalancer/")[1]},
                    {"Name": "TargetGroup", "Value": made.group.split(":")[-1]},
                ],
                "Value": 5,
            }
        ],
    )

    busy, found = cutover("counted", "--quiet", "2h")

    assert idle == 0
    assert busy == 1
    assert found["old"]["requests"] == 5


def test_a_checklist_without_a_cutover_stops_the_removal(
    aws_here: Running,
    retire: Callable[..., int],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    made = old_services.make(aws_here, "early")
    steps = tmp_path / "checklist.md"
    checklist.write(steps, "Move", "production")

    assert retire(made, "--checklist", str(steps)) == 1

    assert "no tick at cutover" in capsys.readouterr().err
    checklist.tick(steps, "cutover", "nobody calls")
    assert retire(made, "--checklist", str(steps)) == 0
    assert checklist.state(steps)["retire"] is True


def test_of_a_shared_load_balancer_only_the_own_rule_goes(
    aws_here: Running, retire: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    made = old_services.make(aws_here, "sharing", load_balancer=True)
    elb = client(aws_here, "elbv2")
    vpc = elb.describe_target_groups(TargetGroupArns=[made.group])["TargetGroups"][0]["VpcId"]
    other = elb.create_target_group(
        Name="others", Protocol="HTTP", Port=80, VpcId=vpc, TargetType="ip"
    )["TargetGroups"][0]["TargetGroupArn"]
    listener = elb.describe_listeners(LoadBalancerArn=made.balancer)["Listeners"][0]["ListenerArn"]
    elb.modify_listener(
        ListenerArn=listener, DefaultActions=[{"Type": "forward", "TargetGroupArn": other}]
    )
    elb.create_rule(
        ListenerArn=listener,
        Priority=1,
        Conditions=[{"Field": "path-pattern", "Values": ["/mcp*"]}],
        Actions=[{"Type": "forward", "TargetGroupArn": made.group}],
    )

    assert retire(made, *ALL) == 0, capsys.readouterr().err

    left = everything(aws_here)
    assert "load balancer sharing: it serves others too" in capsys.readouterr().out
    assert made.balancer in left["load balancers"]
    assert other in left["target groups"]
    assert made.group not in left["target groups"]
    rules = elb.describe_rules(ListenerArn=listener)["Rules"]
    assert [rule["IsDefault"] for rule in rules] == [True]
    # The group of the tasks goes, that of the load balancer stays.
    assert [group in left["security groups"] for group in made.security_groups] == [False, True]
