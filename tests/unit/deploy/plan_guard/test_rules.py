"""The guard over plans in JSON: what the real root would hardly ever plan."""

from __future__ import annotations

import json
from typing import Any

import pytest

from mesh.cli import run
from mesh.deploy.plan_guard import judge
from mesh.deploy.plan_guard.plan import parse_plan

URL = "aws_lambda_function_url.this"


def change(address: str, actions: list[str], **parts: Any) -> dict[str, Any]:
    reason = {"action_reason": parts.pop("reason")} if "reason" in parts else {}
    return {
        "address": address,
        "mode": "managed",
        "type": address.split(".", maxsplit=1)[0],
        "change": {"actions": actions, **parts},
        **reason,
    }


def shown(*changes: dict[str, Any], **parts: Any) -> dict[str, Any]:
    return {
        "terraform_version": "1.11.4",
        "planned_values": {},
        "resource_changes": list(changes),
        **parts,
    }


def stops(*changes: dict[str, Any], **parts: Any) -> list[str]:
    return [str(finding) for finding in judge(parse_plan(shown(*changes, **parts))).stops]


def server(auth: str | None, function: str = "mesh") -> dict[str, Any]:
    variables = {} if auth is None else {"MESH_AUTH": auth}
    return {"function_name": function, "environment": [{"variables": variables}]}


def test_nothing_to_do_is_nothing_to_object():
    assert stops(change(URL, ["no-op"], before={"a": 1}, after={"a": 1})) == []


def test_a_value_that_must_not_be_shown_is_not_shown_as_the_cause_either():
    [said] = stops(
        change(
            "aws_ssm_parameter.keys",
            ["delete", "create"],
            before={"name": "old-secret"},
            after={"name": "new-secret"},
            before_sensitive={"name": True},
            replace_paths=[["name"]],
            reason="replace_because_cannot_update",
        )
    )
    assert "name changes;" in said
    assert "-secret" not in said


def test_forgetting_the_address_is_stopped():
    [said] = stops(change(URL, ["forget"], before={"qualifier": "live"}, after=None))
    assert "forgotten by Terraform" in said


@pytest.mark.parametrize(
    "address",
    [
        "aws_cloudwatch_log_group.this",
        'aws_cloudwatch_metric_alarm.live["errors"]',
        "aws_cloudwatch_composite_alarm.unhealthy[0]",
        "aws_sns_topic.alarms[0]",
    ],
)
def test_losing_what_watches_live_is_stopped(address):
    [said] = stops(change(address, ["delete"], before={"name": "mesh"}, after=None))
    assert said.startswith(f"{address}: deleted")
    # One that somebody deleted by hand is made again without asking.
    assert not stops(
        change(address, ["create"], after={"name": "mesh"}),
        resource_drift=[change(address, ["delete"], before={"name": "mesh"}, after=None)],
    )


@pytest.mark.parametrize(("before", "ok"), [(-1, False), (5, False), (0, True), (None, True)])
def test_no_concurrency_for_a_server_that_is_there_is_stopped(before, ok):
    was = None if before is None else server("oauth") | {"reserved_concurrent_executions": before}
    becomes = server("oauth") | {"reserved_concurrent_executions": 0}
    actions = ["create"] if was is None else ["update"]
    said = stops(change("aws_lambda_function.this", actions, before=was, after=becomes))
    assert (said == []) is ok
    assert ok or "live answers every request with HTTP 429" in said[0]


def parameter(**values: Any) -> dict[str, Any]:
    return {"name": "/mesh/test/api-keys", "type": "SecureString", **values}


@pytest.mark.parametrize(
    ("before", "after", "cause"),
    [
        # As it is after an import: the state has the keys, and not what they were written with.
        (
            parameter(value="keys", value_wo_version=None),
            parameter(value="keys", value_wo_version=1),
            "value_wo_version changes",
        ),
        (parameter(value_wo_version=1), parameter(value_wo_version=2), "value_wo_version changes"),
        (parameter(description="a"), parameter(description="b"), "description changes"),
        (parameter(tier="Standard"), parameter(tier="Advanced"), "tier changes"),
        (parameter(tags={"a": "1"}), parameter(tags={"a": "2"}), ""),
        (
            {"type": "String", "insecure_value": "1"},
            {"type": "String", "insecure_value": "2"},
            "",
        ),
    ],
)
def test_writing_over_a_stored_key_or_secret_is_stopped_and_nothing_allows_it(
    before, after, cause, tmp_path, capsys
):
    address = 'aws_ssm_parameter.this["api-keys"]'
    planned = shown(change(address, ["update"], before=before, after=after))
    findings = judge(parse_plan(planned), [address]).stops

    if not cause:
        assert findings == ()
        return
    [said] = map(str, findings)
    assert said.startswith(f"{address}: written anew, because {cause}")
    assert "/mesh/test/api-keys" in said
    plan = tmp_path / "plan.json"
    plan.write_text(json.dumps(planned))
    assert run(["plan-guard", str(plan), "--allow", address]) == 1
    assert "If this is meant" not in capsys.readouterr().out


def test_a_plan_with_errors_is_not_whole():
    [said] = stops(errored=True)
    assert "ended with errors" in said


@pytest.mark.parametrize(
    ("action", "auth_type", "ok"),
    [
        ("lambda:InvokeFunctionUrl", "NONE", True),
        ("lambda:InvokeFunctionUrl", "AWS_IAM", False),
        ("lambda:InvokeFunctionUrl", None, False),
        ("lambda:InvokeFunction", None, False),
        ("lambda:*", None, False),
    ],
)
def test_everybody_may_have_the_one_grant_that_keeps_to_the_url(action, auth_type, ok):
    after = {"principal": "*", "action": action, "function_url_auth_type": auth_type}
    said = stops(change("aws_lambda_permission.this", ["create"], after=after))
    assert (said == []) is ok


@pytest.mark.parametrize(
    ("statement", "ok"),
    [
        ({"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject"}, False),
        ({"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "s3:GetObject"}, False),
        ({"Effect": "Deny", "Principal": "*", "Action": "s3:*"}, True),
        ({"Effect": "Allow", "Principal": "*", "Action": "s3:*", "Condition": {"a": {}}}, True),
        ({"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}}, True),
    ],
)
def test_a_policy_for_everybody_is_stopped(statement, ok):
    after = {"policy": json.dumps({"Statement": [statement]})}
    said = stops(change("aws_s3_bucket_policy.state", ["create"], after=after))
    assert (said == []) is ok


def test_a_template_that_nobody_can_read_yet_is_stopped():
    [said] = stops(
        change(
            "aws_cloudformation_stack.grants",
            ["create"],
            after={"name": "grants"},
            after_unknown={"template_body": True},
        )
    )
    assert "known after the apply only" in said
    yaml = "Resources:\n  A:\n    Type: AWS::Lambda::Permission\n"
    [said] = stops(
        change("aws_cloudformation_stack.grants", ["create"], after={"template_body": yaml})
    )
    assert "not JSON" in said


def test_a_url_that_checks_nothing_before_a_server_that_checks_nothing_is_stopped():
    url = {"function_name": "mesh", "qualifier": "live", "authorization_type": "NONE"}
    for auth in ("iam", None):
        [said] = stops(
            change(URL, ["create"], after=url),
            change("aws_lambda_function.this", ["create"], after=server(auth)),
        )
        assert "authorization_type is NONE and the server lets in anybody" in said
    assert not stops(
        change(URL, ["create"], after=url),
        change("aws_lambda_function.this", ["create"], after=server("oauth")),
    )


def test_a_server_that_was_open_before_is_no_news():
    assert not stops(
        change(
            "aws_lambda_function.this",
            ["update"],
            before=server("none"),
            after=server("none") | {"memory_size": 1024},
        )
    )


@pytest.mark.parametrize(
    ("name", "value", "ok"),
    [
        ("MESH_API_KEYS_PARAMETER", "/aoma-mesh/dev/api-keys", True),
        ("MESH_OPENAI_API_KEY", "/aoma-mesh/dev/openai-api-key", True),
        ("MESH_SECRETS_TTL_SECONDS", "60", True),
        ("SUPABASE_URL", "https://abc.supabase.co", True),
        ("MESH_OPENAI_API_KEY", "anything", False),
        ("PGPASSWORD", "anything", False),
        ("dbPassword", "anything", False),
        ("TOKEN_URL", "https://id.example.com/token", True),
        ("MESH_X", "mesh_" + "k" * 43, False),
        ("MESH_X", "sb_secret_abcdefghijkl", False),
        ("MESH_X", "eyJhbGciOiJIUzI1NiJ9.eyJyb2xlIjoic2VydmljZSJ9.c2lnbmF0dXJl", False),
    ],
)
def test_what_is_a_secret_and_what_only_names_one(name, value, ok):
    variables = {"MESH_AUTH": "api_key", name: value}
    after = {"function_name": "mesh", "environment": [{"variables": variables}]}
    said = stops(change("aws_lambda_function.this", ["create"], after=after))
    assert (said == []) is ok
    assert not any(value in line for line in said)


def test_not_secrets_excuses_these_environment_variables_and_nothing_else():
    key = "sk-proj-" + "a1B2" * 8
    given = {"PAGE_TOKEN": "start", "EXAMPLE": key, "OTHER_TOKEN": "x", "MODE": "a"}
    variables = {
        "environment_variables": {"value": given},
        "not_secrets": {"value": ["PAGE_TOKEN", "EXAMPLE", "MESH_X"]},
    }

    def function(**environment):
        after = {"function_name": "mesh", "environment": [{"variables": environment}]}
        return change("aws_lambda_function.this", ["create"], after=after)

    said = stops(function(MESH_AUTH="api_key", **given), variables=variables)
    assert [line.split(" holds")[0].split(" is called")[0] for line in said] == [
        "var.environment_variables: `environment_variables.OTHER_TOKEN`",
        "aws_lambda_function.this: `environment[0].variables.OTHER_TOKEN`",
    ]

    del given["OTHER_TOKEN"]
    assert stops(function(MESH_AUTH="api_key", **given), variables=variables) == []
    # A value from elsewhere, a name that the author did not set, and the same names elsewhere.
    other = function(MESH_AUTH="api_key", PAGE_TOKEN="other")
    assert len(stops(other, variables=variables)) == 1
    assert len(stops(function(MESH_AUTH="api_key", MESH_X=key), variables=variables)) == 1
    said = stops(
        change("aws_codebuild_project.this", ["create"], after={"environment": [given]}),
        variables=variables | {"more": {"value": given}},
        output_changes={"shown": {"after": given}},
    )
    assert [line.split(":")[0] for line in said] == [
        *["var.more"] * 2,
        *["output.shown"] * 2,
        *["aws_codebuild_project.this"] * 2,
    ]


def test_a_secret_in_a_variable_or_an_output_is_named_there():
    key = "sk-proj-" + "a1B2" * 8
    said = stops(
        variables={"anything": {"value": key}, "api_keys": {"value": True}},
        output_changes={"shown": {"after": {"inner": [key]}}},
    )
    assert [line.split(":")[0] for line in said] == ["var.anything", "output.shown"]
    assert "`shown.inner[0]`" in said[1]


def test_the_command_says_what_to_allow_and_what_was_allowed_for_nothing(tmp_path, capsys):
    plan = tmp_path / "plan.json"
    plan.write_text(json.dumps(shown(change(URL, ["delete"], before={"a": 1}, after=None))))

    assert run(["plan-guard", str(plan)]) == 1
    said = capsys.readouterr().out
    assert f"STOP  {URL}: deleted" in said
    assert f"--allow {URL}" in said

    assert run(["plan-guard", str(plan), "--allow", URL, "--allow", "module.other"]) == 0
    said = capsys.readouterr().out
    assert f"allowed  {URL}: deleted" in said
    assert "unused  --allow module.other" in said
