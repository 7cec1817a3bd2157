"""Releases and rollbacks ask AWS what is live; where the state disagrees, somebody chooses."""

from __future__ import annotations

import io
from collections.abc import Callable

import pytest

from mesh.cli.deployment.release import hold_only
from mesh.cli.deployment.rollback import print_versions
from mesh.deploy.release.rollback import BACK_STEPS, choose, known, roll_back
from mesh.deploy.release.rollout import STEPS, Options, release
from mesh.failure import CommandFailedError
from mesh.progress import Steps
from tests.acceptance.deploy.conftest import Deployed


@pytest.mark.parametrize("chosen", ["1", "2"])
def test_an_alias_moved_by_hand_stops_a_release_until_somebody_chooses(
    deployed: Deployed, chosen: str, capsys, tmp_path
) -> None:
    deployed.write(note="second")
    assert deployed.release().version == "2"
    functions = deployed.client("lambda")
    functions.update_alias(FunctionName=deployed.function, Name="live", FunctionVersion="1")

    deployed.write(note="third")
    for attempt in (
        deployed.release,
        lambda: hold_only(deployed.target, tmp_path / "plan"),
        lambda: choose(deployed.target, known(deployed.target), None),
    ):
        with pytest.raises(CommandFailedError) as refused:
            attempt()
        said = str(refused.value)
        assert "the alias leads to version 1, and the state says version 2" in said
        assert "version 1 stays live:  mesh rollback 1" in said
        assert "version 2 is live again:  mesh rollback 2" in said
    assert deployed.live == "1"

    found = known(deployed.target)
    assert (found.live, found.recorded) == ("1", "2")
    print_versions(found)
    listed = capsys.readouterr().out
    assert "Terraform's state says that version 2 is live." in listed
    assert "<- live, the one before" not in listed

    wanted = choose(deployed.target, found, chosen)
    roll_back(deployed.target, wanted, Steps(BACK_STEPS, io.StringIO()), 30)
    assert deployed.live == chosen
    assert known(deployed.target).recorded == chosen
    assert deployed.release().before == chosen


class Meanwhile(io.StringIO):
    """The output of a command, in which somebody else does something when a step begins."""

    def __init__(self, title: str, act: Callable[[], object]) -> None:
        super().__init__()
        self.title = title
        self.act: Callable[[], object] | None = act

    def write(self, text: str) -> int:
        act = self.act
        if act is not None and self.title in text:
            self.act = None
            act()
        return super().write(text)


@pytest.mark.parametrize("step", ["plan, live held", "plan of the promotion", "smoke test of live"])
def test_a_rollback_during_a_release_is_not_undone(deployed: Deployed, step: str) -> None:
    deployed.write(note="second")
    assert deployed.release().version == "2"
    deployed.write(note="third")

    def back() -> None:
        roll_back(deployed.target, "1", Steps(BACK_STEPS, io.StringIO()), 30)

    with pytest.raises(CommandFailedError) as refused:
        release(deployed.target, Options(30), Steps(STEPS, Meanwhile(step, back)))
    said = str(refused.value)
    assert "somebody else" in said.lower()
    assert "Live is version 1, and answers." in said
    assert "-var live_version=2" not in said
    assert deployed.live == "1"
    assert known(deployed.target).recorded == "1"


def test_settings_that_another_release_applied_meanwhile_stay(deployed: Deployed) -> None:
    deployed.write(note="second")
    mine = deployed.given(reserved_concurrency=7)
    root = mine.target.root

    def other() -> None:
        root.run("apply", "-auto-approve", "-input=false", "-var=live_version=1", *root.arguments)

    with pytest.raises(CommandFailedError, match="Another release or a rollback was applied"):
        release(mine.target, Options(30), Steps(STEPS, Meanwhile("] apply ...", other)))
    found = deployed.client("lambda").get_function_concurrency(FunctionName=deployed.function)
    assert found["ReservedConcurrentExecutions"] == 7
    assert deployed.live == "1"


def test_a_rollback_changes_nothing_but_live(deployed: Deployed) -> None:
    deployed.write(note="second")
    assert deployed.release().version == "2"
    functions = deployed.client("lambda")
    # What is here and not deployed yet: another zip, other settings.
    deployed.write(note="third")
    changed = deployed.given(reserved_concurrency=7, log_retention_days=7)
    shown = io.StringIO()

    roll_back(changed.target, "1", Steps(BACK_STEPS, shown), 30)

    assert deployed.live == "1"
    assert deployed.answers() == 200
    found = known(deployed.target)
    assert [version.version for version in found.versions] == ["1", "2"]
    assert (found.recorded, found.candidate) == ("1", "2")
    concurrency = functions.get_function_concurrency(FunctionName=deployed.function)
    assert "ReservedConcurrentExecutions" not in concurrency
    said = " ".join(shown.getvalue().split())
    assert "left to the next release: " in said
    assert "module.lambda.aws_cloudwatch_log_group.this" in said


def test_an_alias_that_somebody_deleted_is_named_with_what_to_do(deployed: Deployed) -> None:
    deployed.client("lambda").delete_alias(FunctionName=deployed.function, Name="live")
    for attempt in (deployed.release, lambda: known(deployed.target)):
        with pytest.raises(CommandFailedError, match="AWS has no alias live of a function"):
            attempt()
    # As the runbook says: a plain apply makes another one.
    root = deployed.target.root
    root.run("apply", "-auto-approve", "-input=false", *root.arguments)
    assert deployed.answers() == 200


def test_a_saved_plan_that_hides_what_changed_by_hand_is_refused(
    deployed: Deployed, tmp_path
) -> None:
    functions = deployed.client("lambda")
    functions.update_function_configuration(FunctionName=deployed.function, MemorySize=256)
    deployed.write(note="second")
    root = deployed.target.root
    saved = tmp_path / "saved.tfplan"
    root.run("plan", *root.arguments, "-refresh=false", "-var=live_version=1", f"-out={saved}")

    with pytest.raises(CommandFailedError) as refused:
        deployed.release(saved=saved)
    assert "does not show all that would change now: module.lambda.aws_lambda_function" in str(
        refused.value
    )
    assert known(deployed.target).candidate == "1"
