"""The file of values that `mesh bootstrap` writes for an environment that has none."""

from __future__ import annotations

from pathlib import Path

import pytest

from mesh.stack.environments import settings_file
from mesh.stack.lookup import stack_in


@pytest.mark.parametrize(
    ("subscriber", "line"),
    [
        ("ops@example.com", 'alarm_email = "ops@example.com"'),
        (
            "arn:aws:sns:us-east-1:123456789012:on-call",
            'alarm_topic_arn = "arn:aws:sns:us-east-1:123456789012:on-call"',
        ),
    ],
)
def test_its_alarms_tell_whoever_bootstrap_was_told_of(
    tmp_path: Path, subscriber: str, line: str
) -> None:
    written = settings_file(stack_in(tmp_path), "staging", "weather", "boundary", subscriber)

    assert written is not None
    assert line in written.read_text().splitlines()
