"""Settings that no version keeps: an apply changes them for live before the candidate is tried.

A version keeps code and configuration of the function. Reserved concurrency, the role's policies,
parameters, alarms and the Function URL belong to the function, its role or its aliases.
https://docs.aws.amazon.com/lambda/latest/dg/configuration-versions.html
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

if TYPE_CHECKING:
    from mesh.deploy.plan_guard import Plan
    from mesh.deploy.plan_guard.plan import Change

# Of all attributes of the function, the one that takes effect without a new version.
UNVERSIONED = ("reserved_concurrent_executions",)
# They decide over nothing.
SILENT = {"tags", "tags_all"}
# Nothing in it reaches a caller of live.
CANDIDATE = "candidate"
# What is written about a release, or carries a version's code.
RECORDS = {("aws_ssm_parameter", "live_version"), ("aws_s3_object", "zip")}
LONGEST_VALUE = 60
NO_LIMIT = -1
# What Lambda calls the attributes of Terraform's block.
CORS = {
    "AllowCredentials": "allow_credentials",
    "AllowHeaders": "allow_headers",
    "AllowMethods": "allow_methods",
    "AllowOrigins": "allow_origins",
    "ExposeHeaders": "expose_headers",
    "MaxAge": "max_age",
}


@dataclass(frozen=True)
class LiveSetting:
    """One resource that an apply changes for live at once, and the attributes concerned."""

    change: Change
    attributes: tuple[str, ...]

    def __str__(self) -> str:
        change = self.change
        if change.actions == ["create"]:
            return f"{change.address}: created"
        if change.is_lost:
            return f"{change.address}: {'replaced' if change.is_replaced else 'deleted'}"
        told = "; ".join(self._attribute(name) for name in self.attributes)
        return f"{change.address}: {told}"

    def _attribute(self, name: str) -> str:
        change = self.change
        before, after = (json.dumps(one.get(name)) for one in (change.before, change.after))
        short = max(len(before), len(after)) <= LONGEST_VALUE
        if name in change.unknown or name in change.sensitive or not short:
            return f"{name} changes"
        return f"{name} from {before} to {after}"


def live_settings(plan: Plan) -> tuple[LiveSetting, ...]:
    """Give what a plan changes for live at once; nothing for a first deployment."""
    return tuple(_found(plan))


def _found(plan: Plan) -> Iterator[LiveSetting]:
    for change in plan.effects:
        name = change.address.rsplit(".", 1)[-1].split("[")[0]
        if (change.type, name) in RECORDS or CANDIDATE in change.address:
            continue
        changed = tuple(name for name in _changed(change) if name not in SILENT)
        if change.type == "aws_lambda_function" and change.before:
            changed = tuple(name for name in changed if name in UNVERSIONED)
        if changed:
            yield LiveSetting(change, changed)


def _changed(change: Change) -> list[str]:
    """Attributes that become something else, or are gone with their resource."""
    if change.is_lost or not change.before:
        return sorted(change.before or change.after)
    written = {*change.after, *change.unknown}
    return sorted(name for name in written if change.changes(name))


@dataclass(frozen=True)
class Restored:
    """What became of settings that were to be as before: in words, a line each."""

    done: tuple[str, ...]
    left: tuple[str, ...]


def restore(settings: tuple[LiveSetting, ...], client: Callable[[str], Any]) -> Restored:
    """Put settings back in AWS as they were before the apply, those that decide over answers.

    Args:
        settings: what the applied plan changed.
        client: gives a client of AWS by its service's name.

    Returns:
        What was put back, and what was not, with the reason: alarms, parameters and tags answer
        nobody, and a created resource stays unless it is a policy of the role.
    """
    done, left = [], []
    for setting in settings:
        decisive, write = RESTORERS.get(setting.change.type, ((), _role))
        made = not setting.change.before and setting.change.type not in DELETABLE
        if made or not {*decisive} & {*setting.attributes}:
            left.append(str(setting))
            continue
        try:
            write(setting.change, client)
        except (BotoCoreError, ClientError) as error:
            left.append(f"{setting} ({error})")
        else:
            done.append(setting.change.address)
    return Restored(tuple(done), tuple(left))


def _concurrency(change: Change, client: Callable[[str], Any]) -> None:
    functions, name = client("lambda"), change.before["function_name"]
    before = change.before.get("reserved_concurrent_executions")
    if before is None or before == NO_LIMIT:
        functions.delete_function_concurrency(FunctionName=name)
    else:
        functions.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=before)


def _role_policy(change: Change, client: Callable[[str], Any]) -> None:
    iam = client("iam")
    if change.before:
        named = {"RoleName": change.before["role"], "PolicyName": change.before["name"]}
        iam.put_role_policy(**named, PolicyDocument=change.before["policy"])
    else:
        iam.delete_role_policy(RoleName=change.after["role"], PolicyName=change.after["name"])


def _role(change: Change, client: Callable[[str], Any]) -> None:
    iam, before = client("iam"), change.before
    name = before["name"]
    if change.changes("assume_role_policy"):
        iam.update_assume_role_policy(RoleName=name, PolicyDocument=before["assume_role_policy"])
    if change.changes("permissions_boundary"):
        if before.get("permissions_boundary"):
            iam.put_role_permissions_boundary(
                RoleName=name, PermissionsBoundary=before["permissions_boundary"]
            )
        else:
            iam.delete_role_permissions_boundary(RoleName=name)


def _function_url(change: Change, client: Callable[[str], Any]) -> None:
    before = change.before
    block: dict[str, Any] = next(iter(before.get("cors") or ()), {})
    # {} takes away what was set.
    cors = {name: block[key] for name, key in CORS.items() if block.get(key) is not None}
    client("lambda").update_function_url_config(
        FunctionName=before["function_name"],
        Qualifier=before["qualifier"],
        AuthType=before["authorization_type"],
        InvokeMode=before.get("invoke_mode") or "BUFFERED",
        Cors=cors,
    )


# By type: the attributes that decide over answers, and what puts them back.
RESTORERS: dict[str, tuple[tuple[str, ...], Callable[[Change, Callable[[str], Any]], None]]] = {
    "aws_iam_role": (("assume_role_policy", "permissions_boundary"), _role),
    "aws_iam_role_policy": (("policy",), _role_policy),
    "aws_lambda_function": (UNVERSIONED, _concurrency),
    "aws_lambda_function_url": (("authorization_type", "cors", "invoke_mode"), _function_url),
}
# What a release adds and its end may take away again; a policy can deny what was allowed.
DELETABLE = {"aws_iam_role_policy"}
