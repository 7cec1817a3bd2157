"""What no version keeps is shown, live is watched while it changes, and it is put back."""

from __future__ import annotations

import dataclasses
import io

import pytest

from mesh.deploy.release.rollout import Options, release
from mesh.deploy.release.trial import NotReleasedError
from mesh.progress import Steps
from tests.acceptance.deploy.conftest import BROKEN

FUNCTION = "module.lambda.aws_lambda_function.this"
DENY_LOG = [
    {"effect": "Deny", "actions": ["logs:PutLogEvents"], "resources": ["*"], "sid": "NoLog"}
]


def test_no_concurrency_hurts_live_during_the_apply_and_is_put_back(deployed):
    deployed.write(BROKEN)
    with pytest.raises(NotReleasedError) as refused:
        deployed.given(FUNCTION, reserved_concurrency=0).release()

    said = str(refused.value)
    assert "live answered before the apply, and does not any more" in said
    assert "HTTP 429" in said
    assert f"{FUNCTION}: reserved_concurrent_executions from -1 to 0" in said
    assert f"Restored as it was: {FUNCTION}." in said
    assert "Live is still version 1, and answers." in said
    assert deployed.answers() == 200
    concurrency = deployed.client("lambda").get_function_concurrency(FunctionName=deployed.function)
    assert "ReservedConcurrentExecutions" not in concurrency


def test_settings_are_shown_and_put_back_when_the_candidate_fails(deployed):
    deployed = deployed.given(policy_statements=DENY_LOG)
    deployed.write(BROKEN)
    shown = io.StringIO()
    with pytest.raises(NotReleasedError) as refused:
        release(deployed.target, Options(deadline_seconds=30), Steps(6, shown))

    policy = "module.lambda.aws_iam_role_policy.statements[0]"
    assert f"for live at once, {policy}: created" in " ".join(shown.getvalue().split())
    said = str(refused.value)
    assert "version 2 does not pass the smoke test" in said
    assert f"Restored as it was: {policy}." in said
    assert said.splitlines()[-3] == "Live is still version 1, and answers."
    policies = deployed.client("iam").list_role_policies(RoleName=deployed.function)
    assert policies["PolicyNames"] == ["parameters-and-log"]
    # The state knows it: the next plan says what is still asked for.
    assert policy in deployed.changes("-var=live_version=1", "-refresh=false")


def test_live_is_asked_before_it_is_called_untouched(deployed):
    deployed.write(BROKEN)
    functions = deployed.client("lambda")

    def turned_off(_: object) -> None:
        functions.put_function_concurrency(
            FunctionName=deployed.function, ReservedConcurrentExecutions=0
        )

    # Somebody turns the server off while the candidate is tried.
    target = dataclasses.replace(deployed.target, sign=turned_off)
    with pytest.raises(NotReleasedError) as refused:
        release(target, Options(deadline_seconds=30), Steps(6, io.StringIO()))
    assert "Live is still version 1, and does not answer as it should: HTTP 429" in str(
        refused.value
    )
