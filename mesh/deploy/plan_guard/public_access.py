"""Whether a plan lets in who was not let in before: at the URL, the server, or by a policy.

https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from mesh.deploy.plan_guard.finding import Finding
from mesh.deploy.plan_guard.plan import Change, Plan

CLOSED_AGAIN = "Set allow_unauthenticated to false, and let callers bring a key or a token."
# With NONE at the URL the server is the only guard; these say that it does not guard.
UNGUARDED = {"none": "anybody", "iam": "anybody, for it relies on a signature that no URL checks"}
# Both grants that a public Function URL needs, as CloudFormation writes them; no other may be
# for everybody. https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html#urls-auth-none
CALL_URL = ("lambda:InvokeFunctionUrl", "FunctionUrlAuthType", "NONE")
INVOKE_THROUGH_URL = ("lambda:InvokeFunction", "InvokedViaFunctionUrl", True)
# With it the server answers only what comes through its domain.
ORIGIN = "MESH_ORIGIN_SECRET_PARAMETER"
EVERYBODY = ("*", {"AWS": "*"}, {"AWS": ["*"]})


def public_access(plan: Plan) -> Iterator[Finding]:
    """Find what is opened to more callers than before."""
    for change in plan.written():
        if change.type == "aws_lambda_function_url":
            yield from _url(change)
        elif change.type == "aws_lambda_function":
            yield from _server(change)
        elif change.type == "aws_lambda_permission":
            yield from _permission(change)
        elif change.type == "aws_cloudformation_stack":
            yield from _stack(change)
        yield from _policies(change)


def _url(change: Change) -> Iterator[Finding]:
    before, after = (values.get("authorization_type") for values in (change.before, change.after))
    if after == "NONE" and change.after.get("qualifier") == "candidate":
        yield Finding(
            change.address,
            "authorization_type NONE opens the candidate's URL, where untried code answers",
            "Leave it AWS_IAM.",
        )
    elif before is not None and before != after:
        yield Finding(
            change.address,
            f"authorization_type changes from {before} to {after}: who may call changes, and "
            "clients that have the address now are refused until they prove themselves anew",
            "Put function_url_auth back, or agree on it with the clients first.",
        )


def _server(change: Change) -> Iterator[Finding]:
    before, after = (_server_auth(values) for values in (change.before, change.after))
    if after == "none" and before != after:
        yield Finding(
            change.address,
            "allow_unauthenticated opens the server: "
            f"MESH_AUTH {'becomes' if change.before else 'is'} none",
            CLOSED_AGAIN,
        )
    yield from _way_in(change)


def _way_in(change: Change) -> Iterator[Finding]:
    """Find a server that begins or ceases to demand the way through its domain."""
    if not change.before or not _variables(change.before):
        return
    before, after = (ORIGIN in _variables(values) for values in (change.before, change.after))
    if after and not before:
        yield Finding(
            change.address,
            f"{ORIGIN} is new: the Function URL refuses what does not come through the domain, "
            "and clients that have it get HTTP 403",
            "Apply with domain_only = false until they have moved to the domain.",
        )
    elif before and not after and not _is_unknown(change):
        yield Finding(
            change.address,
            f"{ORIGIN} is taken away: the Function URL answers what does not come through the "
            "domain, around its limit of requests",
            "Set domain_only back to true, and keep domain_name.",
        )


def unguarded(plan: Plan) -> Iterator[Finding]:
    """Find URLs that check nothing before a server that checks nothing, if that is new."""
    servers = {
        change.after.get("function_name"): change
        for change in plan.changes
        if change.type == "aws_lambda_function"
    }
    for url in plan.changes:
        if url.type != "aws_lambda_function_url" or url.after.get("authorization_type") != "NONE":
            continue
        server = servers.get(url.after.get("function_name"))
        auth = _server_auth(server.after) if server else None
        was = url.before.get("authorization_type"), _server_auth(server.before) if server else None
        if server is not None and auth in {None, "iam"} and was != ("NONE", auth):
            yield Finding(
                url.address,
                f"authorization_type is NONE and the server lets in "
                f"{UNGUARDED.get(auth or 'none', 'anybody')}",
                "Give the function MESH_AUTH as this root does, or use AWS_IAM.",
            )


def _permission(change: Change) -> Iterator[Finding]:
    if change.after.get("principal") != "*":
        return
    call = (change.after.get("action"), "FunctionUrlAuthType")
    if (*call, change.after.get("function_url_auth_type")) != CALL_URL:
        yield Finding(
            change.address,
            f"principal * may {change.after.get('action')} without the condition that keeps it "
            "to the Function URL: any AWS account could invoke with an event of its own making",
            "Grant it through modules/function_url.",
        )
    elif change.after.get("qualifier") == "candidate":
        yield _candidate(change)


def _stack(change: Change) -> Iterator[Finding]:
    template = change.after.get("template_body")
    if template is None:
        if "template_body" in change.unknown:
            yield Finding(
                change.address,
                "template_body is known after the apply only, so nobody can see whom it lets in",
                "Make it of values that are known while planning.",
            )
        return
    if template == change.before.get("template_body"):
        return
    if not _is_json(template) and "Lambda::Permission" in template:
        yield Finding(
            change.address,
            "template_body is not JSON, so whom it lets in cannot be read",
            "Write it with jsonencode.",
        )
        return
    for name, properties in _grants(template):
        if properties.get("Principal") != "*":
            continue
        if not any(
            properties.get("Action") == action and properties.get(condition) in (value, str(value))
            for action, condition, value in (CALL_URL, INVOKE_THROUGH_URL)
        ):
            yield Finding(
                change.address,
                f"{name} lets everybody {properties.get('Action')} without the condition that "
                "keeps it to the Function URL: any AWS account could invoke with an event of "
                "its own making",
                "Keep FunctionUrlAuthType NONE or InvokedViaFunctionUrl true beside Principal *.",
            )
        elif str(properties.get("FunctionName", "")).endswith(":candidate"):
            yield _candidate(change)


def _grants(template: str) -> Iterator[tuple[str, dict[str, Any]]]:
    resources = json.loads(template).get("Resources", {}) if _is_json(template) else {}
    for name, resource in resources.items():
        if resource.get("Type") == "AWS::Lambda::Permission":
            yield name, resource.get("Properties", {})


def _is_json(template: str) -> bool:
    try:
        return isinstance(json.loads(template), dict)
    except ValueError:
        return False


def _policies(change: Change) -> Iterator[Finding]:
    """Policy documents in any attribute: nobody is everybody without a condition."""
    for name, value in change.after.items():
        if not isinstance(value, str) or '"Statement"' not in value:
            continue
        if value == change.before.get(name):
            continue
        try:
            statements = json.loads(value)["Statement"]
        except (ValueError, KeyError, TypeError):
            continue
        for statement in statements if isinstance(statements, list) else [statements]:
            if (
                statement.get("Effect") == "Allow"
                and statement.get("Principal") in EVERYBODY
                and not statement.get("Condition")
            ):
                yield Finding(
                    change.address,
                    f"`{name}` allows {statement.get('Action')} to everybody, Principal * without "
                    "a condition",
                    "Name who may, or add a condition.",
                )


def _candidate(change: Change) -> Finding:
    return Finding(
        change.address,
        "lets everybody call the candidate's URL, where untried code answers",
        "Leave the candidate to AWS_IAM.",
    )


def _variables(function: dict[str, Any]) -> dict[str, Any]:
    environment = function.get("environment") or [{}]
    return (environment[0] or {}).get("variables") or {}


def _is_unknown(change: Change) -> bool:
    """Whether the environment is known after the apply only."""
    return not _variables(change.after) and "environment" in change.unknown


def _server_auth(function: dict[str, Any]) -> str | None:
    found = _variables(function).get("MESH_AUTH")
    return str(found) if found is not None else None
