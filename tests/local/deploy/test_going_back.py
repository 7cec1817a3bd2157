"""Which version was live before: what was taken back does not count."""

from __future__ import annotations

from pathlib import Path

import pytest

from mesh.deploy.release.rollback import Known, choose
from mesh.deploy.release.root import Pins, Root
from mesh.deploy.release.target import Target
from mesh.deploy.release.versions import Aws, Live, Version, before
from mesh.failure import CommandFailedError
from mesh.smoke.credential import ApiKey
from mesh.stack import local_aws_client

TARGET = Target(
    root=Root(Path(), {}, (), Path("log")),
    where="nowhere",
    client=lambda _: None,
    sign=lambda _: ApiKey("unused"),
    key=None,
)


def lived(*versions: str) -> list[Live]:
    return [Live(version, f"2026-11-22T10:{n:02}:00Z") for n, version in enumerate(versions)]


@pytest.mark.parametrize(
    ("history", "live", "expected"),
    [
        ((), "1", None),
        (("1",), "1", None),
        (("1", "2"), "2", "1"),
        (("1", "2", "4"), "4", "2"),
        (("1", "2", "1"), "1", None),
        (("1", "2", "3", "2"), "2", "1"),
        (("1", "2", "3", "2", "5"), "5", "2"),
        (("1", "2", "1", "2"), "2", "1"),
        # Moved by hand since the last apply.
        (("1", "2"), "3", "2"),
    ],
)
def test_the_one_before_is_what_was_live_and_not_taken_back(history, live, expected):
    assert before(lived(*history), live) == expected


def test_a_move_that_an_sdk_sent_twice_is_one(aws):
    parameters = local_aws_client.ssm(aws.environment)
    for version in ("1", "2", "2", "1"):
        parameters.put_parameter(Name="/live", Type="String", Value=version, Overwrite=True)
    functions = local_aws_client.client("lambda", aws.environment)
    assert [move.version for move in Aws(functions, parameters).history("/live")] == ["1", "2", "1"]


def deployed(*, before: str | None) -> Known:
    versions = tuple(Version(number, "2026-11-22T10:00:00Z", "c2hh") for number in ("1", "2", "3"))
    return Known("2", "3", before, versions, (), recorded="2")


def test_a_version_that_does_not_exist_is_refused_with_those_that_do():
    with pytest.raises(CommandFailedError, match=r"no version 9\. There are 1, 2, 3"):
        choose(TARGET, deployed(before="1"), "9")


def test_nothing_before_is_said_and_not_guessed():
    with pytest.raises(CommandFailedError, match="no version is known to have been live before 2"):
        choose(TARGET, deployed(before=None), None)
    assert choose(TARGET, deployed(before="1"), None) == "1"
    assert choose(TARGET, deployed(before=None), "3") == "3"


@pytest.mark.parametrize("argument", ["-var=live_version=3", "-var=canary_weight=0.5"])
def test_arguments_that_would_decide_the_release_are_refused(tmp_path, argument):
    with pytest.raises(CommandFailedError, match="set by this command itself"):
        Root(tmp_path, {}, (argument,), tmp_path / "log")


def test_pins_are_what_terraform_takes():
    assert Pins.at("7").arguments == ["-var=live_version=7", "-var=canary_weight=0"]
    assert Pins.at(None).arguments == ["-var=canary_weight=0"]
