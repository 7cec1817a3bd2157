"""What `mesh doctor` says: one screen, and what it could not ask with the reason."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError, NoCredentialsError

from mesh.doctor.report import Answer, Report, State, asked

WELL = Answer("address", State.OK, ("https://x.example.com/ answers 200 in 41 ms",))
WRONG = Answer("limits", State.WRONG, ("word " * 30, "a second line"))


def denied(operation: str, message: str) -> Answer:
    def ask() -> Answer:
        raise ClientError({"Error": {"Code": "AccessDenied", "Message": message}}, operation)

    return asked(operation, ask)


def test_a_missing_right_is_named() -> None:
    message = "User: arn:aws:iam::1:user/ada is not authorized to perform: lambda:GetPolicy on x"
    found = denied("GetPolicy", message)

    assert found.state is State.UNKNOWN
    assert found.told == ("not asked, for want of the right lambda:GetPolicy",)
    # Some services do not name it.
    assert denied("GetObject", "Access Denied").told == (
        "not asked, for want of the right GetObject",
    )


def test_any_other_failure_of_aws_is_said_in_its_words() -> None:
    def ask() -> Answer:
        raise NoCredentialsError

    assert asked("alarms", ask).told == ("Unable to locate credentials",)


@pytest.mark.parametrize(
    ("answers", "status"),
    [
        ((WELL,), 0),
        ((WELL, denied("GetPolicy", "")), 1),
        ((WELL, WRONG, denied("GetPolicy", "")), 2),
    ],
)
def test_the_exit_status_says_wrong_before_unknown(
    answers: tuple[Answer, ...], status: int
) -> None:
    assert Report("https://x.example.com/", answers).exit_status == status


def test_lines_fit_80_columns_and_one_reason_is_said_once() -> None:
    unknown = [Answer(name, State.UNKNOWN, ("not asked: why",)) for name in ("errors", "drift")]
    lines = Report("https://x.example.com/", (WELL, WRONG, *unknown)).lines()

    assert lines[0] == "ok address       https://x.example.com/ answers 200 in 41 ms"
    assert lines[1].startswith("!! limits        word word")
    assert lines[-2] == "                 a second line"
    assert lines[-1] == "?  errors, drift: not asked: why"
    assert max(map(len, lines)) <= 80
