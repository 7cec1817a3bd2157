"""What a plan would make although AWS has it: Terraform's state is lost, or is another's."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from mesh.deploy.plan_guard import Finding, Plan
from mesh.deploy.plan_guard.plan import Change

RECOVER = (
    "Take it over without changing it: mesh state recover{again}. docs/how-to/runbook.md says "
    "what to look at first."
)
LEFT = "The function is not there, so this is left from an earlier deployment: delete it first."
FUNCTION = "aws_lambda_function"


def existing(plan: Plan, client: Callable[[str], Any], again: str) -> Iterator[Finding]:
    """Find what would be made and exists: the apply would fail in its middle.

    Args:
        plan: as the guard reads it.
        client: gives a client of AWS by its service's name.
        again: what names the deployment on a command line, with a space before it.
    """
    made = [change for change in plan.changes if change.actions == ["create"]]
    found = {one.address: name for one in made if (name := _existing(one, client))}
    # Without a function nothing is deployed that could be taken over.
    absent = any(change.type == FUNCTION and change.address not in found for change in made)
    for address, name in found.items():
        yield Finding(
            address,
            f"would be made, and {name} exists in AWS; Terraform's state does not know it",
            LEFT if absent else RECOVER.format(again=again),
            is_final=True,
        )


def _existing(change: Change, client: Callable[[str], Any]) -> str | None:
    """The name of what AWS has already; None when it does not, or this caller may not know."""
    look = LOOKED_UP.get(change.type)
    try:
        return look(change.after, client) if look else None
    except (BotoCoreError, ClientError):
        return None


def _function(after: dict[str, Any], client: Callable[[str], Any]) -> str:
    client("lambda").get_function_configuration(FunctionName=after["function_name"])
    return str(after["function_name"])


def _parameter(after: dict[str, Any], client: Callable[[str], Any]) -> str | None:
    # Not GetParameter: nothing here is to be decrypted.
    filters = [{"Key": "Name", "Values": [after["name"]]}]
    found = client("ssm").describe_parameters(ParameterFilters=filters)["Parameters"]
    return str(after["name"]) if found else None


def _role(after: dict[str, Any], client: Callable[[str], Any]) -> str:
    return str(client("iam").get_role(RoleName=after["name"])["Role"]["RoleName"])


def _log_group(after: dict[str, Any], client: Callable[[str], Any]) -> str | None:
    name = after["name"]
    found = client("logs").describe_log_groups(logGroupNamePrefix=name)["logGroups"]
    return name if name in {group["logGroupName"] for group in found} else None


LOOKED_UP: dict[str, Callable[[dict[str, Any], Callable[[str], Any]], str | None]] = {
    "aws_cloudwatch_log_group": _log_group,
    "aws_iam_role": _role,
    FUNCTION: _function,
    "aws_ssm_parameter": _parameter,
}
