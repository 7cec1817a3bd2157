"""Blocks for a Terraform configuration that owns what is removed.

https://developer.hashicorp.com/terraform/language/resources/syntax#removing-resources
"""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mesh.failure import CommandFailedError
from mesh.migration.retirement.removal_plan import Plan
from mesh.stack import terraform

REMOVED = "mesh-removed.tf"
# Not read by Terraform until somebody renames it: it is the way back.
IMPORT = "mesh-import.tf.txt"
# Attributes that say which thing a resource is, or belongs to.
NAMING = (
    "id",
    "arn",
    "name",
    "family",
    "listener_arn",
    "load_balancer_arn",
    "resource_id",
    "role",
    "secret_id",
    "security_group_id",
)
# Names are unique among things of one kind only.
KINDS = (
    "aws_alb",
    "aws_appautoscaling_",
    "aws_cloudwatch_log_group",
    "aws_ecr_",
    "aws_ecs_",
    "aws_iam_role",
    "aws_lb",
    "aws_secretsmanager_",
    "aws_security_group",
    "aws_ssm_parameter",
    "aws_vpc_security_group_",
)
INDEX = re.compile(r"\[[^\]]*\]")
# Where the import's id is not the attribute `id`.
# https://registry.terraform.io/providers/hashicorp/aws/latest/docs: section Import of each.
IMPORT_IDS = {
    "aws_appautoscaling_target": "{service_namespace}/{resource_id}/{scalable_dimension}",
    "aws_appautoscaling_policy": "{service_namespace}/{resource_id}/{scalable_dimension}/{name}",
    "aws_ecs_cluster": "{name}",
    "aws_ecs_service": "{cluster_name}/{name}",
    "aws_ecs_task_definition": "{arn}",
    "aws_iam_role_policy_attachment": "{role}/{policy_arn}",
}


def write(folder: Path, plan: Plan) -> dict[Path, int]:
    """Write both files, and give how many resources each has.

    Args:
        folder: The configuration, initialised, with its state.
        plan: What is removed.

    Raises:
        CommandFailedError: the state cannot be read, or has nothing of the plan.
    """
    owned = _owned(_state(folder), plan)
    if not owned:
        raise CommandFailedError(f"the state of {folder} has nothing of service {plan.service}.")
    sources = sorted({INDEX.sub("", address) for address in owned})
    removed = "\n\n".join(
        f"removed {{\n  from = {address}\n\n  lifecycle {{\n    destroy = false\n  }}\n}}"
        for address in sources
    )
    imported = "\n\n".join(
        f"import {{\n  to = {address}\n  id = {json.dumps(identifier)}\n}}"
        for address, identifier in owned.items()
    )
    head = (
        f"# Service {plan.service}: Terraform forgets these and destroys nothing. Remove their\n"
        "# resource blocks, and every reference to them, before you apply.\n\n"
    )
    back = "# The way back while the resources exist: rename to .tf, and restore their blocks.\n\n"
    try:
        (folder / REMOVED).write_text(f"{head}{removed}\n", "utf-8")
        (folder / IMPORT).write_text(f"{back}{imported}\n", "utf-8")
    except OSError as error:
        raise CommandFailedError(f"{folder} cannot be written: {error.strerror}.") from error
    return {folder / REMOVED: len(sources), folder / IMPORT: len(owned)}


def _state(folder: Path) -> dict[str, Any]:
    terraform.require_terraform()
    done = subprocess.run(
        ["terraform", f"-chdir={folder}", "state", "pull"],
        capture_output=True,
        text=True,
        check=False,
    )
    try:
        found: dict[str, Any] = json.loads(done.stdout) if done.returncode == 0 else {}
    except ValueError:
        found = {}
    if "resources" not in found:
        raise CommandFailedError(
            f"terraform state pull failed in {folder}: {done.stderr.strip() or 'there is no state'}"
        )
    return found


def _owned(state: Mapping[str, Any], plan: Plan) -> dict[str, str]:
    """The import's id of each resource that the plan is about, by its address."""
    wanted = {step.what for step in plan.steps}
    wanted |= {what.rpartition("/")[2] for what in wanted if ":role/" in what}
    found = {}
    for resource in state["resources"]:
        if resource.get("mode") != "managed" or not resource["type"].startswith(KINDS):
            continue
        prefix = f"{resource['module']}." if resource.get("module") else ""
        for instance in resource["instances"]:
            attributes = instance.get("attributes") or {}
            named = {attributes[key] for key in NAMING if isinstance(attributes.get(key), str)}
            if not named & wanted:
                continue
            key = instance.get("index_key")
            index = "" if key is None else f"[{json.dumps(key)}]"
            address = f"{prefix}{resource['type']}.{resource['name']}{index}"
            found[address] = _import_id(resource["type"], attributes)
    return found


def _import_id(kind: str, attributes: Mapping[str, Any]) -> str:
    cluster = str(attributes.get("cluster") or "").rpartition("/")[2]
    form = IMPORT_IDS.get(kind, "{id}")
    return form.format(**{**attributes, "cluster_name": cluster})
