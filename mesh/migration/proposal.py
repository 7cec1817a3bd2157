"""What Mesh needs to run the same server: settings, values for Terraform, rights."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mesh.migration import obstacles
from mesh.migration.inventory import secret_references
from mesh.migration.inventory.figures import Figures
from mesh.migration.inventory.old_service import OldService
from mesh.migration.inventory.secret_references import Reference
from mesh.settings.settings import NAME

LEAST_MEMORY_MB = 512
MOST_MEMORY_MB = 10_240
STEP_MB = 64
LEAST_TIMEOUT_SECONDS = 30
LONGEST_TIMEOUT_SECONDS = 900
# A peak that was not seen in a month.
RESERVE = 1.5
WHOLE_PROCESSOR_MB = 1769
# As terraform/server_variables.tf has them.
VARIABLE = re.compile(r"[A-Za-z][A-Za-z0-9_]+")
RESERVED = re.compile(r"AWS_|_HANDLER$|_X_AMZN_|LAMBDA_|TZ$")
# Of uvicorn behind a load balancer.
WEB_SERVERS = {"FORWARDED_ALLOW_IPS"}
ACTION = re.compile(r"[a-z0-9-]+:[A-Za-z0-9*?]+")
ALL_OF_IAM = re.compile(r"iam:[*?]+")
WORD = re.compile(r"[^a-z0-9]+")


@dataclass(frozen=True)
class Proposal:
    """What is written for a service.

    Attributes:
        name: of the server.
        variables: values for Terraform.
        secrets: where each secret is now.
        notes: what to know about the values, by topic.
        left_out: what of the old service is not in the values, and why.
    """

    name: str
    variables: Mapping[str, Any]
    secrets: Sequence[Reference]
    notes: Mapping[str, str]
    left_out: Sequence[str]


def propose(old: OldService, figures: Figures, environment: str) -> Proposal:
    """Make the proposal.

    Args:
        old: The service.
        figures: Its figures.
        environment: What the deployment is to be called.
    """
    secrets = secret_references.of_container(old.main, old.service["taskDefinition"])
    plain, left_out = _environment(old, {one.name for one in secrets})
    statements, refused = _statements(old)
    memory_mb, memory_note = _memory(old, figures)
    timeout, timeout_note = _timeout(figures)
    variables: dict[str, Any] = {
        "environment": environment,
        "region": old.region,
        "architecture": old.architecture,
        "memory_mb": memory_mb,
        "timeout_seconds": timeout,
        "environment_variables": plain,
        "secrets": [one.name for one in secrets],
        "policy_statements": statements,
    }
    if old.network.get("assignPublicIp") == "DISABLED":
        variables["vpc_subnet_ids"] = list(old.network.get("subnets", []))
        variables["vpc_security_group_ids"] = list(old.network.get("securityGroups", []))
    return Proposal(
        name=_name(old.name),
        variables={key: value for key, value in variables.items() if value not in ([], {})},
        secrets=secrets,
        notes={"memory_mb": memory_note, "timeout_seconds": timeout_note},
        left_out=[*left_out, *refused],
    )


def _name(service: str) -> str:
    found = WORD.sub("-", service.lower()).strip("-")[:40].strip("-")
    return found if NAME.fullmatch(found) else f"server-{found}"[:40].strip("-")


def _environment(old: OldService, secrets: set[str]) -> tuple[dict[str, str], list[str]]:
    plain, left_out = {}, []
    for one in old.main.get("environment", []):
        name, value = one["name"], one.get("value", "")
        if name in secrets:
            left_out.append(
                f"{name} is a secret in clear in the task definition. It becomes one of secrets; "
                "change its value afterwards, because everybody with ecs:DescribeTaskDefinition "
                "can read it."
            )
        elif obstacles.PORT.search(name):
            left_out.append(f"{name}: a function has no port.")
        elif name.startswith("MESH_") or name in WEB_SERVERS:
            left_out.append(f"{name}: Mesh sets it, or a function needs none.")
        elif RESERVED.match(name) or not VARIABLE.fullmatch(name):
            left_out.append(f"{name}: Lambda or Mesh takes no variable of this name; rename it.")
        else:
            plain[name] = value
    if old.main.get("environmentFiles"):
        left_out.append("environmentFiles: add what these files in S3 set to the values.")
    return plain, left_out


def _memory(old: OldService, figures: Figures) -> tuple[int, str]:
    same_cpu = math.ceil(min(1.0, old.vcpu) * WHOLE_PROCESSOR_MB)
    cpu = f"{same_cpu} MB have the processor that one request had on {old.vcpu:g} vCPU"
    if figures.memory_share is None:
        return LEAST_MEMORY_MB, f"the default: no figures of memory. {cpu}."
    used = figures.memory_share * old.memory_mb
    wanted = math.ceil(used * RESERVE / STEP_MB) * STEP_MB
    proposed = min(MOST_MEMORY_MB, max(LEAST_MEMORY_MB, wanted))
    return proposed, f"a task used at most {used:,.0f} MB. {cpu}."


def _timeout(figures: Figures) -> tuple[int, str]:
    longest = figures.longest_seconds
    if longest is None:
        return LEAST_TIMEOUT_SECONDS, "the default: no load balancer counted durations."
    proposed = math.ceil(2 * longest)
    return (
        min(LONGEST_TIMEOUT_SECONDS, max(LEAST_TIMEOUT_SECONDS, proposed)),
        f"the longest answer took {longest:.1f} s.",
    )


def _statements(old: OldService) -> tuple[list[dict[str, Any]], list[str]]:
    """The task role's statements in the form of `policy_statements`."""
    found, refused = [], []
    for policy, statements in old.role_statements.items():
        for statement in statements:
            reason = _unfit(statement)
            if reason:
                refused.append(f"a statement of the policy {policy}: {reason}")
            else:
                found.append(_converted(statement))
    return found, refused


def _unfit(statement: Mapping[str, Any]) -> str | None:
    if "NotAction" in statement or "NotResource" in statement:
        return "it has NotAction or NotResource; say what the tools need instead."
    for action in _listed(statement.get("Action")):
        if not ACTION.fullmatch(action) or ALL_OF_IAM.fullmatch(action):
            return f"it allows {action}; name the actions that the tools need."
    if not _listed(statement.get("Action")) or not _listed(statement.get("Resource")):
        return "it has no action or no resource."
    return None


def _converted(statement: Mapping[str, Any]) -> dict[str, Any]:
    conditions = [
        {"test": test, "variable": variable, "values": [_text(one) for one in _listed(values)]}
        for test, of_test in statement.get("Condition", {}).items()
        for variable, values in of_test.items()
    ]
    made: dict[str, Any] = {
        "actions": _listed(statement["Action"]),
        "resources": _listed(statement["Resource"]),
    }
    if statement.get("Effect") == "Deny":
        made["effect"] = "Deny"
    return made | ({"conditions": conditions} if conditions else {})


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _listed(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list) else [] if value is None else [value]
