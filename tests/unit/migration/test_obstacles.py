"""What Lambda cannot do is seen in a task definition, and what it can do is no obstacle."""

from __future__ import annotations

from typing import Any

import pytest

from mesh.migration import obstacles
from mesh.migration.inventory.figures import Figures
from mesh.migration.inventory.old_service import OldService


def service(**changes: Any) -> OldService:
    """A service that fits Lambda as it is, but for what is changed."""
    container = {"name": "server", "essential": True, **changes.pop("container", {})}
    task = {
        "family": "server",
        "cpu": "512",
        "memory": "1024",
        "containerDefinitions": [container, *changes.pop("beside", [])],
        **changes.pop("task", {}),
    }
    asked = {"desiredCount": 2, "taskDefinition": "arn", **changes.pop("service", {})}
    return OldService("tools", "server", "us-east-1", asked, task, "server", **changes)


def found(old: OldService, figures: Figures | None = None) -> list[obstacles.Obstacle]:
    return obstacles.find(old, figures or Figures())


def test_what_fits_has_no_obstacle() -> None:
    assert found(service(), Figures(longest_seconds=899, memory_share=0.9)) == []


BLOCKING: dict[str, tuple[dict[str, Any], Figures | None, str]] = {
    "longer than 15 minutes": ({}, Figures(longest_seconds=901), "ends an invocation after 900 s"),
    "more memory": (
        {"task": {"memory": "20480"}},
        Figures(memory_share=0.6),
        "A task used 12,288 MB",
    ),
    "memory that may be needed": ({"task": {"memory": "20480"}}, None, "A task has 20,480 MB"),
    "more disk": ({"task": {"ephemeralStorage": {"sizeInGiB": 50}}}, None, "50 GiB of disk"),
    "websockets by name": (
        {"container": {"environment": [{"name": "WEBSOCKET_PATH", "value": "/ws"}]}},
        None,
        "WEBSOCKET_PATH speaks of websockets",
    ),
    "websockets by address": (
        {"container": {"environment": [{"name": "HUB", "value": "wss://hub.example"}]}},
        None,
        "HUB speaks of websockets",
    ),
    "files on EFS": (
        {"task": {"volumes": [{"name": "data", "efsVolumeConfiguration": {}}]}},
        None,
        "data is on EFS",
    ),
    "a second container": (
        {"beside": [{"name": "proxy", "essential": True}]},
        None,
        "The container proxy",
    ),
}


@pytest.mark.parametrize("name", BLOCKING)
def test_what_lambda_cannot_do_comes_first(name: str) -> None:
    changes, figures, said = BLOCKING[name]

    seen = found(service(**changes), figures)

    assert [said in one.what for one in seen] == [True]
    assert seen[0].blocks


def _sticky() -> dict[str, Any]:
    forward = {"TargetGroupStickinessConfig": {"Enabled": True, "DurationSeconds": 60}}
    return {"listeners": [{"DefaultActions": [{"Type": "forward", "ForwardConfig": forward}]}]}


TO_LOOK_AT: dict[str, tuple[dict[str, Any], str]] = {
    "sticky sessions": (_sticky(), "keeps clients at one task"),
    "sessions by name": (
        {"container": {"environment": [{"name": "SESSION_TTL", "value": "60"}]}},
        "SESSION_TTL",
    ),
    "a port": ({"container": {"portMappings": [{"containerPort": 3333}]}}, "port 3333"),
    "files of a task": ({"task": {"volumes": [{"name": "cache"}]}}, "cache is a task's own"),
    "state in memory": ({"service": {"desiredCount": 1}}, "state in memory"),
    "a container that may end": (
        {"beside": [{"name": "setup", "essential": False}]},
        "The container setup",
    ),
    "memory that was never used": ({"task": {"memory": "20480"}}, "A task has 20,480 MB"),
    "private addresses": (
        {
            "service": {
                "networkConfiguration": {"awsvpcConfiguration": {"assignPublicIp": "DISABLED"}}
            }
        },
        "private addresses",
    ),
    "nothing runs": ({"service": {"desiredCount": 0}}, "stopped"),
}


@pytest.mark.parametrize("name", TO_LOOK_AT)
def test_what_works_in_another_way_is_to_look_at(name: str) -> None:
    changes, said = TO_LOOK_AT[name]

    seen = found(service(**changes), Figures(memory_share=0.1))

    assert [said in one.what for one in seen] == [True]
    assert not seen[0].blocks
    assert seen[0].remedy
