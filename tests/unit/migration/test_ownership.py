"""Blocks name what a plan removes, as Terraform's state has it, and nothing else."""

from __future__ import annotations

from typing import Any

from mesh.migration.retirement import ownership
from mesh.migration.retirement.removal_plan import Plan, Step


def resource(kind: str, name: str, key: object = None, /, **attributes: Any) -> dict[str, Any]:
    instance = {"attributes": attributes} | ({} if key is None else {"index_key": key})
    return {"mode": "managed", "type": kind, "name": name, "instances": [instance]}


def test_each_resource_of_the_plan_has_its_address_and_its_id() -> None:
    group, role = "sg-1", "arn:aws:iam::1:role/tools-task"
    plan = Plan(
        "tools",
        "tools",
        "us-east-1",
        [Step("service", "tools"), Step("role", role), Step("x", group)],
    )
    state = {
        "resources": [
            resource("aws_ecs_service", "this", id="arn", name="tools", cluster="arn:c/tools"),
            resource("aws_iam_role_policy", "a", "x", id="tools-task:a", role="tools-task"),
            {"module": "module.net"} | resource("aws_security_group", "b", 0, id=group),
            # It only has the same name.
            resource("aws_s3_bucket", "c", id="tools"),
            resource("aws_ecs_cluster", "other", id="arn:other", name="other"),
        ]
    }

    assert ownership._owned(state, plan) == {
        "aws_ecs_service.this": "tools/tools",
        'aws_iam_role_policy.a["x"]': "tools-task:a",
        "module.net.aws_security_group.b[0]": group,
    }
