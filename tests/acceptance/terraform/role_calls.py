"""Calls that the roles of bootstrap may make, and those that they may not."""

from __future__ import annotations

import json
import os
from collections.abc import Callable

from tests.acceptance.terraform.local_account import Account, Session

type Calls = dict[str, Callable[[], object]]

BUCKET = "aoma-mesh-state-000000000000"
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
EVERYTHING = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}],
    }
)


def of_apply_role(account: Account, me: Session) -> tuple[Calls, Calls]:
    """What the apply role of production may do, and what not."""
    iam, functions, s3 = me.client("iam"), me.client("lambda"), me.client("s3")
    ssm, logs, watch = me.client("ssm"), me.client("logs"), me.client("cloudwatch")
    boundary = "arn:aws:iam::000000000000:policy/aoma-mesh-production-boundary"
    own, other = "aoma-mesh-production", "aoma-mesh-staging"

    def function(name: str, role: str) -> Callable[[], object]:
        return lambda: functions.create_function(
            FunctionName=name,
            Role=account.role(role),
            Runtime="python3.13",
            Handler="a.b",
            Code={"ZipFile": b"no zip"},
        )

    may_not: Calls = {
        "read another state": lambda: s3.get_object(Bucket=BUCKET, Key="staging.tfstate"),
        "read bootstrap's state": lambda: s3.get_object(Bucket=BUCKET, Key="bootstrap.tfstate"),
        "write another state": lambda: s3.put_object(
            Bucket=BUCKET, Key="staging.tfstate", Body=b""
        ),
        "lock another state": lambda: s3.put_object(
            Bucket=BUCKET, Key="staging.tfstate.tflock", Body=b""
        ),
        "delete its own state": lambda: s3.delete_object(Bucket=BUCKET, Key="production.tfstate"),
        "stop versioning": lambda: s3.put_bucket_versioning(
            Bucket=BUCKET, VersioningConfiguration={"Status": "Suspended"}
        ),
        "open the bucket": lambda: s3.put_bucket_policy(Bucket=BUCKET, Policy=EVERYTHING),
        "change another function": lambda: functions.update_function_configuration(
            FunctionName=other, MemorySize=128
        ),
        "move another's live": lambda: functions.update_alias(
            FunctionName=other, Name="live", FunctionVersion="1"
        ),
        "make another function": function("anything", own),
        "run its function as another role": function(own, "aoma-mesh-production-apply"),
        "invoke with an event of its own": lambda: functions.invoke(
            FunctionName=own, Qualifier="live", Payload=b"{}"
        ),
        "read another's secrets": lambda: ssm.get_parameter(
            Name="/aoma-mesh/staging/api-keys", WithDecryption=True
        ),
        "write another's secrets": lambda: ssm.put_parameter(
            Name="/aoma-mesh/staging/api-keys", Value="{}", Overwrite=True
        ),
        "read another's log": lambda: logs.filter_log_events(logGroupName=f"/aws/lambda/{other}"),
        "delete another's alarm": lambda: watch.delete_alarms(AlarmNames=[f"{other}-errors"]),
        "delete another's dashboard": lambda: watch.delete_dashboards(DashboardNames=[other]),
        "make a user": lambda: iam.create_user(UserName="me"),
        "make a key for a user": lambda: iam.create_access_key(UserName="me"),
        "make a role": lambda: iam.create_role(RoleName="mine", AssumeRolePolicyDocument=TRUST),
        "make its role anew without the boundary": lambda: iam.create_role(
            RoleName=own, AssumeRolePolicyDocument=TRUST
        ),
        "bound its role by less": lambda: iam.put_role_permissions_boundary(
            RoleName=own, PermissionsBoundary="arn:aws:iam::aws:policy/AdministratorAccess"
        ),
        "take the boundary away": lambda: iam.delete_role_permissions_boundary(RoleName=own),
        "rewrite the boundary": lambda: iam.create_policy_version(
            PolicyArn=boundary, PolicyDocument=EVERYTHING, SetAsDefault=True
        ),
        "make its role an administrator": lambda: iam.attach_role_policy(
            RoleName=own, PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess"
        ),
        "give itself more": lambda: iam.put_role_policy(
            RoleName=f"{own}-apply", PolicyName="more", PolicyDocument=EVERYTHING
        ),
        "rewrite its own rights": lambda: iam.create_policy_version(
            PolicyArn=f"arn:aws:iam::000000000000:policy/{own}-apply-identity",
            PolicyDocument=EVERYTHING,
            SetAsDefault=True,
        ),
        "trust others": lambda: iam.update_assume_role_policy(
            RoleName="aoma-mesh-staging-apply", PolicyDocument=TRUST
        ),
        "be another role": lambda: me.client("sts").assume_role(
            RoleArn=account.role("aoma-mesh-staging-apply"), RoleSessionName="me"
        ),
        "read other secrets": lambda: me.client("secretsmanager").list_secrets(),
        "start a machine": lambda: me.client("ec2").describe_instances(),
    }
    # Each with a right that a deployment uses; all of those were used to make this one.
    may: Calls = {
        "read its state": lambda: s3.get_object(Bucket=BUCKET, Key="production.tfstate"),
        "read its parameters": lambda: ssm.get_parameter(Name="/aoma-mesh/production/live-version"),
        "read its log": lambda: logs.filter_log_events(logGroupName=f"/aws/lambda/{own}"),
        "write rights of a bounded role": lambda: iam.put_role_policy(
            RoleName=own, PolicyName="more", PolicyDocument=EVERYTHING
        ),
        "take them away": lambda: iam.delete_role_policy(RoleName=own, PolicyName="more"),
    }
    return may, may_not


def refused_to_plan_role(account: Account, me: Session) -> Calls:
    """What the plan role may not do."""
    iam, functions, s3, ssm = (me.client(name) for name in ("iam", "lambda", "s3", "ssm"))
    own, keys = "aoma-mesh-production", "/aoma-mesh/production/api-keys"
    state = {"Bucket": BUCKET, "Key": "production.tfstate"}

    return {
        "read a secret": lambda: ssm.get_parameter(Name=keys, WithDecryption=True),
        "read a secret encrypted": lambda: ssm.get_parameter(Name=keys),
        "read secrets by name": lambda: ssm.get_parameters(Names=[keys], WithDecryption=True),
        "read secrets by path": lambda: ssm.get_parameters_by_path(Path="/aoma-mesh/production"),
        "read earlier secrets": lambda: ssm.get_parameter_history(Name=keys),
        "write a secret": lambda: ssm.put_parameter(Name=keys, Value="{}", Overwrite=True),
        "decrypt": lambda: me.client("kms").decrypt(CiphertextBlob=b"anything"),
        "write a state": lambda: s3.put_object(**state, Body=b"{}"),
        "delete a state": lambda: s3.delete_object(**state),
        "lock a state": lambda: s3.put_object(
            Bucket=BUCKET, Key="production.tfstate.tflock", Body=b"{}"
        ),
        "read bootstrap's state": lambda: s3.get_object(Bucket=BUCKET, Key="bootstrap.tfstate"),
        "change the function": lambda: functions.update_function_configuration(
            FunctionName=own, MemorySize=128
        ),
        "move live": lambda: functions.update_alias(
            FunctionName=own, Name="live", FunctionVersion="1"
        ),
        "publish": lambda: functions.publish_version(FunctionName=own),
        "invoke": lambda: functions.invoke(FunctionName=own, Qualifier="live", Payload=b"{}"),
        "read the log": lambda: me.client("logs").filter_log_events(
            logGroupName=f"/aws/lambda/{own}"
        ),
        "make a role": lambda: iam.create_role(RoleName="mine", AssumeRolePolicyDocument=TRUST),
        "give itself more": lambda: iam.put_role_policy(
            RoleName="aoma-mesh-plan", PolicyName="more", PolicyDocument=EVERYTHING
        ),
        "be another role": lambda: me.client("sts").assume_role(
            RoleArn=account.role("aoma-mesh-production-apply"), RoleSessionName="me"
        ),
    }


def of_function_role(account: Account) -> tuple[Calls, Calls]:
    """What the role of production's function may do, and what not."""
    own, other, keys = "aoma-mesh-production", "aoma-mesh-staging", "/aoma-mesh/production/api-keys"
    me = account.of_lambda(own)
    ssm, logs, s3 = me.client("ssm"), me.client("logs"), me.client("s3")
    group = {"logGroupName": f"/aws/lambda/{own}", "logStreamName": os.urandom(8).hex()}
    may: Calls = {
        "read its parameters": lambda: ssm.get_parameters(Names=[keys], WithDecryption=True),
        "begin a log": lambda: logs.create_log_stream(**group),
        "write its log": lambda: logs.put_log_events(
            **group, logEvents=[{"timestamp": 1, "message": "said"}]
        ),
    }
    may_not: Calls = {
        "read another's parameters": lambda: ssm.get_parameters(
            Names=["/aoma-mesh/staging/api-keys"], WithDecryption=True
        ),
        "read by path": lambda: ssm.get_parameters_by_path(Path="/aoma-mesh/production"),
        "read earlier values": lambda: ssm.get_parameter_history(Name=keys),
        "write a parameter": lambda: ssm.put_parameter(Name=keys, Value="{}", Overwrite=True),
        "write another's log": lambda: logs.create_log_stream(
            logGroupName=f"/aws/lambda/{other}", logStreamName="mine"
        ),
        "make a log group": lambda: logs.create_log_group(logGroupName="/mine"),
        "read its log": lambda: logs.filter_log_events(logGroupName=f"/aws/lambda/{own}"),
        "read its state": lambda: s3.get_object(Bucket=BUCKET, Key="production.tfstate"),
        "list buckets": s3.list_buckets,
        "change its own code": lambda: me.client("lambda").update_function_configuration(
            FunctionName=own, MemorySize=128
        ),
        "invoke itself": lambda: me.client("lambda").invoke(FunctionName=own, Payload=b"{}"),
        "make a user": lambda: me.client("iam").create_user(UserName="me"),
        "give itself more": lambda: me.client("iam").put_role_policy(
            RoleName=own, PolicyName="more", PolicyDocument=EVERYTHING
        ),
        "be the apply role": lambda: me.client("sts").assume_role(
            RoleArn=account.role(f"{own}-apply"), RoleSessionName="me"
        ),
        "notify": lambda: me.client("sns").publish(
            TopicArn=f"arn:aws:sns:us-east-1:000000000000:{own}-alarms", Message="hello"
        ),
    }
    return may, may_not
