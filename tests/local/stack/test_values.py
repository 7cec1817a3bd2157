"""Values that the build needs before Terraform plans: read by Terraform, and no secrets."""

from __future__ import annotations

from pathlib import Path

import pytest

from mesh.failure import CommandFailedError
from mesh.stack.stack import Stack
from mesh.stack.values import environment_variables

KEY = "sk-" + "a1B2" * 8


def read(folder: Path, text: str) -> dict[str, str]:
    (folder / "local.tfvars").write_text(text)
    return environment_variables(Stack(folder), "local")


def test_values_are_those_that_terraform_reads(tmp_path: Path) -> None:
    text = 'environment_variables = { A = "${1 + 1}", TOKEN_URL = "https://id.example.com" }\n'
    assert read(tmp_path, text) == {"A": "2", "TOKEN_URL": "https://id.example.com"}


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("ANYTHING", KEY, "the value of ANYTHING looks like an OpenAI key"),
        ("MAIL_PASSWORD", "correct horse", "MAIL_PASSWORD is called like one"),
    ],
)
def test_a_secret_is_named_and_not_shown(tmp_path: Path, name: str, value: str, said: str) -> None:
    with pytest.raises(CommandFailedError, match=said) as failed:
        read(tmp_path, f'environment_variables = {{ {name} = "{value}" }}\n')
    assert f"mesh secrets set {name}" in str(failed.value)
    assert value not in str(failed.value)


def test_what_is_excused_passes(tmp_path: Path) -> None:
    text = 'environment_variables = { PAGE_TOKEN = "x" }\nnot_secrets = ["PAGE_TOKEN"]\n'
    assert read(tmp_path, text) == {"PAGE_TOKEN": "x"}
