"""Which right a request needs, where MiniStack 1.5.33 asks for another; with --enforce-iam.

MiniStack evaluates policies itself. What it is told here, as the service authorization
reference has it: Lambda's actions by its API's own model, resources and actions that
MiniStack does not know, the permissions boundary of a role that is written, and iam:PassRole.
https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
"""

from __future__ import annotations

import json
import re
from contextvars import ContextVar
from typing import Any
from urllib.parse import unquote

from ministack.core import iam_actions, iam_evaluator
from ministack.services import iam

# Operations of APIs whose right has another name.
ACTIONS = {
    "budgets:CreateBudget": "budgets:ModifyBudget",
    "budgets:CreateNotification": "budgets:ModifyBudget",
    "budgets:CreateSubscriber": "budgets:ModifyBudget",
    "budgets:DeleteBudget": "budgets:ModifyBudget",
    "budgets:DeleteNotification": "budgets:ModifyBudget",
    "budgets:DeleteSubscriber": "budgets:ModifyBudget",
    "budgets:DescribeBudget": "budgets:ViewBudget",
    "budgets:DescribeNotificationsForBudget": "budgets:ViewBudget",
    "budgets:DescribeSubscribersForNotification": "budgets:ViewBudget",
    "budgets:UpdateBudget": "budgets:ModifyBudget",
    "budgets:UpdateNotification": "budgets:ModifyBudget",
    "budgets:UpdateSubscriber": "budgets:ModifyBudget",
    "lambda:Invoke": "lambda:InvokeFunction",
}
# The boundary that is asked for counts, not the one that a role has.
SETS_THE_BOUNDARY = {"iam:CreateRole", "iam:PutRolePermissionsBoundary"}
INVOKE = re.compile(r"/2015-03-31/functions/([^/]+)/invocations/?")
WRITES_A_FUNCTION = {"lambda:CreateFunction", "lambda:UpdateFunctionConfiguration"}

# What the present request names besides its one resource: further ones, each of which must be
# allowed, and the role that it hands to Lambda, whose use is a right of its own.
_further: ContextVar[tuple[str, ...]] = ContextVar("further", default=())
_passed_role: ContextVar[str] = ContextVar("passed_role", default="")


def apply() -> None:
    """Patch the imported MiniStack."""
    _know_actions()
    _know_resources()
    _know_the_boundary_of_roles()
    _ask_for_each()
    _count_transport_as_secure()


def _know_actions() -> None:
    extract = iam_actions.extract_iam_action
    # Its own table takes GetAlias for ListAliases, and every change of a URL for its creation.
    iam_actions._BOTOCORE_SERVICE_MAP["lambda"] = ["lambda"]  # noqa: SLF001 - MiniStack is pinned

    def extract_iam_action(
        service: str,
        method: str,
        path: str,
        headers: dict[str, str],
        body: bytes,
        query_params: dict[str, Any],
    ) -> str | None:
        named: str | None = None
        if service == "lambda":
            operation = iam_actions._match_rest_action("lambda", method, path, query_params)  # noqa: SLF001 - MiniStack's, which has no public one
            named = f"lambda:{operation}" if operation else None
        named = named or extract(service, method, path, headers, body, query_params)
        return ACTIONS.get(named, named) if named else None

    iam_actions.extract_iam_action = extract_iam_action


def _know_resources() -> None:
    extract = iam_actions.extract_resource_arn

    def extract_resource_arn(
        service: str,
        method: str,
        path: str,
        headers: dict[str, str],
        body: bytes,
        query_params: dict[str, Any],
        region: str,
        account_id: str,
    ) -> str:
        content = _json(body)
        _passed_role.set(str(content.get("Role", "")) if service == "lambda" else "")
        asked = _Asked(service, path, content, query_params, region, account_id)
        named = asked.resources()
        _further.set(named[1:])
        if named:
            return named[0]
        arn: str = extract(service, method, path, headers, body, query_params, region, account_id)
        return arn

    iam_actions.extract_resource_arn = extract_resource_arn


class _Asked:
    """A request, as far as it names what it is about."""

    def __init__(
        self,
        service: str,
        path: str,
        content: dict[str, Any],
        parameters: dict[str, Any],
        region: str,
        account: str,
    ) -> None:
        self.service = service
        self.path = path
        self.content = content
        self.parameters = parameters
        self.regional = f"{region}:{account}"
        self.account = account

    def resources(self) -> tuple[str, ...]:
        """Their ARNs; none where MiniStack knows it, or where there is none."""
        find = {
            "budgets": self._budgets,
            "cloudformation": self._tagged,
            "iam": self._policies,
            "lambda": self._functions,
            "logs": self._log_streams,
            "monitoring": self._alarms_and_dashboards,
            "sns": self._subscriptions,
            "ssm": self._parameters,
        }.get(self.service)
        return find() if find else ()

    def _named(self, *names: str) -> tuple[str, ...]:
        """Values of the first of these that the request has, in either protocol."""
        for name in names:
            listed = [
                _first(self.parameters, key)
                for key in sorted(self.parameters)
                if key == name or key.startswith(f"{name}.member.")
            ]
            found = listed or self.content.get(name)
            if found:
                return tuple(map(str, found)) if isinstance(found, list) else (str(found),)
        return ()

    def _budgets(self) -> tuple[str, ...]:
        new = dict(self.content.get("Budget") or self.content.get("NewBudget") or {})
        names = self._named("BudgetName") or tuple(filter(None, [new.get("BudgetName")]))
        return self._named("ResourceARN") or tuple(
            f"arn:aws:budgets::{self.account}:budget/{name}" for name in names
        )

    def _tagged(self) -> tuple[str, ...]:
        return self._named("ResourceArn")

    def _policies(self) -> tuple[str, ...]:
        if self._named("RoleName", "UserName", "GroupName"):
            return ()
        return tuple(
            f"arn:aws:iam::{self.account}:policy/{name}" for name in self._named("PolicyName")
        )

    def _functions(self) -> tuple[str, ...]:
        # Only one that is to be made is not in the path. An Invoke is of the alias or version.
        arn = f"arn:aws:lambda:{self.regional}:function"
        invoked = INVOKE.fullmatch(self.path)
        qualifier = self._named("Qualifier")
        if invoked and qualifier:
            return (f"{arn}:{unquote(invoked[1])}:{qualifier[0]}",)
        return tuple(f"{arn}:{name}" for name in self._named("FunctionName"))

    def _log_streams(self) -> tuple[str, ...]:
        group, stream = self._named("logGroupName"), self._named("logStreamName")
        if not group or not stream:
            return ()
        return (f"arn:aws:logs:{self.regional}:log-group:{group[0]}:log-stream:{stream[0]}",)

    def _alarms_and_dashboards(self) -> tuple[str, ...]:
        dashboards = self._named("DashboardName", "DashboardNames")
        if dashboards:
            return tuple(
                f"arn:aws:cloudwatch::{self.account}:dashboard/{name}" for name in dashboards
            )
        if self._named("Action") == ("DescribeAlarms",):
            return ()
        return self._named("ResourceARN") or tuple(
            f"arn:aws:cloudwatch:{self.regional}:alarm:{name}"
            for name in self._named("AlarmName", "AlarmNames")
        )

    def _subscriptions(self) -> tuple[str, ...]:
        return self._named("SubscriptionArn", "ResourceArn")

    def _parameters(self) -> tuple[str, ...]:
        return tuple(
            f"arn:aws:ssm:{self.regional}:parameter/{name.lstrip('/')}"
            for name in self._named("Names")
        )


def _know_the_boundary_of_roles() -> None:
    tags = iam_actions.request_tag_context

    def request_tag_context(
        service: str, iam_action: str, body: bytes, params: dict[str, Any]
    ) -> dict[str, Any]:
        context: dict[str, Any] = tags(service, iam_action, body, params)
        if service == "iam":
            role = iam._roles.get(_first(params, "RoleName")) or {}  # noqa: SLF001 - MiniStack is pinned
            bound = _first(params, "PermissionsBoundary")
            if iam_action not in SETS_THE_BOUNDARY:
                bound = role.get("PermissionsBoundary", "")
            if bound:
                context["iam:PermissionsBoundary"] = bound
        return context

    iam_actions.request_tag_context = request_tag_context


def _ask_for_each() -> None:
    enforce = iam_evaluator.enforce

    def enforce_both(
        access_key_id: str,
        iam_action: str,
        service: str,
        region: str,
        resource_arn: str = "*",
        service_context: dict[str, Any] | None = None,
    ) -> Any:
        denied = None
        for arn in (resource_arn, *_further.get()):
            denied = denied or enforce(
                access_key_id, iam_action, service, region, arn, service_context
            )
        role = _passed_role.get()
        if denied is None and role and iam_action in WRITES_A_FUNCTION:
            context = {"iam:PassedToService": "lambda.amazonaws.com"}
            denied = enforce(access_key_id, "iam:PassRole", "iam", region, role, context)
        return denied

    iam_evaluator.enforce = enforce_both


def _count_transport_as_secure() -> None:
    """Count requests as sent over TLS: the endpoint has none, and is this machine's own."""
    resolve = iam_evaluator._resolve_condition_key  # noqa: SLF001 - MiniStack is pinned

    def resolve_condition_key(key: str, context: Any) -> Any:
        return "true" if key.lower() == "aws:securetransport" else resolve(key, context)

    iam_evaluator._resolve_condition_key = resolve_condition_key  # noqa: SLF001 - as above


def _first(params: dict[str, Any], name: str) -> str:
    value = params.get(name, "")
    return str(value[0] if isinstance(value, list) and value else value or "")


def _json(body: bytes) -> dict[str, Any]:
    try:
        content = json.loads(body or b"{}")
    except ValueError:
        return {}
    return content if isinstance(content, dict) else {}
