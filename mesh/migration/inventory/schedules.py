"""What starts tasks at set times: rules of EventBridge, and schedules of EventBridge Scheduler."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from mesh.migration.inventory.aws_reads import Reads

UNKNOWN = "what starts tasks at set times"


@dataclass(frozen=True)
class Schedule:
    """One thing that starts tasks.

    Attributes:
        name: such as `rule nightly`.
        cluster: ARN of the cluster that the tasks run in.
        task: ARN of their task definition, with or without its revision.
        security_groups: of the tasks.
    """

    name: str
    cluster: str
    task: str
    security_groups: tuple[str, ...]

    @property
    def family(self) -> str:
        """Of the task definition."""
        return self.task.rpartition("/")[2].partition(":")[0]


def of_rules(reads: Reads, cluster: str) -> Iterator[Schedule]:
    """The rules whose targets are tasks in a cluster."""
    rules = reads.pages(
        UNKNOWN, "events", "list_rule_names_by_target", "RuleNames", TargetArn=cluster
    )
    for rule in rules:
        for target in reads.pages(UNKNOWN, "events", "list_targets_by_rule", "Targets", Rule=rule):
            if target["Arn"] == cluster:
                yield _schedule(f"rule {rule}", target)


def of_scheduler(reads: Reads) -> Iterator[Schedule]:
    """The schedules of the region whose targets are tasks."""
    for one in reads.pages(UNKNOWN, "scheduler", "list_schedules", "Schedules"):
        if ":cluster/" in one.get("Target", {}).get("Arn", ""):
            asked = {"Name": one["Name"], "GroupName": one["GroupName"]}
            found = reads.ask(UNKNOWN, "scheduler", "get_schedule", **asked)
            if found:
                yield _schedule(f"schedule {one['Name']}", found["Target"])


def _schedule(name: str, target: Mapping[str, Any]) -> Schedule:
    # Both services have the same names for this, with another first letter below.
    of_task = target.get("EcsParameters", {})
    network = of_task.get("NetworkConfiguration", {}).get("awsvpcConfiguration", {})
    groups = network.get("SecurityGroups", [])
    return Schedule(name, target["Arn"], of_task.get("TaskDefinitionArn", ""), tuple(groups))
