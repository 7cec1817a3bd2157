"""What else in the region uses the same things: nothing of a neighbour is removed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from mesh.migration import secret_references
from mesh.migration.aws_reads import Reads
from mesh.migration.old_service import OldService

AT_ONCE = 10


@dataclass
class Neighbours:
    """Names and ARNs that others use, so that they stay.

    Attributes:
        used: by anything but the service; the ARN or name of a thing, and who uses it.
        cluster_busy: whether something else is in the cluster.
    """

    used: dict[str, str] = field(default_factory=dict)
    cluster_busy: bool = False

    def use(self, what: object, who: str) -> None:
        """Note that somebody uses something."""
        if what:
            self.used.setdefault(str(what), who)


def find(reads: Reads, old: OldService) -> Neighbours:
    """Look at every other service and task definition of the region."""
    found = Neighbours()
    own_family = str(old.task.get("family"))
    unknown = "what else uses the same things"
    for cluster in _pages(reads, unknown, "list_clusters", "clusterArns"):
        services = _pages(reads, unknown, "list_services", "serviceArns", cluster=cluster)
        for start in range(0, len(services), AT_ONCE):
            for one in reads.ask(
                unknown,
                "ecs",
                "describe_services",
                cluster=cluster,
                services=services[start : start + AT_ONCE],
            ).get("services", []):
                if one["serviceArn"] != old.service["serviceArn"]:
                    _of_service(found, one, old)
        here = cluster == old.service.get("clusterArn")
        running = _pages(reads, unknown, "list_tasks", "taskArns", cluster=cluster) if here else []
        group = f"service:{old.name}"
        for start in range(0, len(running), 100):
            for task in reads.ask(
                unknown,
                "ecs",
                "describe_tasks",
                cluster=cluster,
                tasks=running[start : start + 100],
            ).get("tasks", []):
                if task.get("group") != group:
                    found.cluster_busy = True
    for family in _pages(
        reads, unknown, "list_task_definition_families", "families", status="ACTIVE"
    ):
        if family != own_family:
            task = reads.ask(unknown, "ecs", "describe_task_definition", taskDefinition=family).get(
                "taskDefinition", {}
            )
            _of_task(found, task)
    own = {one["LoadBalancerArn"] for one in old.load_balancers}
    for one in reads.ask(unknown, "elbv2", "describe_load_balancers").get("LoadBalancers", []):
        if one["LoadBalancerArn"] not in own:
            for group in one.get("SecurityGroups", []):
                found.use(group, f"load balancer {one['LoadBalancerName']}")
    return found


def _of_service(found: Neighbours, one: Mapping[str, Any], old: OldService) -> None:
    who = f"service {one['serviceName']}"
    if one.get("clusterArn") == old.service.get("clusterArn"):
        found.cluster_busy = True
    network = one.get("networkConfiguration", {}).get("awsvpcConfiguration", {})
    for group in network.get("securityGroups", []):
        found.use(group, who)
    for behind in one.get("loadBalancers", []):
        found.use(behind.get("targetGroupArn"), who)
    found.use(str(one.get("taskDefinition", "")).rpartition("/")[2].partition(":")[0], who)


def _of_task(found: Neighbours, task: Mapping[str, Any]) -> None:
    who = f"task definition {task.get('family')}"
    found.use(task.get("taskRoleArn"), who)
    found.use(task.get("executionRoleArn"), who)
    for container in task.get("containerDefinitions", []):
        options = container.get("logConfiguration", {}).get("options", {})
        found.use(options.get("awslogs-group"), who)
        image = str(container.get("image", "")).partition("/")[2].partition("@")[0]
        found.use(image.rpartition(":")[0] or image, who)
        for secret in container.get("secrets", []):
            named = secret.get("valueFrom", "")
            found.use(named, who)
            # Another key of the same secret is the same secret.
            found.use(secret_references.parse("", named).source, who)


def _pages(reads: Reads, unknown: str, operation: str, key: str, **arguments: Any) -> list[str]:
    found: list[str] = []
    token: dict[str, str] = {}
    while True:
        answer = reads.ask(unknown, "ecs", operation, **arguments, **token)
        found += answer.get(key, [])
        if not answer.get("nextToken"):
            return found
        token = {"nextToken": answer["nextToken"]}
