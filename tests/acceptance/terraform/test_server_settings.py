"""What a server's author sets in the root: environment variables, secrets, rights and layers."""

from __future__ import annotations

import io
import json
import os
import re
import subprocess
import time
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import httpx
import pytest

from mesh.build.environment import ROOT
from mesh.cli import run
from mesh.deploy.plan_guard import judge, read_plan
from mesh.local_aws import host
from mesh.settings.secret_forms import FORMS, NAMES, REFERENCE
from tests.acceptance.terraform.test_root_on_local_aws import Cli

if TYPE_CHECKING:
    from mesh.local_aws.process import Running

NAME = "aoma-mesh-dev"
SECRET = "value-that-no-file-may-hold"
# Reads its environment and its secrets, as a tool of an author's would.
HANDLER = """
import os
import mesh

def handler(event, context):
    name = event["rawPath"].strip("/")
    if not name:
        return {name: os.environ.get(name) for name in ("NOTES_TABLE", "MESH_SECRETS")}
    try:
        return {"value": mesh.secret(name), "version": context.function_version}
    except mesh.SecretError as error:
        return {"error": str(error)}
"""
NOTES = "arn:aws:dynamodb:us-east-1:000000000000:table/notes"
SETTINGS: dict[str, Any] = {
    "environment_variables": {"NOTES_TABLE": "notes"},
    "secrets": ["WEATHER_API_KEY", "MAIL_TOKEN"],
    "policy_statements": [
        {
            "sid": "ReadNotes",
            "actions": ["dynamodb:GetItem"],
            "resources": [NOTES],
            "conditions": [
                {
                    "test": "ForAllValues:StringEquals",
                    "variable": "dynamodb:LeadingKeys",
                    "values": ["public"],
                }
            ],
        }
    ],
}
PARAMETERS = {
    "MAIL_TOKEN": "/aoma-mesh/dev/mail-token",
    "WEATHER_API_KEY": "/aoma-mesh/dev/weather-api-key",
}
FEW = {"alarms": False, "dashboard": False}


@pytest.fixture
def root(aws: Running, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Cli:
    """The real root, initialised, with a zip that tells its environment and secrets."""
    del aws  # asked for so that it comes first: the environment is its work
    code = tmp_path / "function.zip"
    with zipfile.ZipFile(code, "w") as archive:
        archive.writestr(zipfile.ZipInfo("mesh/runtime/handler.py"), HANDLER)
        runtime = (ROOT / "mesh" / "runtime").rglob("*.p[ye]*")
        for path in (ROOT / "mesh" / "__init__.py", *runtime):
            if path.suffix in {".py", ".pem"} and path.name != "handler.py":
                archive.write(path, path.relative_to(ROOT))
    monkeypatch.setenv("TF_VAR_zip_path", str(code))
    monkeypatch.setenv("TF_VAR_architecture", host.architecture())
    root = Cli(ROOT / "terraform", tmp_path / "terraform.tfstate")
    Cli(root.folder).run("init", "-input=false", "-lockfile=readonly")
    return root


def policies() -> dict[str, Any]:
    """The statements of the function's role, by policy."""
    iam = boto3.client("iam")
    names = iam.list_role_policies(RoleName=NAME)["PolicyNames"]
    found: dict[str, Any] = {
        name: iam.get_role_policy(RoleName=NAME, PolicyName=name)["PolicyDocument"]
        for name in names
    }
    return {name: document["Statement"] for name, document in found.items()}


def stored(parameter: str) -> str:
    """What a parameter holds."""
    found = boto3.client("ssm").get_parameter(Name=parameter, WithDecryption=True)["Parameter"]
    assert found["Type"] == "SecureString"
    return found["Value"]


def write(parameter: str) -> None:
    """Put a secret into a parameter, as `mesh secrets` and `mesh keys` do."""
    boto3.client("ssm").put_parameter(
        Name=parameter, Value=SECRET, Type="SecureString", Overwrite=True
    )


def test_a_server_gets_its_settings_and_no_secret_is_written_down(
    root: Cli, tmp_path: Path
) -> None:
    root.run("apply", "-auto-approve", **FEW)
    outputs = root.outputs()
    url, keys = outputs["function_url"], outputs["api_keys_parameter"]
    assert outputs["secrets"] == {}
    assert policies().keys() == {"parameters-and-log"}
    assert httpx.get(url, timeout=60).json() == {"NOTES_TABLE": None, "MESH_SECRETS": None}
    write(keys)

    # Nothing that is there is replaced or moved, and the guard has nothing to object.
    plan = tmp_path / "add.tfplan"
    shown = root.planned(plan, **FEW, **SETTINGS)
    assert {
        change["address"]: change["change"]["actions"]
        for change in shown["resource_changes"]
        if change["mode"] == "managed" and change["change"]["actions"] != ["no-op"]
    } == {
        "module.lambda.aws_iam_role_policy.statements[0]": ["create"],
        "module.lambda.aws_iam_role_policy.this": ["update"],
        "module.lambda.aws_lambda_alias.candidate": ["update"],
        "module.lambda.aws_lambda_alias.live": ["update"],
        "module.lambda.aws_lambda_function.this": ["update"],
        "module.lambda.aws_ssm_parameter.live_version": ["update"],
        'module.parameters.aws_ssm_parameter.this["mail-token"]': ["create"],
        'module.parameters.aws_ssm_parameter.this["weather-api-key"]': ["create"],
    }
    verdict = judge(read_plan(plan, root=root.folder, variables=os.environ))
    assert verdict.ok, [str(finding) for finding in verdict.stops]

    state = f"-state={root.state}", f"-state-out={root.state}"
    Cli(root.folder).run("apply", *state, str(plan))
    assert root.outputs()["secrets"] == PARAMETERS
    told = httpx.get(url, timeout=60).json()
    assert told["NOTES_TABLE"] == "notes"
    assert json.loads(told["MESH_SECRETS"]) == PARAMETERS
    assert [stored(parameter) for parameter in PARAMETERS.values()] == ["{}", "{}"]
    assert stored(keys) == SECRET

    # The role may read these parameters, and do what the statements say.
    found = policies()
    assert found["policy-statements"] == [
        {
            "Sid": "ReadNotes",
            "Effect": "Allow",
            "Action": ["dynamodb:GetItem"],
            "Resource": [NOTES],
            "Condition": {"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": ["public"]}},
        }
    ]
    (read,) = (one for one in found["parameters-and-log"] if one["Sid"] == "ReadOwnParameters")
    assert {arn.partition(":parameter")[2] for arn in read["Resource"]} == {
        keys,
        *PARAMETERS.values(),
    }

    # Values are no difference, so they stay what they are, and they stand nowhere.
    for parameter in PARAMETERS.values():
        write(parameter)
    root.run("plan", "-detailed-exitcode", f"-out={plan}", **FEW, **SETTINGS)
    assert SECRET not in Cli(root.folder).run("show", "-json", str(plan))
    assert root.state is not None
    assert SECRET not in root.state.read_text()


KEY_FILE = "-----BEGIN KEY-----\nbGluZXMgYW5kIHNwYWNlcw==\n  -----END KEY-----"


@pytest.mark.parametrize("aws", ["enforce_iam"], indirect=True)
def test_a_tool_reads_its_secrets_and_follows_a_rotation(
    root: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    root.run(
        *("apply", "-auto-approve"),
        **FEW,
        secrets=["WEATHER_API_KEY", "MAIL_KEY"],
        environment_variables={"NOTES_TABLE": "notes"},
        secrets_ttl_seconds=1,
    )
    url = root.outputs()["function_url"]

    def ask(name: str) -> dict[str, str]:
        found: dict[str, str] = httpx.get(url + name, timeout=60).json()
        return found

    def store(name: str, value: str) -> None:
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(value.encode())))
        assert run(["secrets", "--path", "/aoma-mesh/dev", "set", name]) == 0

    unset = ask("WEATHER_API_KEY")["error"]
    assert "/aoma-mesh/dev/weather-api-key is not set yet" in unset
    assert "`mesh secrets set WEATHER_API_KEY`" in unset

    store("WEATHER_API_KEY", "first\n")
    store("MAIL_KEY", f"{KEY_FILE}\n")
    first = ask("WEATHER_API_KEY")
    assert first["value"] == "first"
    assert ask("MAIL_KEY")["value"] == KEY_FILE

    store("WEATHER_API_KEY", "second")
    deadline = time.monotonic() + 60
    while (now := ask("WEATHER_API_KEY"))["value"] == "first":
        assert time.monotonic() < deadline
        time.sleep(0.1)
    assert now == first | {"value": "second"}

    # Not even what the environment has under that name.
    assert ask("NOTES_TABLE")["error"].startswith(
        "this deployment has no secret NOTES_TABLE; it has: MAIL_KEY, WEATHER_API_KEY. Add "
    )

    # The function has its role's rights and no others.
    boto3.client("iam").delete_role_policy(RoleName=NAME, PolicyName="parameters-and-log")
    while "error" not in (denied := ask("MAIL_KEY")):
        assert time.monotonic() < deadline
        time.sleep(0.1)
    assert denied["error"] == (
        "SSM parameter /aoma-mesh/dev/mail-key could not be read: AccessDeniedException. "
        "Check that it exists and the function's role may read it."
    )


PASSWORD = "correct-horse-battery"
TOKEN = "ghp_" + "0123456789abcdef" * 2 + "0123"
WRONG: dict[str, Any] = {
    "invoke_mode": "RESPONSE_STREAM",
    "streaming_runtime": "web_adapter",
    "environment_variables": {
        "NOTES-TABLE": "notes",
        "AWS_REGION": "us-east-1",
        "MESH_AUTH": "none",
        "AWS_LWA_PORT": "9000",
        "NOTHING": None,
        "WEATHER_API_KEY": PASSWORD,
        "DATABASE": f"postgresql://mesh:{PASSWORD}@db.example.com/mesh",
    },
    "not_secrets": ["PAGE_TOKEN"],
    "secrets": ["WEATHER-API-KEY", PASSWORD, TOKEN, "MAIL_TOKEN"],
    "policy_statements": [
        {"sid": "Read notes", "actions": ["*"], "resources": ["*"]},
        {"effect": "allow", "actions": ["GetItem", "*:Get*"], "resources": ["notes"]},
        {"actions": ["iam:*"], "resources": []},
        {
            "actions": ["dynamodb:GetItem"],
            "resources": ["arn:aws:dynamodb"],
            "conditions": [
                {"test": "StringEquals", "variable": "aws:PrincipalTag/Team", "values": ["mesh"]},
                {"test": "StringEquals", "variable": "aws:PrincipalTag/Team", "values": []},
            ],
        },
    ],
    "layers": [
        *(f"arn:aws:lambda:us-east-1:000000000000:layer:fonts:{number}" for number in range(3)),
        "arn:aws:lambda:eu-central-1:000000000000:layer:maps:1",
        "arn:aws:lambda:us-east-1:000000000000:layer:icons",
    ],
}
# What is wrong and what to do, each beginning on a line of its own.
REASONS = [
    'environment_variables has ["NOTES-TABLE"]. Lambda takes names of at least two',
    'environment_variables has ["AWS_REGION"]. Lambda sets these itself',
    'environment_variables has ["MESH_AUTH"]. Names that start with MESH_ belong to Mesh',
    'environment_variables has ["AWS_LWA_PORT"]. With invoke_mode RESPONSE_STREAM, these start',
    'environment_variables has no value for ["NOTHING"]',
    'environment_variables has ["WEATHER_API_KEY"], which by name are secrets.',
    "the value of DATABASE looks like an address with a password. The console, the state and",
    'not_secrets has ["PAGE_TOKEN"], and environment_variables has no such name',
    "secrets has 2 of 4 that are no names.",
    "secrets has what looks like a token of GitHub.",
    'policy_statements has the sids ["Read notes"].',
    'policy_statements has the effects ["Allow","allow"]; use Allow or Deny.',
    "policy_statements has a statement without actions or without resources: ",
    'policy_statements has the actions ["*","GetItem","*:Get*"]. An action names one service',
    "policy_statements has iam:*, with which",
    'policy_statements has the resources ["notes","arn:aws:dynamodb"]. Give ARNs',
    "policy_statements has the conditions [",
    "policy_statements has a statement with two conditions of the same test and variable.",
    "layers is [",
    "layers has 5, and streaming needs 1; Lambda takes at most 5 in all",
]


def test_what_cannot_be_is_refused_by_name_and_no_secret_is_shown(root: Cli) -> None:
    values = {
        f"TF_VAR_{name}": value if isinstance(value, str) else json.dumps(value)
        for name, value in WRONG.items()
    }

    done = subprocess.run(
        ["terraform", "plan", "-no-color", f"-state={root.state}"],
        cwd=root.folder,
        env=os.environ | values,
        capture_output=True,
        text=True,
        check=False,
    )

    said = " ".join(re.sub(r"[│╷╵]", " ", done.stderr).split())
    assert done.returncode == 1
    assert [reason for reason in REASONS if reason not in said] == []
    for way in ("mesh secrets set NAME", 'mesh.secret("NAME")', "not_secrets"):
        assert way in said
    assert PASSWORD not in done.stdout + done.stderr
    assert TOKEN not in done.stdout + done.stderr


def block(file: str, kind: str, name: str) -> str:
    """The body of a variable of a root."""
    text = (ROOT / "terraform" / file).read_text()
    (found,) = re.findall(rf'^{kind} "{name}" {{\n(.*?)^}}', text, re.DOTALL | re.MULTILINE)
    return str(found)


def test_bootstrap_takes_statements_by_the_same_rules() -> None:
    validations = re.compile(r"^  validation {\n.*?^  }", re.DOTALL | re.MULTILINE)
    root = validations.findall(block("server_variables.tf", "variable", "policy_statements"))
    bootstrap = validations.findall(
        block("bootstrap/variables.tf", "variable", "policy_statements")
    )

    assert len(root) >= 5
    assert bootstrap[:-1] == root
    assert "environments" in bootstrap[-1]


def test_the_root_and_the_plan_guard_know_the_same_credentials() -> None:
    """The rules stand twice: in terraform/server.tf, and in mesh/settings/secret_forms.py."""
    text = (ROOT / "terraform" / "server.tf").read_text()
    forms = re.search(r"^  secret_forms = {\n(.*?)^  }", text, re.DOTALL | re.MULTILINE)
    assert forms is not None
    rules = dict(re.findall(r'^  (secret_name|reference_value) += (".*")$', text, re.MULTILINE))

    found = {
        json.loads(what): json.loads(pattern)
        for what, pattern in re.findall(r'^ +(".*?") += (".*")$', forms[1], re.MULTILINE)
    }

    assert found == {what: pattern.pattern for what, pattern in FORMS.items()}
    assert json.loads(rules["secret_name"]) == NAMES.pattern
    assert json.loads(rules["reference_value"]) == REFERENCE.pattern


# What deployments of AOMA Mesh have had since before its settings were those of any server: where
# Terraform keeps each resource, and the name by which AWS does. Another of either would make it
# again, and with it the address or the secrets.
AOMA_HAS = {
    "module.candidate_url.aws_lambda_function_url.this": ("qualifier", "candidate"),
    "module.lambda.aws_cloudwatch_log_group.this": ("name", "/aws/lambda/aoma-mesh-dev"),
    "module.lambda.aws_iam_role.this": ("name", NAME),
    "module.lambda.aws_iam_role_policy.this": ("name", "parameters-and-log"),
    "module.lambda.aws_lambda_alias.candidate": ("name", "candidate"),
    "module.lambda.aws_lambda_alias.live": ("name", "live"),
    "module.lambda.aws_lambda_function.this": ("function_name", NAME),
    "module.lambda.aws_ssm_parameter.live_version": ("name", "/aoma-mesh/dev/live-version"),
    "module.live_url.aws_cloudformation_stack.public_access[0]": (
        "name",
        "aoma-mesh-dev-live-public-access",
    ),
    "module.live_url.aws_lambda_function_url.this": ("qualifier", "live"),
    **{
        f'module.parameters.aws_ssm_parameter.this["{key}"]': ("name", f"/aoma-mesh/dev/{key}")
        for key in ("api-keys", "openai-api-key", "state-key", "supabase-key", "supabase-token")
    },
}


def test_existing_deployments_of_aoma_mesh_keep_their_resources(root: Cli, tmp_path: Path) -> None:
    plan = root.planned(
        tmp_path / "plan",
        environment_variables={"AOMA_BACKEND": "supabase"},
        secrets=["OPENAI_API_KEY", "SUPABASE_KEY", "SUPABASE_TOKEN"],
        tools_ask_back=True,
    )

    made = {one["address"]: one["change"]["after"] for one in plan["resource_changes"]}
    found = {
        address: (argument, made.get(address, {}).get(argument))
        for address, (argument, _) in AOMA_HAS.items()
    }
    assert found == AOMA_HAS
