"""The guard over plans that let in more callers: at the URL, at the server, by a grant."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.unit.deploy.plan_guard.test_rules import change, server, stops

URL = "aws_lambda_function_url.this"
FUNCTION = "aws_lambda_function.this"
STACK = "aws_cloudformation_stack.grants"
PERMISSION = "aws_lambda_permission.this"
CALL = {"Action": "lambda:InvokeFunctionUrl", "FunctionUrlAuthType": "NONE"}
INVOKE = {"Action": "lambda:InvokeFunction", "InvokedViaFunctionUrl": True}


def url(auth: str, qualifier: str = "live") -> dict[str, Any]:
    return {"function_name": "mesh", "qualifier": qualifier, "authorization_type": auth}


def template(**properties: Any) -> str:
    resource = {"Type": "AWS::Lambda::Permission", "Properties": {"Principal": "*", **properties}}
    return json.dumps({"Resources": {"Grant": resource}})


def stack(body: str, before: str | None = None) -> dict[str, Any]:
    was = None if before is None else {"template_body": before}
    actions = ["create"] if before is None else ["update"]
    return change(STACK, actions, before=was, after={"template_body": body})


def test_the_candidates_url_is_never_open() -> None:
    [said] = stops(change(URL, ["create"], after=url("NONE", "candidate")))
    assert "opens the candidate's URL, where untried code answers" in said
    assert not stops(change(URL, ["create"], after=url("AWS_IAM", "candidate")))


@pytest.mark.parametrize(("before", "after"), [("NONE", "AWS_IAM"), ("AWS_IAM", "NONE")])
def test_who_may_call_the_url_does_not_change_unasked(before: str, after: str) -> None:
    [said] = stops(change(URL, ["update"], before=url(before), after=url(after)))
    assert f"authorization_type changes from {before} to {after}: " in said


def test_a_url_that_stays_as_it_is_or_is_new_is_nothing_to_object() -> None:
    assert not stops(change(URL, ["update"], before=url("NONE"), after=url("NONE")))
    assert not stops(change(URL, ["create"], before=None, after=url("NONE")))


@pytest.mark.parametrize(
    ("before", "becomes"), [(None, "is none"), (server("oauth"), "becomes none")]
)
def test_a_server_that_lets_everybody_in_is_stopped(before: Any, becomes: str) -> None:
    actions = ["create"] if before is None else ["update"]
    [said] = stops(change(FUNCTION, actions, before=before, after=server("none")))
    assert f"MESH_AUTH {becomes}. Set allow_unauthenticated to false" in said


def test_a_url_and_a_server_that_were_unguarded_before_are_no_news() -> None:
    both = (
        change(URL, ["no-op"], before=url("NONE"), after=url("NONE")),
        change(
            FUNCTION, ["update"], before=server("iam"), after=server("iam") | {"memory_size": 1}
        ),
    )
    assert not stops(*both)


def test_a_server_that_stops_checking_behind_an_open_url_is_stopped() -> None:
    [said] = stops(
        change(URL, ["no-op"], before=url("NONE"), after=url("NONE")),
        change(FUNCTION, ["update"], before=server("oauth"), after=server("iam")),
    )
    assert "anybody, for it relies on a signature that no URL checks" in said


def test_only_the_function_of_the_url_is_its_guard() -> None:
    other = change(FUNCTION, ["create"], after=server(None, "another"))
    assert not stops(change(URL, ["create"], after=url("NONE")), other)
    assert not stops(
        change(URL, ["create"], after=url("AWS_IAM")),
        change(FUNCTION, ["create"], after=server(None)),
    )


@pytest.mark.parametrize("grant", [CALL, INVOKE, INVOKE | {"InvokedViaFunctionUrl": "True"}])
def test_a_stack_may_grant_everybody_what_keeps_to_the_url(grant: dict[str, Any]) -> None:
    assert not stops(stack(template(**grant, FunctionName="arn:mesh:live")))
    [said] = stops(stack(template(**grant, FunctionName="arn:mesh:candidate")))
    assert "lets everybody call the candidate's URL" in said


@pytest.mark.parametrize(
    "grant",
    [
        {"Action": "lambda:InvokeFunction"},
        {"Action": "lambda:InvokeFunction", "InvokedViaFunctionUrl": False},
        {"Action": "lambda:InvokeFunctionUrl"},
        {"Action": "lambda:InvokeFunctionUrl", "FunctionUrlAuthType": "AWS_IAM"},
        {"Action": "lambda:*", "FunctionUrlAuthType": "NONE"},
        {"Action": "lambda:InvokeFunction", "FunctionUrlAuthType": "NONE"},
    ],
)
def test_a_stack_may_grant_everybody_nothing_else(grant: dict[str, Any]) -> None:
    [said] = stops(stack(template(**grant)))
    assert f"Grant lets everybody {grant['Action']} without the condition" in said


def test_a_stack_may_grant_one_account_more() -> None:
    assert not stops(stack(template(Principal="111122223333", Action="lambda:InvokeFunction")))
    assert not stops(stack(json.dumps({"Resources": {"Other": {"Type": "AWS::SNS::Topic"}}})))
    assert not stops(stack(json.dumps({})))
    assert not stops(stack("Resources:\n  A:\n    Type: AWS::SNS::Topic\n"))


def test_a_stack_that_does_not_change_is_nothing_to_object() -> None:
    bad = template(Action="lambda:InvokeFunction")
    assert not stops(stack(bad, before=bad))
    assert len(stops(stack(bad, before=template(**CALL)))) == 1
    assert not stops(change(STACK, ["update"], before={"name": "a"}, after={"name": "b"}))


def test_a_permission_for_the_candidate_is_for_nobody() -> None:
    grant = {
        "principal": "*",
        "action": "lambda:InvokeFunctionUrl",
        "function_url_auth_type": "NONE",
    }
    [said] = stops(change(PERMISSION, ["create"], after=grant | {"qualifier": "candidate"}))
    assert "lets everybody call the candidate's URL" in said
    assert not stops(change(PERMISSION, ["create"], after=grant | {"qualifier": "live"}))
    other = {"principal": "111122223333", "action": "lambda:InvokeFunction"}
    assert not stops(change(PERMISSION, ["create"], after=other))


EVERYBODY = {"Effect": "Allow", "Principal": {"AWS": ["*"]}, "Action": "s3:GetObject"}


def test_a_policy_is_read_wherever_it_stands_and_only_if_it_changes() -> None:
    bucket = "aws_s3_bucket_policy.state"
    policy = json.dumps({"Statement": EVERYBODY})
    [said] = stops(change(bucket, ["create"], after={"anything": policy}))
    assert "`anything` allows s3:GetObject to everybody" in said
    after = {"policy": policy, "more": 1}
    assert not stops(change(bucket, ["update"], before={"policy": policy}, after=after))
    assert not stops(change(bucket, ["no-op"], before={}, after={"policy": policy}))
    for unreadable in ('{"Statement"', '["Statement"]', '"Statement"'):
        assert not stops(change(bucket, ["create"], after={"policy": unreadable}))
