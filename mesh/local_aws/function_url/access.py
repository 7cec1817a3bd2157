"""Who may call a Function URL.

https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html: since October 2025 a URL needs
two grants, `lambda:InvokeFunctionUrl` and `lambda:InvokeFunction` via the URL.
"""

from __future__ import annotations

import logging
from datetime import UTC, datetime

from ministack.core import iam_evaluator
from ministack.core.responses import _account_from_sts_session, request_scope

from mesh.local_aws.function_url.event import Caller
from mesh.local_aws.functions import FunctionUrl, policy_of
from mesh.local_aws.http_server import Request
from mesh.local_aws.iam.sigv4 import SignatureRejectedError, parse_authorization, verify

SERVICE = "lambda"
FORBIDDEN = "Forbidden"
# AWS's own words where a grant is missing.
NO_GRANT = (
    "Forbidden. For troubleshooting Function URL authorization issues, see: "
    "https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html"
)
ACTIONS = ("lambda:InvokeFunctionUrl", "lambda:InvokeFunction")
ANONYMOUS = "anonymous"

_logger = logging.getLogger(__name__)


class AccessDeniedError(Exception):
    """The caller gets a 403 with this message."""


def authorize(url: FunctionUrl, request: Request) -> Caller | None:
    """Who calls; None for a URL that is open to everybody.

    Raises:
        AccessDeniedError: no valid signature, or a grant is missing. The reason is logged, and
            not told to the caller, as on AWS.
    """
    with request_scope(url.function.account, url.function.region):
        if url.auth_type == "NONE":
            _check_open(url)
            return None
        try:
            return _check_signed(url, request)
        except SignatureRejectedError as rejected:
            _logger.info("Function URL of %s refused a request: %s", url.arn, rejected)
            raise AccessDeniedError(FORBIDDEN) from rejected


def _check_open(url: FunctionUrl) -> None:
    for action in ACTIONS:
        context = _context(url, action, arn=ANONYMOUS, kind="Anonymous", account=ANONYMOUS)
        allowed = iam_evaluator.evaluate_resource_policy(_for_everybody(url), context)
        if allowed.decision != "Allow":
            _logger.info("Function URL of %s: no grant of %s to *", url.arn, action)
            raise AccessDeniedError(NO_GRANT)


def _check_signed(url: FunctionUrl, request: Request) -> Caller:
    authorization = parse_authorization(request)
    account = (
        _account_from_sts_session(authorization.access_key)
        or iam_evaluator.find_iam_access_key_account(authorization.access_key)
        or url.function.account
    )
    credential = iam_evaluator.resolve_credential(
        authorization.access_key, account, request.header("x-amz-security-token") or ""
    )
    if isinstance(credential, iam_evaluator.CredentialResolutionError):
        raise SignatureRejectedError(credential.message)
    verify(
        request,
        authorization,
        secret_key=credential.secret_access_key,
        region=url.function.region,
        service=SERVICE,
        now=datetime.now(UTC),
    )
    principal = iam_evaluator.resolve_principal(authorization.access_key, account, credential)
    if isinstance(principal, iam_evaluator.AuthError):
        raise SignatureRejectedError(principal.message)
    if principal.policies is not None:
        _check_grants(url, principal)
    return Caller(
        access_key=credential.access_key_id,
        account_id=credential.account_id,
        user_id=credential.principal_id,
        arn=credential.principal_arn,
    )


def _check_grants(url: FunctionUrl, principal: iam_evaluator.PrincipalInfo) -> None:
    for action in ACTIONS:
        context = _context(
            url, action, arn=principal.arn, kind=principal.type, account=principal.account
        )
        identity = iam_evaluator.evaluate(context, principal.policies, *principal.limits)
        both = iam_evaluator.combine_resource_policy(
            identity,
            context,
            {"Statement": _statements(url)},
            url.function.account,
            limits=principal.limits,
        )
        if both.decision != "Allow":
            _logger.info("Function URL of %s: %s may not %s", url.arn, principal.arn, action)
            raise AccessDeniedError(NO_GRANT)


def _context(
    url: FunctionUrl, action: str, *, arn: str, kind: str, account: str
) -> iam_evaluator.EvalContext:
    return iam_evaluator.EvalContext(
        principal_arn=arn,
        principal_type=kind,
        principal_account=account,
        action=action,
        resource_arn=url.arn,
        region=url.function.region,
        service_context={
            "lambda:functionurlauthtype": url.auth_type,
            "lambda:invokedviafunctionurl": "true",
        },
    )


def _statements(url: FunctionUrl) -> list[dict[str, object]]:
    """The statements of this URL's own qualifier: a policy belongs to an alias or a function."""
    return [
        statement
        for statement in policy_of(url.function)["Statement"]
        if statement.get("Resource") == url.arn
    ]


def _for_everybody(url: FunctionUrl) -> dict[str, object]:
    everybody = ("*", {"AWS": "*"}, {"AWS": ["*"]})
    statements = [item for item in _statements(url) if item.get("Principal") in everybody]
    return {"Statement": [{**item, "Principal": "*"} for item in statements]}
