"""Whether the address stays and answers: nothing that it depends on may be lost or made again."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from mesh.deploy.plan_guard.finding import Finding
from mesh.deploy.plan_guard.plan import Change, Plan

# What is lost when a resource of this type is; the address is what clients have.
THE_URL_DEPENDS_ON = {
    "aws_lambda_function": "its Function URLs and all published versions go with it, for good",
    "aws_lambda_alias": "the Function URL on it goes with it, for good",
    "aws_lambda_function_url": "the address that clients have never comes back",
    "aws_lambda_permission": "callers that it lets in get HTTP 403",
    "aws_cloudformation_stack": "callers that its grants let in get HTTP 403",
    "aws_iam_policy": "callers that hold it get HTTP 403",
    "aws_iam_role": "the function cannot run without it",
    "aws_iam_role_policy": "the function can read neither keys nor secrets without it",
    "aws_iam_role_policy_attachment": "the function loses rights that it runs with",
    "aws_ssm_parameter": "the API keys or secrets in it are gone, and every client is locked out",
    "aws_kms_key": "what it encrypted can never be read again",
    "aws_cloudfront_distribution": "the custom domain leads nowhere without it",
    "aws_cloudfront_function": "the server refuses what comes through the domain without it",
    "aws_cloudfront_key_value_store": "the origin secret in it is gone, and the server refuses "
    "what comes through the domain until `mesh domain rotate`",
    "aws_route53_record": "the custom domain leads nowhere without it",
    "aws_acm_certificate": "the custom domain cannot be reached without it",
    "aws_s3_bucket": "the state or what else is in it is gone",
}
# Lost, they take no address away; nobody notices then what does.
WATCHED_BY = {
    "aws_cloudwatch_log_group": "all that the server logged is gone, for good",
    "aws_cloudwatch_metric_alarm": "nobody is told when live fails in this way",
    "aws_cloudwatch_composite_alarm": "nobody is told when live fails",
    "aws_sns_topic": "nobody is told when an alarm is raised, and its subscribers are gone",
}
LOSSES = THE_URL_DEPENDS_ON | WATCHED_BY
# What Terraform means by an action_reason:
# https://developer.hashicorp.com/terraform/internals/json-format#change-representation
REASONS = {
    "replace_because_tainted": "it is marked as tainted in the state",
    "replace_by_request": "`-replace` asks for it",
    "replace_by_triggers": "its replace_triggered_by asks for it",
    "delete_because_no_resource_config": "the configuration no longer has it",
    "delete_because_no_module": "the configuration no longer has its module",
    "delete_because_wrong_repetition": "it was given, or lost, its count or for_each",
    "delete_because_count_index": "its count no longer reaches it",
    "delete_because_each_key": "its for_each no longer has its key",
    "delete_because_no_move_target": "a moved block leads nowhere",
}
REMEDIES = {
    "replace_because_tainted": "If it works, take the mark away: terraform untaint '{address}'",
    "replace_by_request": "Leave -replace out.",
    "delete_because_no_resource_config": "If it only has another name in the configuration now, "
    "say so with a moved block.",
    "delete_because_no_module": "If the module only has another name or place now, say so with "
    "a moved block.",
    "delete_because_wrong_repetition": "Say with a moved block which instance it is now.",
}
# Made again, they carry another address; what Terraform cannot fill again is stored by people.
CARRIERS = {"aws_lambda_function", "aws_lambda_alias", "aws_lambda_function_url"}
STORED = {"aws_ssm_parameter", "aws_cloudfront_key_value_store"}
# Their names are the domain's, not the server's.
DOMAIN = {"aws_acm_certificate", "aws_route53_record"}
PUT_BACK = "Put back what was changed, in the variables or the configuration."
LONGEST_VALUE = 60


def lost(plan: Plan) -> Iterator[Finding]:
    """Find what is replaced or deleted of all that the address depends on or is watched by."""
    for change in plan.changes:
        loss = LOSSES.get(change.type)
        if loss is None:
            continue
        if change.is_replaced:
            yield Finding(change.address, f"replaced, {_cause(change)}; {loss}", _remedy(change))
        elif change.is_lost:
            yield Finding(change.address, f"deleted, {_cause(change)}; {loss}", _remedy(change))
        elif "forget" in change.actions:
            yield Finding(
                change.address,
                "forgotten by Terraform, which then neither keeps nor changes it",
                "Take the removed block out, unless another configuration takes it over.",
            )


def gone(plan: Plan) -> Iterator[Finding]:
    """Find what the state has and AWS does not: making it again makes another address."""
    made = {change.address: change for change in plan.changes if change.actions == ["create"]}
    for change in plan.drift:
        if change.is_lost and change.type in THE_URL_DEPENDS_ON and change.address in made:
            where = _moved_region(change, plan)
            yield Finding(
                change.address,
                "is in the state and not found in AWS, and would be made again; "
                + THE_URL_DEPENDS_ON[change.type],
                where
                or f"Check the region and the account. If somebody deleted it, {_made(change)}",
            )


def turned_off(plan: Plan) -> Iterator[Finding]:
    """Find a server that is there and would answer nobody."""
    for change in plan.changes:
        if change.type != "aws_lambda_function" or not change.before:
            continue
        before, after = (
            values.get("reserved_concurrent_executions") for values in (change.before, change.after)
        )
        if after == 0 and before != 0:
            yield Finding(
                change.address,
                "reserved_concurrent_executions becomes 0; live answers every request with HTTP "
                "429, before any new version is tried",
                "Leave reserved_concurrency null, or give it what live needs.",
            )


def _cause(change: Change) -> str:
    """Say what makes Terraform do it, attributes by name with their values."""
    said = [_attribute(change, path) for path in change.replace_paths]
    if not said and change.reason in REASONS:
        said = [REASONS[change.reason]]
    if not said:
        return "because that is what was asked for" if change.is_lost else "for no stated reason"
    return f"because {' and '.join(said)}"


def _attribute(change: Change, path: list[Any]) -> str:
    name = ".".join(map(str, path))
    if path[0] in change.sensitive:
        return f"{name} changes"
    after = _at(change.unknown, path)
    told = "a value known after the apply" if after else _shown(_at(change.after, path))
    return f"{name} changes from {_shown(_at(change.before, path))} to {told}"


def _remedy(change: Change) -> str:
    paths = {str(path[0]) for path in change.replace_paths}
    if change.reason in REMEDIES:
        return REMEDIES[change.reason].format(address=change.address)
    if change.type in DOMAIN:
        return "Put `domain_name` and `domain_zone_id` back, or move the clients first."
    if any("name" in path or path == "qualifier" for path in paths):
        return "Put `name` and `environment` back; for a second server give it a state of its own."
    return PUT_BACK


def _made(change: Change) -> str:
    """What it means to make it again."""
    if change.type in CARRIERS:
        return "its clients need another address."
    if change.type in STORED:
        return "allow this, and store what was in it again."
    return "allow this: made again, it is as it was."


def _moved_region(change: Change, plan: Plan) -> str | None:
    """Say so when the plan looks in another region than the resource was made in."""
    parts = str(change.before.get("arn") or change.before.get("id") or "").split(":")
    wanted = plan.variables.get("region")
    region = parts[3] if len(parts) > 4 else ""  # noqa: PLR2004 - arn:partition:service:region:...
    if region and wanted and region != wanted:
        return (
            f"It is in {region} and the plan is for {wanted}: put `region` back; for a "
            "second server give it a state of its own."
        )
    return None


def _at(value: Any, path: list[Any]) -> Any:
    for step in path:
        try:
            value = value[step]
        except (KeyError, IndexError, TypeError):
            return None
    return value


def _shown(value: Any) -> str:
    text = json.dumps(value)
    return text if len(text) <= LONGEST_VALUE else f"{text[:LONGEST_VALUE]}..."
