"""What of the old service Lambda cannot do, or does in another way."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from mesh.migration.inventory.figures import Figures
from mesh.migration.inventory.old_service import OldService

LONGEST_SECONDS = 900
MOST_MEMORY_MB = 10_240
SESSIONS = re.compile(r"(?i)session|sticky")
WEB_SOCKETS = re.compile(r"(?i)web_?socket|(^|_)wss?(_|$)|^wss?://")
PORT = re.compile(r"(?i)(^|_)PORT$")


@dataclass(frozen=True)
class Obstacle:
    """One thing that does not go over as it is.

    Attributes:
        what: it, with its value.
        remedy: what to do.
        blocks: whether the server cannot move before that.
    """

    what: str
    remedy: str
    blocks: bool = False


def find(old: OldService, figures: Figures) -> list[Obstacle]:
    """Everything that can be seen from outside the code."""
    return [*_limits(old, figures), *_connections(old), *_state(old), *_surroundings(old)]


def _limits(old: OldService, figures: Figures) -> Iterator[Obstacle]:
    longest = figures.longest_seconds
    if longest is not None and longest > LONGEST_SECONDS:
        yield Obstacle(
            f"An answer took {longest:,.0f} s, and Lambda ends an invocation after 900 s.",
            "Start long work elsewhere (Step Functions, a queue), and answer with its number.",
            blocks=True,
        )
    used = figures.memory_share
    used_mb = None if used is None else used * old.memory_mb
    if used_mb is not None and used_mb > MOST_MEMORY_MB:
        yield Obstacle(
            f"A task used {used_mb:,.0f} MB, and a function has at most 10,240 MB.",
            "Keep this server on Fargate, or split it.",
            blocks=True,
        )
    elif old.memory_mb > MOST_MEMORY_MB:
        yield Obstacle(
            f"A task has {old.memory_mb:,} MB, and a function has at most 10,240 MB.",
            "CloudWatch shows whether it needs them."
            if used_mb is None
            else f"It used {used_mb:,.0f} MB at most.",
            blocks=used_mb is None,
        )
    storage = int(old.task.get("ephemeralStorage", {}).get("sizeInGiB", 0))
    if storage * 1024 > MOST_MEMORY_MB:
        yield Obstacle(
            f"A task has {storage} GiB of disk, and /tmp of a function at most 10,240 MB.",
            "Set ephemeral_storage_mb, or put files into S3.",
            blocks=True,
        )


def _connections(old: OldService) -> Iterator[Obstacle]:
    variables = {one["name"]: one.get("value", "") for one in old.main.get("environment", [])}
    for name, value in variables.items():
        if WEB_SOCKETS.search(name) or WEB_SOCKETS.search(value):
            yield Obstacle(
                f"The variable {name} speaks of websockets, which a Function URL does not have.",
                "MCP over Streamable HTTP needs none. Use invoke_mode RESPONSE_STREAM to stream.",
                blocks=True,
            )
    sticky = any(
        one.get("TargetGroupStickinessConfig", {}).get("Enabled")
        for listener in old.listeners
        for action in listener.get("DefaultActions", [])
        for one in [action.get("ForwardConfig", {})]
    )
    named = [name for name in variables if SESSIONS.search(name)]
    if sticky or named:
        said = "The load balancer keeps clients at one task" if sticky else f"There is {named[0]}"
        yield Obstacle(
            f"{said}, as for sessions. On Lambda the next request may reach another instance.",
            "Mesh serves MCP without sessions; keep what belongs to a client in DynamoDB.",
        )
    ports = [
        mapping["containerPort"]
        for mapping in old.main.get("portMappings", [])
        if mapping.get("containerPort")
    ]
    if ports:
        named = [name for name in variables if PORT.search(name)]
        beside = f" ({', '.join(named)})" if named else ""
        yield Obstacle(
            f"The server listens on port {', '.join(map(str, ports))}{beside}.",
            "A function has no port: clients use https and no port. Tell them the new address.",
        )


def _state(old: OldService) -> Iterator[Obstacle]:
    for volume in old.task.get("volumes", []):
        if "efsVolumeConfiguration" in volume:
            yield Obstacle(
                f"The volume {volume['name']} is on EFS, which Mesh does not mount.",
                "Put the files into S3, or into the zip with the setting build.",
                blocks=True,
            )
        else:
            yield Obstacle(
                f"The volume {volume['name']} is a task's own. Instances of a function share no "
                "files, and keep /tmp only as long as they live.",
                "Put what must last into S3 or DynamoDB.",
            )
    one_task = int(old.service.get("desiredCount", 1)) == 1 and not old.scaling
    if one_task:
        yield Obstacle(
            "There is one task, so the code may keep state in memory (counters, caches, locks).",
            "Look for it: on Lambda several instances answer at one time.",
        )


def _surroundings(old: OldService) -> Iterator[Obstacle]:
    for one in old.containers:
        if one["name"] != old.container:
            yield Obstacle(
                f"The container {one['name']} ({one.get('image', 'no image')}) runs beside the "
                "server, and a function has no second container.",
                "Lambda sends logs and traces itself; call anything else over the network.",
                blocks=bool(one.get("essential", True)),
            )
    # What reaches private addresses must be in their network.
    if old.network.get("assignPublicIp") == "DISABLED":
        yield Obstacle(
            "Tasks have no public address, so the server may use private addresses of its VPC.",
            "If it does, keep vpc_subnet_ids and vpc_security_group_ids in the values. Else "
            "remove them.",
        )
    family = old.task.get("family")
    for schedule in old.schedules:
        if schedule.family == family:
            yield Obstacle(
                f"The {schedule.name} starts tasks of the same definition at set times.",
                "Let EventBridge Scheduler invoke a function instead. The task definition stays "
                "until nothing starts it.",
            )
    if not old.task:
        yield Obstacle(
            "The task definition could not be read, so most of this is unknown.",
            "See what could not be read, and run mesh migrate again.",
            blocks=True,
        )
    if not old.is_running:
        yield Obstacle(
            "The service is stopped (desired count 0), so nothing can be compared with it.",
            "Start one task for the comparison: aws ecs update-service --desired-count 1.",
        )
