"""What else in the region uses the same things: nothing of a neighbour is removed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import batched
from typing import Any

from mesh.migration.inventory import secret_references
from mesh.migration.inventory.aws_reads import Reads
from mesh.migration.inventory.old_service import OldService

# As many as AWS describes in one call.
SERVICES_AT_ONCE, TASKS_AT_ONCE = 10, 100
UNKNOWN = "what else uses the same things"


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
    """Look at every other service, task definition and load balancer of the region."""
    found = Neighbours()
    for cluster in _pages(reads, "list_clusters", "clusterArns"):
        _of_cluster(reads, found, old, cluster)
    for family in _pages(reads, "list_task_definition_families", "families", status="ACTIVE"):
        if family != old.task.get("family"):
            answer = reads.ask(UNKNOWN, "ecs", "describe_task_definition", taskDefinition=family)
            _of_task(found, answer.get("taskDefinition", {}))
    own = {one["LoadBalancerArn"] for one in old.load_balancers}
    for one in reads.ask(UNKNOWN, "elbv2", "describe_load_balancers").get("LoadBalancers", []):
        if one["LoadBalancerArn"] not in own:
            for group in one.get("SecurityGroups", []):
                found.use(group, f"load balancer {one['LoadBalancerName']}")
    return found


def _of_cluster(reads: Reads, found: Neighbours, old: OldService, cluster: str) -> None:
    services = _pages(reads, "list_services", "serviceArns", cluster=cluster)
    for names in batched(services, SERVICES_AT_ONCE, strict=False):
        answer = reads.ask(
            UNKNOWN, "ecs", "describe_services", cluster=cluster, services=list(names)
        )
        for one in answer.get("services", []):
            if one["serviceArn"] != old.service["serviceArn"]:
                _of_service(found, one, old)
    if cluster != old.service.get("clusterArn"):
        return
    running = _pages(reads, "list_tasks", "taskArns", cluster=cluster)
    for tasks in batched(running, TASKS_AT_ONCE, strict=False):
        answer = reads.ask(UNKNOWN, "ecs", "describe_tasks", cluster=cluster, tasks=list(tasks))
        for task in answer.get("tasks", []):
            if task.get("group") != f"service:{old.name}":
                found.cluster_busy = True


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
        # Another key of the same secret is the same secret.
        for one in secret_references.of_container(container, ""):
            found.use(one.source, who)
        found.use(secret_references.api_keys_parameter(container), who)


def _pages(reads: Reads, operation: str, key: str, **arguments: Any) -> list[str]:
    found: list[str] = []
    token: dict[str, str] = {}
    while True:
        answer = reads.ask(UNKNOWN, "ecs", operation, **arguments, **token)
        found += answer.get(key, [])
        if not answer.get("nextToken"):
            return found
        token = {"nextToken": answer["nextToken"]}
