"""What else in the region uses the same things: nothing of a neighbour is removed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import batched
from typing import Any

from mesh.migration.inventory import schedules, secret_references
from mesh.migration.inventory.aws_reads import Reads
from mesh.migration.inventory.old_service import OldService
from mesh.migration.inventory.schedules import Schedule

# As many as AWS describes in one call.
SERVICES_AT_ONCE, TASKS_AT_ONCE = 10, 100
UNKNOWN = "what else uses the same things"
# What AWS writes at a network interface of a task, which goes with its service.
OF_A_TASK = re.compile(r"arn:[a-z-]+:ecs:")


@dataclass
class Neighbours:
    """Names and ARNs that others use, so that they stay.

    Attributes:
        used: by anything but the service; the place of a thing, and who uses it.
        cluster_busy: whether something else is in the cluster.
    """

    used: dict[str, str] = field(default_factory=dict)
    cluster_busy: bool = False

    def use(self, what: object, who: str) -> None:
        """Note that somebody uses something."""
        if what:
            self.used.setdefault(secret_references.place(str(what)), who)

    def user(self, what: str) -> str | None:
        """Who uses something; None where nobody does."""
        return self.used.get(secret_references.place(what))


def find(reads: Reads, old: OldService) -> Neighbours:
    """Look at every other service, schedule, task definition and load balancer of the region."""
    found = Neighbours()
    # A service may run another revision than the newest of a family.
    tasks: dict[str, str] = {}
    for cluster in reads.pages(UNKNOWN, "ecs", "list_clusters", "clusterArns"):
        _of_cluster(reads, found, old, cluster, tasks)
    for one in schedules.of_scheduler(reads):
        _of_schedule(found, old, one, tasks)
    for family in reads.pages(
        UNKNOWN, "ecs", "list_task_definition_families", "families", status="ACTIVE"
    ):
        if family != old.task.get("family"):
            tasks.setdefault(family, f"task definition {family}")
    for name, who in tasks.items():
        answer = reads.ask(UNKNOWN, "ecs", "describe_task_definition", taskDefinition=name)
        _of_task(found, answer.get("taskDefinition", {}), who)
    own = {one["LoadBalancerArn"] for one in old.load_balancers}
    for one in reads.pages(UNKNOWN, "elbv2", "describe_load_balancers", "LoadBalancers"):
        if one["LoadBalancerArn"] not in own:
            for group in one.get("SecurityGroups", []):
                found.use(group, f"load balancer {one['LoadBalancerName']}")
    return found


def of_security_groups(
    reads: Reads, found: Neighbours, groups: set[str], balancers: set[str]
) -> None:
    """Note who else uses security groups: rules of other groups, and network interfaces.

    Args:
        reads: How to look.
        found: Where to note it.
        groups: Those that are to go.
        balancers: ARNs of the load balancers that go, too.
    """
    if not groups:
        return
    for one in reads.pages(UNKNOWN, "ec2", "describe_security_groups", "SecurityGroups"):
        if one["GroupId"] in groups:
            continue
        for rule in [*one.get("IpPermissions", []), *one.get("IpPermissionsEgress", [])]:
            for pair in rule.get("UserIdGroupPairs", []):
                found.use(pair.get("GroupId"), f"a rule of security group {one['GroupId']}")
    going = {f"ELB {arn.partition(':loadbalancer/')[2]}" for arn in balancers}
    asked = {"Filters": [{"Name": "group-id", "Values": sorted(groups)}]}
    for one in reads.pages(
        UNKNOWN, "ec2", "describe_network_interfaces", "NetworkInterfaces", **asked
    ):
        what = one.get("Description", "")
        if not OF_A_TASK.match(what) and what not in going:
            for group in one.get("Groups", []):
                found.use(group["GroupId"], f"network interface {one['NetworkInterfaceId']}")


def _of_cluster(
    reads: Reads, found: Neighbours, old: OldService, cluster: str, tasks: dict[str, str]
) -> None:
    services = [*reads.pages(UNKNOWN, "ecs", "list_services", "serviceArns", cluster=cluster)]
    for names in batched(services, SERVICES_AT_ONCE, strict=False):
        answer = reads.ask(
            UNKNOWN, "ecs", "describe_services", cluster=cluster, services=list(names)
        )
        for one in answer.get("services", []):
            if one["serviceArn"] != old.service["serviceArn"]:
                _of_service(found, one, old, tasks)
    for schedule in schedules.of_rules(reads, cluster):
        _of_schedule(found, old, schedule, tasks)
    if cluster != old.service.get("clusterArn"):
        return
    running = [*reads.pages(UNKNOWN, "ecs", "list_tasks", "taskArns", cluster=cluster)]
    for names in batched(running, TASKS_AT_ONCE, strict=False):
        answer = reads.ask(UNKNOWN, "ecs", "describe_tasks", cluster=cluster, tasks=list(names))
        for task in answer.get("tasks", []):
            if task.get("group") != f"service:{old.name}":
                found.cluster_busy = True


def _of_service(
    found: Neighbours, one: Mapping[str, Any], old: OldService, tasks: dict[str, str]
) -> None:
    who = f"service {one['serviceName']}"
    if one.get("clusterArn") == old.service.get("clusterArn"):
        found.cluster_busy = True
    # With another deployment controller than ECS, these are in its task sets.
    for part in (one, *one.get("taskSets", [])):
        network = part.get("networkConfiguration", {}).get("awsvpcConfiguration", {})
        for group in network.get("securityGroups", []):
            found.use(group, who)
        for behind in part.get("loadBalancers", []):
            found.use(behind.get("targetGroupArn"), who)
        _uses(found, part.get("taskDefinition"), who, tasks)


def _of_schedule(found: Neighbours, old: OldService, one: Schedule, tasks: dict[str, str]) -> None:
    if one.cluster == old.service.get("clusterArn"):
        found.cluster_busy = True
    for group in one.security_groups:
        found.use(group, one.name)
    _uses(found, one.task, one.name, tasks)


def _uses(found: Neighbours, task: str | None, who: str, tasks: dict[str, str]) -> None:
    """Note the family of a task definition, and remember to read the revision itself."""
    if task:
        found.use(task.rpartition("/")[2].partition(":")[0], who)
        tasks.setdefault(task, who)


def _of_task(found: Neighbours, task: Mapping[str, Any], who: str) -> None:
    found.use(task.get("taskRoleArn"), who)
    found.use(task.get("executionRoleArn"), who)
    for container in task.get("containerDefinitions", []):
        options = container.get("logConfiguration", {}).get("options", {})
        found.use(options.get("awslogs-group"), who)
        image = str(container.get("image", "")).partition("/")[2].partition("@")[0]
        found.use(image.rpartition(":")[0] or image, who)
        # Another key of the same secret is the same secret.
        for one in secret_references.of_container(container, ""):
            found.use(one.source, who)
        found.use(secret_references.api_keys_parameter(container), who)
