"""Who may call a Function URL: docs.aws.amazon.com/lambda/latest/dg/urls-auth.html."""

import json
from typing import Any

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from tests.fixtures.deployed import ECHO, client, wait_until

HINT = "https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html"


def signed(url, *, key, secret, token=None, headers=None):
    request = AWSRequest(method="GET", url=url, headers=headers or {})
    SigV4Auth(Credentials(key, secret, token), "lambda", "us-east-1").add_auth(request)
    return dict(request.headers)


@pytest.fixture(scope="module")
def closed(deploy):
    """An AWS_IAM URL; no grants, as for callers of the same account with a policy of their own."""
    return deploy(ECHO, auth="AWS_IAM", granted=False)


def refused(answer):
    assert answer.status_code == 403
    assert answer.json() == {"Message": "Forbidden"}
    assert answer.headers["x-amzn-errortype"] == "AccessDeniedException"
    return True


def test_an_unsigned_payload_is_forbidden(closed):
    unsigned = {"x-amz-content-sha256": "UNSIGNED-PAYLOAD"}
    credentials = {"key": "test", "secret": "test"}
    assert refused(closed.get(headers=signed(closed.url, headers=unsigned, **credentials)))
    assert closed.get(headers=signed(closed.url, **credentials)).status_code == 200


class Leaving(SigV4Auth):
    """Signs everything but one header."""

    left_out = ""

    def headers_to_sign(self, request):
        headers = super().headers_to_sign(request)
        del headers[self.left_out]
        return headers


def test_a_signature_that_does_not_cover_the_host_is_forbidden(closed):
    """It would be good for every URL: the host is what tells one from another."""
    request = AWSRequest(method="GET", url=closed.url)
    signer = Leaving(Credentials("test", "test"), "lambda", "us-east-1")
    signer.left_out = "host"
    signer.add_auth(request)
    assert "SignedHeaders=x-amz-date," in request.headers["Authorization"]
    assert refused(closed.get(headers=dict(request.headers)))


GRANTS: dict[str, dict[str, object]] = {
    "url": {
        "Action": "lambda:InvokeFunctionUrl",
        "Condition": {"StringEquals": {"lambda:FunctionUrlAuthType": "AWS_IAM"}},
    },
    "via-url": {
        "Action": "lambda:InvokeFunction",
        "Condition": {"Bool": {"lambda:InvokedViaFunctionUrl": "true"}},
    },
}


def user_with(running, name, arn, *grants):
    """An IAM user with some of the two grants; its credentials."""
    iam = client(running, "iam")
    iam.create_user(UserName=name)
    statements = [{"Effect": "Allow", "Resource": arn, **GRANTS[grant]} for grant in grants]
    policy = {"Version": "2012-10-17", "Statement": statements}
    if statements:
        iam.put_user_policy(UserName=name, PolicyName="p", PolicyDocument=json.dumps(policy))
    key = iam.create_access_key(UserName=name)["AccessKey"]
    return {"key": key["AccessKeyId"], "secret": key["SecretAccessKey"]}


def arn_of(function):
    return f"arn:aws:lambda:us-east-1:000000000000:function:{function.name}:live"


def test_an_iam_user_with_both_grants_passes(running, closed):
    credentials = user_with(running, "both", arn_of(closed), "url", "via-url")
    event = closed.get(headers=signed(closed.url, **credentials)).json()
    iam = event["requestContext"]["authorizer"]["iam"]
    assert iam["userArn"] == "arn:aws:iam::000000000000:user/both"
    assert iam["accessKey"] == credentials["key"]


@pytest.mark.parametrize("grants", [(), ("url",), ("via-url",)], ids=str)
def test_an_iam_user_without_both_grants_is_forbidden(running, closed, grants):
    name = f"some-{len(grants)}-{''.join(grants)}"
    credentials = user_with(running, name, arn_of(closed), *grants)
    answer = closed.get(headers=signed(closed.url, **credentials))
    assert answer.status_code == 403
    assert HINT in answer.json()["Message"]


def test_the_resource_policy_may_grant_instead(running, deploy):
    function = deploy(ECHO, auth="AWS_IAM", granted=True)
    credentials = user_with(running, "by-resource", arn_of(function))
    assert function.get(headers=signed(function.url, **credentials)).status_code == 200


def test_a_disabled_access_key_is_forbidden(running, closed):
    credentials = user_with(running, "disabled", arn_of(closed), "url", "via-url")
    client(running, "iam").update_access_key(
        UserName="disabled", AccessKeyId=credentials["key"], Status="Inactive"
    )
    assert refused(closed.get(headers=signed(closed.url, **credentials)))


def test_a_role_session_passes_with_its_token_only(running, closed):
    iam = client(running, "iam")
    trust = {"Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": "*"}]}
    role = iam.create_role(RoleName="caller", AssumeRolePolicyDocument=json.dumps(trust))["Role"]
    statements: list[object] = [
        {"Effect": "Allow", "Resource": "*", **grant} for grant in GRANTS.values()
    ]
    policy = json.dumps({"Version": "2012-10-17", "Statement": statements})
    iam.put_role_policy(RoleName="caller", PolicyName="p", PolicyDocument=policy)
    given = client(running, "sts").assume_role(RoleArn=role["Arn"], RoleSessionName="session")
    session = given["Credentials"]
    credentials = {"key": session["AccessKeyId"], "secret": session["SecretAccessKey"]}
    token = session["SessionToken"]
    event = closed.get(headers=signed(closed.url, token=token, **credentials)).json()
    arn = event["requestContext"]["authorizer"]["iam"]["userArn"]
    assert arn.endswith(":assumed-role/caller/session")
    assert refused(closed.get(headers=signed(closed.url, **credentials)))


def test_an_open_url_needs_both_grants(deploy):
    function = deploy(ECHO, granted=False)
    grants: dict[str, dict[str, Any]] = {
        "url": {"Action": "lambda:InvokeFunctionUrl", "FunctionUrlAuthType": "NONE"},
        "via-url": {"Action": "lambda:InvokeFunction", "InvokedViaFunctionUrl": True},
    }

    def add(name):
        function.api.add_permission(
            FunctionName=function.name,
            Qualifier="live",
            StatementId=name,
            Principal="*",
            **grants[name],
        )

    def remove(name):
        function.api.remove_permission(
            FunctionName=function.name, Qualifier="live", StatementId=name
        )

    denied = function.get()
    assert denied.status_code == 403
    assert denied.json()["Message"].startswith("Forbidden. For troubleshooting")
    add("url")
    assert function.get().status_code == 403
    add("via-url")
    assert function.get().status_code == 200
    remove("url")
    assert function.get().status_code == 403


def test_a_grant_on_the_function_does_not_count_for_its_alias(deploy):
    function = deploy(ECHO, granted=False)
    for name, action, extra in (
        ("a", "lambda:InvokeFunctionUrl", {"FunctionUrlAuthType": "NONE"}),
        ("b", "lambda:InvokeFunction", {"InvokedViaFunctionUrl": True}),
    ):
        function.api.add_permission(
            FunctionName=function.name, StatementId=name, Principal="*", Action=action, **extra
        )
    assert function.get().status_code == 403


def test_a_grant_for_aws_iam_does_not_open_the_url(deploy):
    function = deploy(ECHO, granted=False)
    to_alias = {"FunctionName": function.name, "Qualifier": "live", "Principal": "*"}
    function.api.add_permission(
        StatementId="a",
        Action="lambda:InvokeFunctionUrl",
        FunctionUrlAuthType="AWS_IAM",
        **to_alias,
    )
    function.api.add_permission(
        StatementId="b",
        Action="lambda:InvokeFunction",
        InvokedViaFunctionUrl=True,
        **to_alias,
    )
    assert function.get().status_code == 403


def test_grants_of_a_cloudformation_stack_count(running, deploy):
    function = deploy(ECHO, granted=False)
    common = {"FunctionName": arn_of(function), "Principal": "*"}
    template = {
        "Resources": {
            "Url": {
                "Type": "AWS::Lambda::Permission",
                "Properties": {
                    "Action": "lambda:InvokeFunctionUrl",
                    "FunctionUrlAuthType": "NONE",
                    **common,
                },
            },
            "ViaUrl": {
                "Type": "AWS::Lambda::Permission",
                "DependsOn": "Url",
                "Properties": {
                    "Action": "lambda:InvokeFunction",
                    "InvokedViaFunctionUrl": True,
                    **common,
                },
            },
        }
    }
    formation = client(running, "cloudformation")
    formation.create_stack(StackName="grants", TemplateBody=json.dumps(template))
    # CloudFormation works after its call has returned.
    wait_until(lambda: function.get().status_code == 200)
    formation.delete_stack(StackName="grants")
    assert wait_until(lambda: function.get().status_code == 403)


def test_switching_the_auth_type_takes_effect_at_once(deploy):
    function = deploy(ECHO)
    assert function.get().status_code == 200
    function.api.update_function_url_config(
        FunctionName=function.name, Qualifier="live", AuthType="AWS_IAM"
    )
    assert refused(function.get())


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example:80", "localhost@evil"])
def test_a_name_that_was_made_to_lead_here_leads_to_no_url(deploy, host):
    function = deploy(ECHO)
    refused(function.get(headers={"host": host}))
    port = function.url.rpartition(":")[2].strip("/")
    assert function.get(headers={"host": f"LOCALHOST:{port}"}).status_code == 200
