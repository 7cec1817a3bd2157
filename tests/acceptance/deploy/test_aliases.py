"""Releases and rollbacks ask AWS what is live; where the state disagrees, somebody chooses."""

from __future__ import annotations

import io

import pytest

from mesh.cli.deployment.release import hold_only
from mesh.cli.deployment.rollback import print_versions
from mesh.deploy.release.rollback import BACK_STEPS, choose, known, roll_back
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
