"""`mesh up` refuses a person's value that the services beside the server would replace."""

from __future__ import annotations

from pathlib import Path

import pytest

from mesh.failure import CommandFailedError
from mesh.settings.variables import refuse_replaced

SERVICES = {"environment_variables": {"AOMA_BACKEND": "supabase"}, "secrets": ["SUPABASE_KEY"]}


def test_a_variable_in_the_values_file_is_named_with_the_file(tmp_path: Path) -> None:
    file = tmp_path / "local.tfvars"
    file.write_text('timeout_seconds = 5\nsecrets = ["MAIL_KEY"]\n')

    with pytest.raises(CommandFailedError, match=r"^secrets in .*local\.tfvars is set"):
        refuse_replaced(SERVICES, {}, file)


def test_a_variable_in_the_shell_is_named(tmp_path: Path) -> None:
    shell = {"TF_VAR_environment_variables": "{}"}

    with pytest.raises(CommandFailedError, match=r"^TF_VAR_environment_variables is set"):
        refuse_replaced(SERVICES, shell, tmp_path / "local.tfvars")


def test_other_values_pass(tmp_path: Path) -> None:
    file = tmp_path / "local.tfvars"
    file.write_text('# secrets = ["MAIL_KEY"]\ntimeout_seconds = 5\n')

    refuse_replaced(SERVICES, {"TF_VAR_memory_mb": "512"}, file)
    refuse_replaced({}, {"TF_VAR_secrets": "[]"}, file)
