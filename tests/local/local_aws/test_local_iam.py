"""With policies enforced, each request needs the right that it needs on AWS."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from mesh.local_aws.process import Running, start, stop
from tests.fixtures.deployed import client, deploy, wait_until

DENIED = {"AccessDenied", "AccessDeniedException"}
TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Action": "sts:AssumeRole",
                "Principal": {"Service": "lambda.amazonaws.com"},
            }
        ],
    }
)
READS = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}],
    }
)
ACCOUNT = "000000000000"
BOUNDARY = f"arn:aws:iam::{ACCOUNT}:policy/boundary"
FUNCTION = f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:f"

type User = Callable[..., Callable[[str], Any]]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where local AWS keeps its state and its log."""
    return tmp_path_factory.mktemp("enforcing")


@pytest.fixture(scope="module")
def enforcing(folder: Path) -> Iterator[Running]:
    """A local AWS where policies count."""
    yield start(folder / "aws", log=folder / "aws.log", enforce_iam=True)
    stop(folder / "aws")


@pytest.fixture
def user(enforcing: Running) -> User:
    """Makes a user with these rights, and gives what makes clients that sign as that user."""

    def make(*statements: dict[str, Any]) -> Callable[[str], Any]:
        iam, name = client(enforcing, "iam"), f"user-{uuid.uuid4().hex[:8]}"
        iam.create_user(UserName=name)
        policy = {
            "Version": "2012-10-17",
            "Statement": [{"Effect": "Allow"} | statement for statement in statements],
        }
        iam.put_user_policy(UserName=name, PolicyName="p", PolicyDocument=json.dumps(policy))
        key = iam.create_access_key(UserName=name)["AccessKey"]
        return lambda service: boto3.client(  # type: ignore[call-overload] # a name that is not a literal
            service,
            endpoint_url=enforcing.endpoint,
            region_name=enforcing.region,
            aws_access_key_id=key["AccessKeyId"],
            aws_secret_access_key=key["SecretAccessKey"],
        )

    return make


def refused(call: Callable[..., object], **arguments: object) -> bool:
    """Say whether it is; another error comes after the right was found."""
    try:
        call(**arguments)
    except ClientError as error:
        return error.response["Error"]["Code"] in DENIED
    return False


def test_the_key_of_the_environment_is_the_root_s_who_may_do_everything(enforcing: Running) -> None:
    assert client(enforcing, "iam").list_users()["IsTruncated"] is False


def test_an_alias_is_read_with_the_right_to_read_it_not_to_list_them(user: User) -> None:
    functions = user({"Action": "lambda:GetAlias", "Resource": FUNCTION})("lambda")

    assert not refused(functions.get_alias, FunctionName="f", Name="live")
    assert refused(functions.list_aliases, FunctionName="f")


def test_a_url_s_change_is_not_its_creation(user: User) -> None:
    functions = user({"Action": "lambda:CreateFunctionUrlConfig", "Resource": FUNCTION})("lambda")

    assert not refused(functions.create_function_url_config, FunctionName="f", AuthType="NONE")
    assert refused(functions.update_function_url_config, FunctionName="f", AuthType="NONE")
    assert refused(functions.delete_function_url_config, FunctionName="f")


def test_a_role_is_given_to_a_function_by_who_may_pass_it(user: User) -> None:
    role = f"arn:aws:iam::{ACCOUNT}:role/r"
    made = {"Runtime": "python3.13", "Handler": "a.b", "Code": {"ZipFile": b"no zip"}, "Role": role}
    create = {"Action": "lambda:CreateFunction", "Resource": FUNCTION}
    passes = {"Action": "iam:PassRole", "Resource": role}
    to_lambda = {"StringEquals": {"iam:PassedToService": "lambda.amazonaws.com"}}
    elsewhere = {"StringEquals": {"iam:PassedToService": "ec2.amazonaws.com"}}

    assert refused(user(create)("lambda").create_function, FunctionName="f", **made)
    wrong = user(create, passes | {"Condition": elsewhere})("lambda")
    assert refused(wrong.create_function, FunctionName="f", **made)
    right = user(create, passes | {"Condition": to_lambda})("lambda")
    assert not refused(right.create_function, FunctionName="f", **made)
    assert refused(right.create_function, FunctionName="g", **made)


def test_a_role_is_written_by_the_boundary_that_it_has_or_gets(
    enforcing: Running, user: User
) -> None:
    root, name = client(enforcing, "iam"), f"role-{uuid.uuid4().hex[:8]}"
    for policy in ("boundary", "other"):
        if policy not in {found["PolicyName"] for found in root.list_policies()["Policies"]}:
            root.create_policy(PolicyName=policy, PolicyDocument=READS)
    bounded = user(
        {
            "Action": ["iam:CreateRole", "iam:PutRolePolicy"],
            "Resource": f"arn:aws:iam::{ACCOUNT}:role/{name}",
            "Condition": {"StringEquals": {"iam:PermissionsBoundary": BOUNDARY}},
        }
    )("iam")
    role = {"RoleName": name, "AssumeRolePolicyDocument": TRUST}
    other = BOUNDARY.replace("boundary", "other")

    assert refused(bounded.create_role, **role)
    assert refused(bounded.create_role, **role, PermissionsBoundary=other)
    assert not refused(bounded.create_role, **role, PermissionsBoundary=BOUNDARY)
    rights = {"RoleName": name, "PolicyName": "p", "PolicyDocument": READS}
    assert not refused(bounded.put_role_policy, **rights)
    root.delete_role_permissions_boundary(RoleName=name)
    assert refused(bounded.put_role_policy, **rights)
    assert refused(bounded.create_role, **role)


def test_every_parameter_that_is_asked_for_must_be_allowed(user: User) -> None:
    mine = f"arn:aws:ssm:us-east-1:{ACCOUNT}:parameter/mine/*"
    ssm = user({"Action": "ssm:GetParameters", "Resource": mine})("ssm")

    assert not refused(ssm.get_parameters, Names=["/mine/a", "/mine/b"])
    assert refused(ssm.get_parameters, Names=["/mine/a", "/theirs/b"])


def test_a_log_is_written_stream_by_stream(enforcing: Running, user: User) -> None:
    group = f"/g-{uuid.uuid4().hex[:8]}"
    client(enforcing, "logs").create_log_group(logGroupName=group)
    arn = f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:{group}:*"
    logs = user({"Action": "logs:CreateLogStream", "Resource": arn})("logs")

    assert not refused(logs.create_log_stream, logGroupName=group, logStreamName="s")
    assert refused(logs.create_log_stream, logGroupName="/other", logStreamName="s")


def test_dashboards_and_alarms_are_told_apart_by_name(user: User) -> None:
    watch = user(
        {"Action": "cloudwatch:*", "Resource": f"arn:aws:cloudwatch::{ACCOUNT}:dashboard/mine"},
        {
            "Action": "cloudwatch:DeleteAlarms",
            "Resource": f"arn:aws:cloudwatch:us-east-1:{ACCOUNT}:alarm:mine-*",
        },
    )("cloudwatch")

    assert not refused(watch.put_dashboard, DashboardName="mine", DashboardBody="{}")
    assert refused(watch.put_dashboard, DashboardName="other", DashboardBody="{}")
    assert not refused(watch.delete_alarms, AlarmNames=["mine-a", "mine-b"])
    assert refused(watch.delete_alarms, AlarmNames=["mine-a", "other-b"])


def test_a_budget_is_read_and_written_with_two_rights(user: User) -> None:
    arn = f"arn:aws:budgets::{ACCOUNT}:budget/mine"
    budgets = user({"Action": "budgets:ViewBudget", "Resource": arn})("budgets")

    assert not refused(budgets.describe_budget, AccountId=ACCOUNT, BudgetName="mine")
    assert refused(budgets.describe_budget, AccountId=ACCOUNT, BudgetName="other")
    assert refused(budgets.delete_budget, AccountId=ACCOUNT, BudgetName="mine")


def test_a_policy_is_made_by_its_name(user: User) -> None:
    iam = user({"Action": "iam:CreatePolicy", "Resource": f"{BOUNDARY}-mine"})("iam")

    assert not refused(iam.create_policy, PolicyName="boundary-mine", PolicyDocument=READS)
    assert refused(iam.create_policy, PolicyName="boundary", PolicyDocument=READS)


def test_a_function_is_invoked_by_its_alias(user: User) -> None:
    functions = user({"Action": "lambda:InvokeFunction", "Resource": f"{FUNCTION}:live"})("lambda")

    assert not refused(functions.invoke, FunctionName="f", Qualifier="live", Payload=b"{}")
    assert refused(functions.invoke, FunctionName="f", Qualifier="candidate", Payload=b"{}")
    assert refused(functions.invoke, FunctionName="f", Payload=b"{}")


ASKS = """
import boto3
from botocore.exceptions import ClientError

def handler(event, context):
    try:
        boto3.client("ssm").get_parameter(Name="/notes/motto")
        denied = None
    except ClientError as error:
        denied = error.response["Error"]["Code"]
    return {"who": boto3.client("sts").get_caller_identity()["Arn"], "denied": denied}
"""


def test_a_function_may_do_what_its_role_may(enforcing: Running, folder: Path) -> None:
    iam = client(enforcing, "iam")
    iam.create_role(RoleName="function", AssumeRolePolicyDocument=TRUST)
    client(enforcing, "ssm").put_parameter(Name="/notes/motto", Value="x", Type="String")
    function = deploy(enforcing, ASKS)
    who = f"arn:aws:sts::{ACCOUNT}:assumed-role/function/{function.name}"

    assert function.get().json() == {"who": who, "denied": "AccessDeniedException"}
    # Nor may Lambda write the log in the name of a role without that right.
    group = f"/aws/lambda/{function.name}"
    refusal = f"the role of {function.name} may not write to {group}"
    wait_until(lambda: refusal in (folder / "aws.log").read_text())

    allow(iam, "ssm:GetParameter", f"arn:aws:ssm:us-east-1:{ACCOUNT}:parameter/notes/motto")
    assert function.get().json() == {"who": who, "denied": None}
    assert not function.log_messages()

    allow(iam, "logs:*", f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:{group}:*")
    function.get()
    function.wait_for_log("REPORT")


def allow(iam: Any, action: str, resource: str) -> None:
    """Let the function's role do one thing more."""
    statement = {"Effect": "Allow", "Action": action, "Resource": resource}
    policy = {"Version": "2012-10-17", "Statement": [statement]}
    name = action.partition(":")[0]
    iam.put_role_policy(RoleName="function", PolicyName=name, PolicyDocument=json.dumps(policy))
