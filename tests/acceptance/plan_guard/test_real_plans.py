"""The guard over plans that Terraform made of the real root, deployed to local AWS."""

from __future__ import annotations

import json
import subprocess

import boto3
import pytest

from mesh.cli import run
from mesh.deploy.plan_guard import Verdict, judge
from mesh.deploy.plan_guard.plan import parse_plan
from tests.acceptance.plan_guard.conftest import put_back

LAMBDA = "module.lambda.aws_lambda_function.this"
LIVE = "module.lambda.aws_lambda_alias.live"
LIVE_URL = "module.live_url.aws_lambda_function_url.this"
PUBLIC = "module.live_url.aws_cloudformation_stack.public_access[0]"
KEYS = 'module.parameters.aws_ssm_parameter.this["api-keys"]'
SECRET = "sk-proj-" + "a1B2" * 8
SECRETS = {
    "MESH_ANYTHING": "sk-proj-" + "c3D4" * 8,
    "MESH_UPSTREAM_PASSWORD": "correct horse",
    "MESH_DATABASE": "postgresql://mesh:hunter2@db.example.com/mesh",
}


def stops(verdict: Verdict) -> dict[str, str]:
    """What was found, by address, as people read it."""
    return {finding.address: str(finding) for finding in verdict.stops}


def test_what_changes_behind_the_address_passes(deployed):
    verdict = deployed.judged(
        architecture="x86_64",
        runtime="python3.12",
        memory_mb=1024,
        timeout_seconds=60,
        reserved_concurrency=5,
        live_version=1,
        invoke_mode="RESPONSE_STREAM",
        log_level="DEBUG",
        tags={"Team": "mesh"},
        # Names of parameters, and no secret.
        environment_variables={
            "AOMA_BACKEND": "supabase",
            "SUPABASE_URL": "https://abc.supabase.co",
        },
        secrets=["OPENAI_API_KEY", "SUPABASE_KEY", "SUPABASE_TOKEN"],
    )
    assert verdict.ok, stops(verdict)


def test_another_name_is_stopped_and_the_attribute_named(deployed):
    found = stops(deployed.judged(environment="other"))
    because = 'replaced, because function_name changes from "aoma-mesh-dev" to "aoma-mesh-other"'
    assert because in found[LAMBDA]
    assert "Put `name` and `environment` back" in found[LAMBDA]
    assert {LAMBDA, LIVE, LIVE_URL, PUBLIC, KEYS} <= found.keys()


def test_another_region_is_stopped_and_named(deployed):
    found = stops(deployed.judged("-refresh=true", region="eu-central-1"))
    assert "us-east-1" in found[LAMBDA]
    assert "eu-central-1" in found[LAMBDA]
    assert "put `region` back" in found[LAMBDA]


def test_another_guard_of_the_url_is_stopped_unless_it_is_allowed_by_name(deployed):
    plan = deployed.plan(function_url_auth="AWS_IAM")
    shown = subprocess.run(
        ["terraform", f"-chdir={deployed.root}", "show", "-json", str(plan)],
        env=deployed.environment,
        capture_output=True,
        check=True,
    )
    found = stops(judge(parse_plan(json.loads(shown.stdout))))
    assert "authorization_type changes from NONE to AWS_IAM" in found[LIVE_URL]
    assert "its count no longer reaches it" in found[PUBLIC]
    assert found.keys() == {LIVE_URL, PUBLIC}

    asked = deployed.root / "plan.json"
    asked.write_bytes(shown.stdout)
    guard = ["plan-guard", str(asked)]
    assert run(guard) == 1
    assert run([*guard, "--allow", LIVE_URL]) == 1
    assert run([*guard, "--allow", LIVE_URL, "--allow", PUBLIC]) == 0
    assert run([*guard, "--allow", LAMBDA]) == 1


def test_turning_the_server_or_its_alarms_off_is_stopped(deployed):
    found = stops(deployed.judged(alarms=False, reserved_concurrency=0))
    assert "live answers every request with HTTP 429" in found[LAMBDA]
    assert (
        "nobody is told" in found["module.monitoring.aws_cloudwatch_composite_alarm.unhealthy[0]"]
    )
    assert "its subscribers are gone" in found["module.monitoring.aws_sns_topic.alarms[0]"]


def test_an_open_server_is_stopped(deployed):
    found = stops(deployed.judged(allow_unauthenticated=True))
    assert "allow_unauthenticated opens the server: MESH_AUTH becomes none" in found[LAMBDA]
    assert found.keys() == {LAMBDA}


@pytest.fixture(scope="module")
def edited(applied) -> Verdict:
    """What the guard says of a root that somebody edited in four places."""
    told = "".join(f'{name} = "{value}"\n    ' for name, value in SECRETS.items())
    with put_back(applied) as root:
        for file, old, new in (
            ("access.tf", 'auth          = "AWS_IAM"', 'auth          = "NONE"'),
            (
                "modules/function_url/main.tf",
                "          InvokedViaFunctionUrl = true\n        }",
                "        }",
            ),
            (
                "modules/ssm_parameters/main.tf",
                '  value_wo         = "{}"\n  value_wo_version = 1\n',
                f'  value = "{SECRET}"\n',
            ),
            ("main.tf", "MESH_NAME ", f"{told}MESH_NAME "),
        ):
            root.edited(file, old, new)
        verdict: Verdict = root.judged()
    return verdict


def test_a_public_candidate_is_stopped(edited):
    found = stops(edited)["module.candidate_url.aws_lambda_function_url.this"]
    assert "opens the candidate's URL" in found


def test_a_grant_without_its_condition_is_stopped(edited):
    found = stops(edited)[PUBLIC]
    assert "InvokeThroughFunctionUrl lets everybody lambda:InvokeFunction without" in found


def test_a_parameter_written_in_clear_is_stopped_without_showing_it(edited):
    found = stops(edited)
    assert "`value` puts the parameter's content in clear" in found[KEYS]
    assert SECRET not in json.dumps(found)


def test_secrets_in_the_environment_are_stopped_without_being_shown(edited):
    said = [finding.problem for finding in edited.stops if finding.address == LAMBDA]
    assert len(said) == len(SECRETS)
    for name, value in SECRETS.items():
        assert any(f"variables.{name}` " in problem and "in clear" in problem for problem in said)
        assert not any(value in str(finding) for finding in edited.stops)


def test_a_moved_module_passes_and_one_without_a_moved_block_is_stopped(deployed):
    for file, old, new in (
        ("access.tf", 'module "live_url"', 'module "public_url"'),
        ("access.tf", "module.live_url", "module.public_url"),
        ("outputs.tf", "module.live_url", "module.public_url"),
        ("custom_domain.tf", "module.live_url", "module.public_url"),
    ):
        if old in (deployed.root / file).read_text():
            deployed.edited(file, old, new)
    deployed.run("init", "-lockfile=readonly")
    found = stops(deployed.judged())
    assert "deleted, because the configuration no longer has it" in found[LIVE_URL]
    assert "say so with a moved block" in found[LIVE_URL]

    moved = "\nmoved {\n  from = module.live_url\n  to   = module.public_url\n}\n"
    (deployed.root / "access.tf").write_text((deployed.root / "access.tf").read_text() + moved)
    assert stops(deployed.judged()) == {}


def test_a_taint_is_stopped_and_taken_away_by_what_is_said(deployed):
    deployed.run("taint", LAMBDA)
    found = stops(deployed.judged())
    assert "replaced, because it is marked as tainted in the state" in found[LAMBDA]
    assert f"terraform untaint '{LAMBDA}'" in found[LAMBDA]


def test_destroying_is_stopped(deployed):
    found = stops(deployed.judged("-destroy"))
    assert {LAMBDA, LIVE, LIVE_URL, PUBLIC, KEYS} <= found.keys()
    assert all("deleted" in said for said in found.values())


def test_every_option_passes_for_none_replaces_what_the_address_depends_on(deployed):
    verdict = deployed.judged(
        provisioned_concurrency=2,
        ephemeral_storage_mb=1024,
        vpc_subnet_ids=["subnet-0123456789abcdef0"],
        vpc_security_group_ids=["sg-0123456789abcdef0"],
        kms_key_arn="arn:aws:kms:us-east-1:000000000000:key/11111111-2222-3333-4444-555555555555",
        code_signing_config_arn="arn:aws:lambda:us-east-1:000000000000:code-signing-config:"
        "csc-0123456789abcdef0",
        dead_letter_arn="arn:aws:sqs:us-east-1:000000000000:lost",
        async_on_failure_arn="arn:aws:sns:us-east-1:000000000000:failed",
        tracing=True,
    )
    assert verdict.ok, stops(verdict)
    verdict = deployed.judged(snap_start=True)
    assert verdict.ok, stops(verdict)


def test_a_plan_for_a_domain_passes_while_the_function_url_answers_too(deployed):
    route53 = boto3.client(
        "route53",
        endpoint_url=deployed.environment["AWS_ENDPOINT_URL"],
        region_name="us-east-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )
    zone = route53.create_hosted_zone(Name="example.com", CallerReference="tests")["HostedZone"]
    given = {
        "domain_name": "mesh.example.com",
        "domain_zone_id": zone["Id"].rpartition("/")[2],
    }

    assert deployed.judged(**given, domain_only=False).stops == ()

    shutting = deployed.read(**given)
    [shut] = judge(shutting).stops
    assert shut.address == LAMBDA
    assert judge(shutting, (LAMBDA,)).ok


@pytest.mark.parametrize("content", ["{}", '{"terraform_version": "1.11.4"}', "{broken", "[]"])
def test_what_is_no_plan_is_refused_in_one_line(tmp_path, capsys, content):
    plan = tmp_path / "plan.json"
    plan.write_text(content)
    assert run(["plan-guard", str(plan)]) == 1
    said = capsys.readouterr().err
    assert said.startswith("mesh: ")
    assert "Traceback" not in said
    assert run(["plan-guard", str(tmp_path / "missing")]) == 1
