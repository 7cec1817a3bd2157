"""What somebody changed by hand of the settings that no version keeps: AWS beside the state.

`mesh drift` compares everything, with Terraform. This needs only the state's file, and asks AWS
about what reaches callers at once: mesh/deploy/release/live_settings.py.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from mesh.deploy.release.live_settings import CORS, NO_LIMIT
from mesh.doctor.function import Function
from mesh.doctor.report import Answer, NotAskedError, State, reason

type Attributes = Mapping[str, Any]
type Client = Callable[[str], Any]
# What differs: the setting, what was applied, and what there is now.
type Difference = tuple[str, Any, Any]

FUNCTION = "aws_lambda_function"
LONGEST_VALUE = 30
MOST_NAMES = 100
GONE = {"ResourceNotFoundException", "NoSuchEntity", "ParameterNotFound"}


@dataclass(frozen=True)
class Recorded:
    """What Terraform's state has of one resource."""

    kind: str
    name: str
    attributes: Attributes


def unfrozen(function: Function) -> Answer:
    """Compare what versions do not keep with what was applied last."""
    resources = _state(function)
    there = {one.attributes["function_name"] for one in resources if one.kind == FUNCTION}
    if there and function.name not in there:
        raise NotAskedError(
            f"not compared: the state of the last apply is that of {', '.join(sorted(there))}"
        )
    differences: list[Difference] = []
    compared: list[str] = []
    unasked: list[str] = []
    for kind, (words, compare) in COMPARISONS.items():
        found = [resource for resource in resources if resource.kind == kind]
        if not found:
            continue
        try:
            differences += compare(function.access.client, found)
        except ClientError as error:
            unasked.append(f"{words} ({reason(error)})")
        else:
            compared.append(words)
    told = [
        f"{name}: {_shown(now)}, was applied as {_shown(then)}" for name, then, now in differences
    ]
    told = told or [f"none in {', '.join(compared)}"]
    if unasked:
        told.append(f"not compared: {'; '.join(unasked)}")
    state = State.WRONG if differences else State.UNKNOWN if unasked else State.OK
    details = [{"setting": name, "applied": then, "now": now} for name, then, now in differences]
    return Answer(
        "drift",
        state,
        tuple(told),
        {"differences": details, "compared": compared, "unasked": unasked},
    )


def _state(function: Function) -> list[Recorded]:
    """The resources of the function's state."""
    if function.access.state is not None:
        try:
            text = function.access.state.read_text()
        except OSError as error:
            raise NotAskedError(f"the state of the last apply cannot be read: {error}") from error
        return _resources(text)
    variables = function.variables
    account = function.configuration["FunctionArn"].split(":")[4]
    server, environment = variables.get("MESH_NAME"), variables.get("MESH_ENVIRONMENT")
    # As `mesh bootstrap` names it.
    bucket = os.environ.get("TF_STATE_BUCKET") or f"{server}-state-{account}"
    place = f"s3://{bucket}/{environment}.tfstate"
    try:
        found = function.access.client("s3").get_object(Bucket=bucket, Key=f"{environment}.tfstate")
    except ClientError as error:
        code = error.response["Error"]["Code"]
        if code in {"NoSuchBucket", "NoSuchKey", "404"}:
            raise NotAskedError(f"there is no {place}; TF_STATE_BUCKET names another") from error
        raise NotAskedError(f"{place}: {reason(error)}") from error
    return _resources(found["Body"].read().decode())


def _resources(text: str) -> list[Recorded]:
    return [
        Recorded(resource["type"], resource["name"], instance["attributes"])
        for resource in json.loads(text).get("resources", ())
        if resource["mode"] == "managed"
        for instance in resource["instances"]
    ]


def _concurrency(client: Client, found: list[Recorded]) -> Iterator[Difference]:
    for resource in found:
        name = resource.attributes["function_name"]
        then = resource.attributes.get("reserved_concurrent_executions")
        told = client("lambda").get_function_concurrency(FunctionName=name)
        now = told.get("ReservedConcurrentExecutions")
        if now != (None if then == NO_LIMIT else then):
            yield "reserved concurrency", None if then == NO_LIMIT else then, now


def _urls(client: Client, found: list[Recorded]) -> Iterator[Difference]:
    for resource in found:
        then = resource.attributes
        qualifier = then["qualifier"]
        named = {"FunctionName": then["function_name"], "Qualifier": qualifier}
        now = _or_gone(client("lambda").get_function_url_config, **named)
        if now is None:
            yield f"URL of {qualifier}", then["authorization_type"], "gone"
            continue
        for key, attribute in (("AuthType", "authorization_type"), ("InvokeMode", "invoke_mode")):
            if now.get(key) != then.get(attribute):
                yield f"{key} of {qualifier}", then.get(attribute), now.get(key)
        block: Attributes = next(iter(then.get("cors") or ()), {})
        applied = {key: _plain(block.get(name)) for key, name in CORS.items()}
        present = {key: _plain((now.get("Cors") or {}).get(key)) for key in CORS}
        if applied != present:
            yield f"CORS of {qualifier}", applied, present


def _plain(value: Any) -> Any:
    """A value of CORS: what is not set, empty and false are the same, and order is nothing."""
    if isinstance(value, list):
        return sorted(str(item).lower() for item in value) or None
    return value or None


def _role(client: Client, found: list[Recorded]) -> Iterator[Difference]:
    for resource in found:
        then = resource.attributes
        told = _or_gone(client("iam").get_role, RoleName=then["name"])
        if told is None:
            yield f"role {then['name']}", "there", "gone"
            continue
        bound = (told["Role"].get("PermissionsBoundary") or {}).get("PermissionsBoundaryArn")
        if (bound or "") != (then.get("permissions_boundary") or ""):
            yield "permissions boundary", then.get("permissions_boundary") or None, bound


def _role_policies(client: Client, found: list[Recorded]) -> Iterator[Difference]:
    roles: set[str] = set()
    for resource in found:
        then = resource.attributes
        roles.add(then["role"])
        named = {"RoleName": then["role"], "PolicyName": then["name"]}
        now = _or_gone(client("iam").get_role_policy, **named)
        if now is None:
            yield f"policy {then['name']}", "there", "gone"
        elif now["PolicyDocument"] != json.loads(then["policy"]):
            yield f"policy {then['name']}", "other statements", "changed"
    known = {resource.attributes["name"] for resource in found}
    for role in sorted(roles):
        for name in client("iam").list_role_policies(RoleName=role)["PolicyNames"]:
            if name not in known:
                yield f"policy {name}", "not there", "added"


def _parameters(client: Client, found: list[Recorded]) -> Iterator[Difference]:
    for resource in found:
        name = resource.attributes["name"]
        named = [{"Key": "Name", "Option": "Equals", "Values": [name]}]
        now = client("ssm").describe_parameters(ParameterFilters=named)["Parameters"]
        kind = now[0]["Type"] if now else "gone"
        if kind != resource.attributes["type"]:
            yield f"parameter {name}", resource.attributes["type"], kind


def _alarms(client: Client, found: list[Recorded]) -> Iterator[Difference]:
    names = [resource.attributes["alarm_name"] for resource in found]
    listed: dict[str, Any] = {}
    for start in range(0, len(names), MOST_NAMES):
        told = client("cloudwatch").describe_alarms(
            AlarmNames=names[start : start + MOST_NAMES],
            AlarmTypes=["MetricAlarm", "CompositeAlarm"],
            MaxRecords=MOST_NAMES,
        )
        alarms = (*told["MetricAlarms"], *told["CompositeAlarms"])
        listed |= {alarm["AlarmName"]: alarm for alarm in alarms}
    for resource in found:
        then = resource.attributes
        name = then["alarm_name"]
        now = listed.get(name)
        if now is None:
            yield f"alarm {name}", "there", "gone"
            continue
        for key, attribute in (("Threshold", "threshold"), ("ActionsEnabled", "actions_enabled")):
            if attribute in then and now.get(key) != then[attribute]:
                yield f"{key} of alarm {name}", then[attribute], now.get(key)
        if sorted(now.get("AlarmActions") or ()) != sorted(then.get("alarm_actions") or ()):
            yield f"whom alarm {name} tells", then.get("alarm_actions"), now.get("AlarmActions")


def _retention(client: Client, found: list[Recorded]) -> Iterator[Difference]:
    for resource in found:
        name = resource.attributes["name"]
        listed = client("logs").describe_log_groups(logGroupNamePrefix=name)["logGroups"]
        now = next((group for group in listed if group["logGroupName"] == name), None)
        if now is None:
            yield f"log group {name}", "there", "gone"
        elif (now.get("retentionInDays") or 0) != resource.attributes["retention_in_days"]:
            then = resource.attributes["retention_in_days"]
            yield "days that the log is kept", then, now.get("retentionInDays")


def _or_gone(ask: Callable[..., Any], **named: str) -> Any:
    """What AWS answers; None where there is no such thing any more."""
    try:
        return ask(**named)
    except ClientError as error:
        if error.response["Error"]["Code"] in GONE:
            return None
        raise


# By type of resource: in words, and what compares it.
COMPARISONS: dict[str, tuple[str, Callable[[Client, list[Recorded]], Iterator[Difference]]]] = {
    "aws_lambda_function": ("reserved concurrency", _concurrency),
    "aws_lambda_function_url": ("URLs", _urls),
    "aws_iam_role": ("role", _role),
    "aws_iam_role_policy": ("role's policies", _role_policies),
    "aws_ssm_parameter": ("parameters", _parameters),
    "aws_cloudwatch_metric_alarm": ("alarms", _alarms),
    "aws_cloudwatch_composite_alarm": ("messages", _alarms),
    "aws_cloudwatch_log_group": ("log", _retention),
}


def _shown(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value)
    return text if len(text) <= LONGEST_VALUE else f"{text[:LONGEST_VALUE]}..."
