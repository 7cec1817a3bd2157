"""Application Auto Scaling of ECS services, which MiniStack 1.5.33 does not have.

Targets and policies are kept and told, and a service is kept within its limits. Nothing scales by
a metric here.
https://docs.aws.amazon.com/autoscaling/application/APIReference/API_Operations.html
"""

from __future__ import annotations

import copy
import json
import time
import uuid
from typing import Any

from ministack import app as ministack
from ministack.core import iam_actions, router
from ministack.core.responses import AccountRegionScopedDict, get_account_id, get_region
from ministack.services import ecs

type Answer = tuple[int, dict[str, str], bytes]

SERVICE = "application-autoscaling"
OK, BAD_REQUEST = 200, 400
JSON = {"Content-Type": "application/x-amz-json-1.1"}
TARGET = ("ServiceNamespace", "ResourceId", "ScalableDimension")
# In MiniStack's own file of ECS, so that it is saved and read with the services.
STATE = "application_autoscaling"

_targets = AccountRegionScopedDict()
_policies = AccountRegionScopedDict()
_tags = AccountRegionScopedDict()


def apply() -> None:
    """Patch the imported MiniStack."""
    state, restore = ecs.get_state, ecs.load_persisted_state

    def get_state() -> dict[str, Any]:
        kept: dict[str, Any] = state()
        return kept | {STATE: copy.deepcopy([_targets, _policies, _tags])}

    def load_persisted_state(data: dict[str, Any]) -> None:
        restore(data)
        for held, saved in zip(
            (_targets, _policies, _tags), (data or {}).get(STATE, ()), strict=False
        ):
            held.update(saved)

    ecs.get_state, ecs.load_persisted_state = get_state, load_persisted_state
    router.SERVICE_PATTERNS[SERVICE] = {"credential_scope": SERVICE}
    ministack.SERVICE_HANDLERS[SERVICE] = _handle
    # MiniStack allows everything to everybody in a service that it does not know.
    iam_actions.SERVICE_TO_IAM_NAMESPACE[SERVICE] = SERVICE


async def _handle(
    _method: str, _path: str, headers: dict[str, str], body: bytes, _query: dict[str, Any]
) -> Answer:
    name = headers.get("x-amz-target", "").rpartition(".")[2]
    operation = OPERATIONS.get(name)
    if operation is None:
        return _refusal("ValidationException", f"local AWS does not know {name}")
    return operation(json.loads(body or b"{}"))


def _register(asked: dict[str, Any]) -> Answer:
    key = _key(asked)
    known = _targets.get(key) or {
        "CreationTime": time.time(),
        "ScalableTargetARN": _arn(f"scalable-target/{uuid.uuid4().hex}"),
        "RoleARN": f"arn:aws:iam::{get_account_id()}:role/aws-service-role/"
        "ecs.application-autoscaling.amazonaws.com/AWSServiceRoleForApplicationAutoScaling_ECSService",
        "SuspendedState": dict.fromkeys(
            (
                "DynamicScalingInSuspended",
                "DynamicScalingOutSuspended",
                "ScheduledScalingSuspended",
            ),
            False,
        ),
    }
    tags = asked.pop("Tags", None)
    target = known | asked
    _targets[key] = target
    if tags is not None:
        _tags[target["ScalableTargetARN"]] = tags
    _keep_within_limits(target)
    return _answer({"ScalableTargetARN": target["ScalableTargetARN"]})


def _keep_within_limits(target: dict[str, Any]) -> None:
    """https://docs.aws.amazon.com/autoscaling/application/APIReference/API_RegisterScalableTarget.html."""
    _, _, path = target["ResourceId"].partition("/")
    cluster, _, name = path.partition("/")
    service = ecs._services.get(path)
    if service is None:
        return
    wanted = min(max(service["desiredCount"], target["MinCapacity"]), target["MaxCapacity"])
    if wanted != service["desiredCount"]:
        ecs._update_service({"cluster": cluster, "service": name, "desiredCount": wanted})


def _describe_targets(asked: dict[str, Any]) -> Answer:
    ids = asked.get("ResourceIds")
    found = [
        target
        for target in _targets.values()
        if _fits(target, asked) and (not ids or target["ResourceId"] in ids)
    ]
    return _answer({"ScalableTargets": found})


def _deregister(asked: dict[str, Any]) -> Answer:
    key = _key(asked)
    if key not in _targets:
        return _refusal("ObjectNotFoundException", f"No scalable target found for {key}")
    _tags.pop(_targets.pop(key)["ScalableTargetARN"], None)
    for name, policy in list(_policies.items()):
        if _key(policy) == key:
            del _policies[name]
    return _answer({})


def _put_policy(asked: dict[str, Any]) -> Answer:
    key = _key(asked)
    if key not in _targets:
        return _refusal("ObjectNotFoundException", f"No scalable target registered for {key}")
    name = f"{key} {asked['PolicyName']}"
    known = _policies.get(name) or {
        "CreationTime": time.time(),
        "PolicyARN": _arn(f"scalingPolicy:{uuid.uuid4()}:policyName/{asked['PolicyName']}"),
        "Alarms": [],
    }
    _policies[name] = known | asked
    return _answer({"PolicyARN": known["PolicyARN"], "Alarms": []})


def _describe_policies(asked: dict[str, Any]) -> Answer:
    names = asked.get("PolicyNames")
    found = [
        policy
        for policy in _policies.values()
        if _fits(policy, asked) and (not names or policy["PolicyName"] in names)
    ]
    return _answer({"ScalingPolicies": found})


def _delete_policy(asked: dict[str, Any]) -> Answer:
    if _policies.pop(f"{_key(asked)} {asked['PolicyName']}", None) is None:
        return _refusal("ObjectNotFoundException", f"No scaling policy {asked['PolicyName']}")
    return _answer({})


def _list_tags(asked: dict[str, Any]) -> Answer:
    return _answer({"Tags": _tags.get(asked["ResourceARN"]) or {}})


def _tag(asked: dict[str, Any]) -> Answer:
    _tags[asked["ResourceARN"]] = (_tags.get(asked["ResourceARN"]) or {}) | asked["Tags"]
    return _answer({})


def _untag(asked: dict[str, Any]) -> Answer:
    for name in asked["TagKeys"]:
        (_tags.get(asked["ResourceARN"]) or {}).pop(name, None)
    return _answer({})


OPERATIONS = {
    "RegisterScalableTarget": _register,
    "DescribeScalableTargets": _describe_targets,
    "DeregisterScalableTarget": _deregister,
    "PutScalingPolicy": _put_policy,
    "DescribeScalingPolicies": _describe_policies,
    "DeleteScalingPolicy": _delete_policy,
    "ListTagsForResource": _list_tags,
    "TagResource": _tag,
    "UntagResource": _untag,
}


def _key(asked: dict[str, Any]) -> str:
    return " ".join(asked[name] for name in TARGET)


def _fits(record: dict[str, Any], asked: dict[str, Any]) -> bool:
    return all(record[name] == asked.get(name, record[name]) for name in TARGET)


def _arn(resource: str) -> str:
    return f"arn:aws:application-autoscaling:{get_region()}:{get_account_id()}:{resource}"


def _answer(said: dict[str, Any], status: int = OK) -> Answer:
    # A new dict each time: MiniStack adds headers of one answer to it.
    return status, dict(JSON), json.dumps(said).encode()


def _refusal(kind: str, message: str) -> Answer:
    return _answer({"__type": kind, "message": message}, BAD_REQUEST)
