"""What is proposed for a service: names of secrets, rights, sizes, and what stays out."""

from __future__ import annotations

from typing import Any

import pytest

from mesh.migration import proposal
from mesh.migration.inventory import secret_references
from mesh.migration.inventory.figures import Figures
from mesh.migration.inventory.old_service import OldService
from mesh.migration.inventory.secret_references import Reference
from mesh.migration.report import hcl

MANAGER = "arn:aws:secretsmanager:us-east-1:123456789012:secret:app/db-AbCdEf"


def service(
    name: str = "server",
    *,
    statements: list[dict[str, Any]] | None = None,
    network: dict[str, Any] | None = None,
    **container: Any,
) -> OldService:
    """A service with one container."""
    task = {
        "cpu": "512",
        "memory": "1024",
        "containerDefinitions": [{"name": "server", **container}],
    }
    asked = {
        "taskDefinition": "arn",
        "networkConfiguration": {"awsvpcConfiguration": network or {}},
    }
    policies = {"tools": statements or []}
    return OldService("tools", name, "us-east-1", asked, task, "server", role_statements=policies)


def proposed(old: OldService, figures: Figures | None = None) -> proposal.Proposal:
    return proposal.propose(old, figures or Figures(), "production")


@pytest.mark.parametrize(
    ("value_from", "reference"),
    [
        ("db-password", Reference("X", "SSM", "db-password")),
        ("/app/db", Reference("X", "SSM", "/app/db")),
        (
            "arn:aws:ssm:us-east-1:123456789012:parameter/app/db",
            Reference("X", "SSM", "arn:aws:ssm:us-east-1:123456789012:parameter/app/db"),
        ),
        (MANAGER, Reference("X", "Secrets Manager", MANAGER)),
        (f"{MANAGER}:password::", Reference("X", "Secrets Manager", MANAGER, "password")),
        (f"{MANAGER}::AWSPREVIOUS:", Reference("X", "Secrets Manager", MANAGER, "", "AWSPREVIOUS")),
        (
            f"{MANAGER}:password::v-1",
            Reference("X", "Secrets Manager", MANAGER, "password", "", "v-1"),
        ),
        (
            "arn:aws-cn:secretsmanager:cn-north-1:123456789012:secret:a-AbCdEf:k:AWSCURRENT:",
            Reference(
                "X",
                "Secrets Manager",
                "arn:aws-cn:secretsmanager:cn-north-1:123456789012:secret:a-AbCdEf",
                "k",
                "AWSCURRENT",
            ),
        ),
    ],
)
def test_every_form_of_a_reference_is_read(value_from: str, reference: Reference) -> None:
    assert secret_references.parse("X", value_from) == reference


def test_a_secret_in_clear_is_found_by_its_name_or_its_form() -> None:
    old = service(
        environment=[
            {"name": "DB_PASSWORD", "value": "x"},
            {"name": "LINK", "value": "postgres://me:pass@db/x"},
            {"name": "TOKEN", "value": "/where/the/token/is"},
        ]
    )

    found = proposed(old)

    assert [one.name for one in found.secrets] == ["DB_PASSWORD", "LINK"]
    assert found.variables["environment_variables"] == {"TOKEN": "/where/the/token/is"}


@pytest.mark.parametrize(
    "statement",
    [
        {"Effect": "Allow", "Action": "*", "Resource": "*"},
        {"Effect": "Allow", "Action": "iam:*", "Resource": "*"},
        {"Effect": "Allow", "NotAction": "s3:*", "Resource": "*"},
        {"Effect": "Allow", "Action": "s3:*", "NotResource": "arn:aws:s3:::x"},
        {"Effect": "Allow", "Action": []},
    ],
)
def test_a_statement_that_terraform_refuses_is_left_out_with_its_policy(
    statement: dict[str, Any],
) -> None:
    found = proposed(service(statements=[statement]))

    assert "policy_statements" not in found.variables
    assert "a statement of the policy tools" in found.left_out[0]


def test_a_deny_and_conditions_are_kept() -> None:
    statement = {
        "Effect": "Deny",
        "Action": ["s3:GetObject"],
        "Resource": "arn:aws:s3:::x/*",
        "Condition": {"Bool": {"aws:SecureTransport": False}},
    }

    assert proposed(service(statements=[statement])).variables["policy_statements"] == [
        {
            "actions": ["s3:GetObject"],
            "resources": ["arn:aws:s3:::x/*"],
            "effect": "Deny",
            "conditions": [
                {"test": "Bool", "variable": "aws:SecureTransport", "values": ["false"]}
            ],
        }
    ]


def test_private_tasks_keep_their_network_and_public_ones_need_none() -> None:
    private = {"assignPublicIp": "DISABLED", "subnets": ["subnet-1"], "securityGroups": ["sg-1"]}

    kept = proposed(service(network=private)).variables
    assert (kept["vpc_subnet_ids"], kept["vpc_security_group_ids"]) == (["subnet-1"], ["sg-1"])
    public = proposed(service(network=private | {"assignPublicIp": "ENABLED"})).variables
    assert "vpc_subnet_ids" not in public


@pytest.mark.parametrize(
    ("figures", "memory_mb", "timeout"),
    [
        (Figures(), 512, 30),
        (Figures(memory_share=0.1, longest_seconds=3), 512, 30),
        (Figures(memory_share=0.9, longest_seconds=70.2), 1408, 141),
        (Figures(memory_share=1.0, longest_seconds=899), 1536, 900),
    ],
)
def test_sizes_have_a_reserve_and_limits(figures: Figures, memory_mb: int, timeout: int) -> None:
    found = proposed(service(), figures).variables

    assert (found["memory_mb"], found["timeout_seconds"]) == (memory_mb, timeout)


@pytest.mark.parametrize(
    ("name", "server"),
    [
        ("mcp-server", "mcp-server"),
        ("My_Service.v2", "my-service-v2"),
        ("aws-tools", "server-aws-tools"),
        ("7th", "server-7th"),
        ("x" * 60, "x" * 40),
    ],
)
def test_a_server_gets_a_name_that_mesh_takes(name: str, server: str) -> None:
    assert proposed(service(name)).name == server


def test_text_that_terraform_would_evaluate_stays_text() -> None:
    assert hcl({"A": '${x} %{if} "q"\n'}) == '{\n  A = "$${x} %%{if} \\"q\\"\\n"\n}'


def test_what_mesh_set_on_fargate_is_understood_and_not_set_again() -> None:
    old = service(
        environment=[
            {"name": "MESH_SECRETS", "value": '{"WEATHER_KEY": "/weather/dev/weather-key"}'},
            {"name": "MESH_API_KEYS_PARAMETER", "value": "/weather/dev/api-keys"},
            {"name": "MESH_LOG_LEVEL", "value": "INFO"},
            {"name": "PLACE", "value": "Aarau"},
        ]
    )

    found = proposed(old)

    assert found.secrets == [Reference("WEATHER_KEY", "SSM", "/weather/dev/weather-key")]
    assert found.variables["environment_variables"] == {"PLACE": "Aarau"}
    assert secret_references.api_keys_parameter(old.main) == "/weather/dev/api-keys"
    assert "MESH_LOG_LEVEL: Mesh sets it" in " ".join(found.left_out)
