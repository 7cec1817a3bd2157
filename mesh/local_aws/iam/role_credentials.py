"""Credentials of a function's execution role, as Lambda gives them to its instances.

https://docs.aws.amazon.com/lambda/latest/dg/lambda-intro-execution-role.html
"""

from __future__ import annotations

import secrets
import string
import time
from dataclasses import dataclass, field

from ministack import app as ministack
from ministack.core import iam_evaluator
from ministack.core.arn import ArnParseError, parse_arn
from ministack.services import iam, sts

from mesh.local_aws.functions import FunctionVersion
from mesh.local_aws.host import CannotRunHereError

KEY_CHARACTERS = string.ascii_uppercase + string.digits


@dataclass(frozen=True)
class RoleCredentials:
    """What an instance signs its requests to AWS with. They are good until they are withdrawn."""

    access_key: str
    secret_key: str = field(repr=False)
    session_token: str = field(repr=False)

    def withdraw(self) -> None:
        """Let AWS refuse them from now on."""
        sts._sessions.pop(self.access_key, None)  # noqa: SLF001 - see issue


def apply() -> None:
    """Patch the imported MiniStack, which would iterate over sessions that another thread adds."""

    def evict() -> None:
        now = time.time()
        for key, session in list(sts._sessions.items()):  # noqa: SLF001 - see issue
            if session.get("Expiration", now) < now:
                sts._sessions.pop(key, None)  # noqa: SLF001 - see issue

    sts._evict_expired_sessions = evict  # noqa: SLF001 - see issue


def issue(version: FunctionVersion) -> RoleCredentials:
    """Make credentials of the role that a version runs with.

    Raises:
        CannotRunHereError: its role is not the ARN of a role.
    """
    account, name = _role(version.role)
    made = RoleCredentials(
        access_key="ASIA" + "".join(secrets.choice(KEY_CHARACTERS) for _ in range(16)),
        secret_key=secrets.token_urlsafe(30),
        session_token=secrets.token_urlsafe(96),
    )
    session = version.function.name
    # A single store, so that the control plane's thread sees all of it or nothing.
    sts._sessions[made.access_key] = {  # noqa: SLF001 - MiniStack is in this process, and pinned
        "AccountId": account,
        "Arn": f"arn:aws:sts::{account}:assumed-role/{name}/{session}",
        "IssuedAt": time.time(),
        "PrincipalType": "AssumedRole",
        "SecretAccessKey": made.secret_key,
        "SessionToken": made.session_token,
        "UserId": f"{_role_id(account, name)}:{session}",
    }
    return made


def allows(version: FunctionVersion, action: str, resource: str) -> bool:
    """Say whether a version's role may do something that Lambda does in its name.

    Always so where policies are not enforced.

    Args:
        version: Whose role.
        action: Such as `logs:PutLogEvents`.
        resource: An ARN.

    Raises:
        CannotRunHereError: its role is not the ARN of a role.
    """
    if not ministack.AUTH:
        return True
    credentials = issue(version)
    try:
        account = version.function.account
        principal = iam_evaluator.resolve_principal(credentials.access_key, account)
    finally:
        credentials.withdraw()
    if isinstance(principal, iam_evaluator.AuthError):
        return False
    context = iam_evaluator.EvalContext(
        principal_arn=principal.arn,
        principal_type=principal.type,
        principal_account=principal.account,
        action=action,
        resource_arn=resource,
        region=version.function.region,
        service_context={},
    )
    found = iam_evaluator.evaluate(context, principal.policies, *principal.limits)
    return bool(found.decision == "Allow")


def _role(arn: str) -> tuple[str, str]:
    """The account and the name of a role; its path is no part of the name."""
    try:
        found = parse_arn(arn)
    except ArnParseError as error:
        raise CannotRunHereError(f"the function's role is not an ARN: {arn}") from error
    kind, _, path = found.resource.partition("/")
    if found.service != "iam" or kind != "role" or not path:
        raise CannotRunHereError(f"the function's role is not the ARN of a role: {arn}")
    return found.account_id, path.rpartition("/")[2]


def _role_id(account: str, name: str) -> str:
    """Its id; its name for a role that is not there, of which nothing is allowed."""
    role = iam._roles.get_scoped(account, None, name) or {}  # noqa: SLF001 - see issue
    return str(role.get("RoleId", name))
