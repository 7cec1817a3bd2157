"""What is configured: versions, aliases, grants, the key parameter and limits."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from botocore.exceptions import ClientError

from mesh.doctor.address import Address
from mesh.doctor.function import NOT_FOUND, Function
from mesh.doctor.metrics import Metrics
from mesh.doctor.report import Answer, State

URL_GRANT, INVOKE_GRANT = "lambda:InvokeFunctionUrl", "lambda:InvokeFunction"
EVERYBODY = "*"
ALIASES = ("live", "candidate")


def aliases(function: Function, health: Mapping[str, Any]) -> Answer:
    """Say which versions the aliases lead to, and whether the answering one is among them."""
    functions = function.access.client("lambda")
    pages = functions.get_paginator("list_aliases").paginate(FunctionName=function.name)
    found = {alias["Name"]: alias for page in pages for alias in page["Aliases"]}
    pages = functions.get_paginator("list_versions_by_function").paginate(
        FunctionName=function.name
    )
    published = [
        version["Version"]
        for page in pages
        for version in page["Versions"]
        if version["Version"] != "$LATEST"
    ]
    leads: dict[str, dict[str, float]] = {}
    for name in (name for name in ALIASES if name in found):
        weights = (found[name].get("RoutingConfig") or {}).get("AdditionalVersionWeights") or {}
        rest = 1 - sum(weights.values())
        leads[name] = {found[name]["FunctionVersion"]: rest, **weights}
    told = [
        f"{name} is version "
        + ", ".join(
            version if len(shares) == 1 else f"{version} ({share:.0%})"
            for version, share in shares.items()
        )
        for name, shares in leads.items()
    ]
    said = str(health.get("function_version") or "")
    expected = leads.get(function.qualifier, {})
    is_wrong = "live" not in leads or (said and said not in expected)
    if said and said not in expected:
        told.append(f"version {said} answers")
    told.append(f"{len(published)} published")
    return Answer(
        "aliases",
        State.WRONG if is_wrong else State.OK,
        ("; ".join(told),),
        {"aliases": leads, "published": published, "answers": said or None},
    )


def grants(function: Function) -> Answer:
    """Say whether both grants that a caller of the Function URL needs are there.

    https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html
    """
    try:
        policy = function.access.client("lambda").get_policy(
            FunctionName=function.name, Qualifier=function.qualifier
        )
    except ClientError as error:
        if error.response["Error"]["Code"] != NOT_FOUND:
            raise
        statements: list[dict[str, Any]] = []
    else:
        statements = json.loads(policy["Policy"])["Statement"]
    allowed: dict[str, set[str]] = {}
    for statement in statements:
        actions = statement["Action"] if isinstance(statement["Action"], list) else None
        for action in actions or [statement["Action"]]:
            if statement["Effect"] == "Allow" and _is_for(function.auth, action, statement):
                allowed.setdefault(_principal(statement), set()).add(action)
    details = {"auth": function.auth, "grants": {who: sorted(a) for who, a in allowed.items()}}
    halves = {
        who: {URL_GRANT, INVOKE_GRANT} - actions
        for who, actions in allowed.items()
        if {URL_GRANT, INVOKE_GRANT} - actions
    }
    if function.auth == "NONE" and EVERYBODY not in allowed:
        halves[EVERYBODY] = {URL_GRANT, INVOKE_GRANT}
    if halves:
        missing = "; ".join(
            f"{' and '.join(sorted(lacks))} missing for {'everybody' if who == EVERYBODY else who}"
            for who, lacks in halves.items()
        )
        return Answer("grants", State.WRONG, (f"{missing}: callers get 403",), details)
    if function.auth == "NONE":
        return Answer("grants", State.OK, ("both, for everybody (the server checks)",), details)
    accounts = ", ".join(allowed) or "no other account"
    told = f"AWS_IAM: both by callers' own policies; {accounts} by the alias's"
    return Answer("grants", State.OK, (told,), details)


def _is_for(auth: str, action: str, statement: Mapping[str, Any]) -> bool:
    """Whether it is one of the two, and its condition holds for calls of this URL."""
    if action not in {URL_GRANT, INVOKE_GRANT}:
        return False
    conditions = {
        key.lower(): str(value).lower()
        for condition in statement.get("Condition", {}).values()
        for key, value in condition.items()
    }
    demanded = conditions.get("lambda:functionurlauthtype")
    if action == URL_GRANT:
        return demanded in {None, auth.lower()}
    return conditions.get("lambda:invokedviafunctionurl", "true") == "true"


def _principal(statement: Mapping[str, Any]) -> str:
    principal = statement["Principal"]
    if isinstance(principal, dict):
        principal = principal.get("AWS") or principal.get("Service") or ""
    return str(principal)


def keys(function: Function, address: Address) -> Answer:
    """Say whether the key parameter is there, and whether the server reads it; never its value."""
    state, told = address.reads_keys()
    if function.auth == "AWS_IAM":
        state, told = State.OK, "IAM decides at this address, and no key is asked for"
    name = function.variables.get("MESH_API_KEYS_PARAMETER")
    if not name:
        return Answer("keys", state, (told,))
    found = function.access.client("ssm").describe_parameters(
        ParameterFilters=[{"Key": "Name", "Option": "Equals", "Values": [name]}]
    )["Parameters"]
    if not found:
        return Answer("keys", State.WRONG, (f"{name} does not exist",), {"parameter": name})
    (parameter,) = found
    changed = parameter["LastModifiedDate"]
    version = parameter.get("Version")
    said = f"{name}, version {version} of {changed:%Y-%m-%d %H:%M}: {told}"
    details = {"parameter": name, "version": version, "changed": changed.isoformat()}
    return Answer("keys", state, (said,), details)


def limits(function: Function, metrics: Metrics) -> Answer:
    """Say what bounds the function, and how near it came to it in the last hour."""
    functions = function.access.client("lambda")
    configured = function.configuration
    reserved = functions.get_function_concurrency(FunctionName=function.name).get(
        "ReservedConcurrentExecutions"
    )
    account = functions.get_account_settings()["AccountLimit"]
    most = int(metrics.maximum("ConcurrentExecutions"))
    throttled = int(metrics.total("Throttles"))
    share = "none reserved" if reserved is None else f"{reserved} reserved"
    bounds = (
        f"{configured['MemorySize']} MB, {configured['Timeout']} s; {share}, "
        f"{account['ConcurrentExecutions']} at once in the account; in the last hour "
        f"{most} at most, {throttled} throttled"
    )
    told = [bounds]
    if reserved == 0:
        told.insert(0, "turned off: reserved concurrency is 0, all callers get 429")
    return Answer(
        "limits",
        State.WRONG if reserved == 0 or throttled else State.OK,
        tuple(told),
        {
            "memory_mb": configured["MemorySize"],
            "timeout_seconds": configured["Timeout"],
            "reserved_concurrency": reserved,
            "account_concurrency": account["ConcurrentExecutions"],
            "unreserved_concurrency": account.get("UnreservedConcurrentExecutions"),
            "most_at_once": most,
            "throttled": throttled,
        },
    )
