"""Checkov finds nothing in the roots that is not explained where it is."""

from __future__ import annotations

import json
import re
import subprocess

import pytest

from mesh.build.environment import ROOT
from tests.fixtures.separate_environment import CHECKOV

SKIP = re.compile(r"#checkov:skip=(?P<check>\w+)(?::(?P<reason>.*))?$", re.MULTILINE)
ENOUGH = 30  # characters of a reason that says something


@pytest.fixture(scope="module")
def summary() -> dict[str, int]:
    """What it counts over terraform/, bootstrap and all modules; it fails by what it finds."""
    CHECKOV.install()
    done = subprocess.run(
        [
            *(CHECKOV.python, "-m", "checkov.main", "--directory", str(ROOT / "terraform")),
            # Its pages of advice are fetched from a service: not needed, and not asked.
            *("--framework", "terraform", "--compact", "--skip-download", "--output", "json"),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout, done.stderr
    read = json.loads(done.stdout)
    found = [
        f"{failed['check_id']} {failed['resource']}: {failed['check_name']}"
        for failed in read["results"]["failed_checks"]
    ]
    assert found == []
    assert done.returncode == 0, done.stderr
    counted: dict[str, int] = read["summary"]
    # A module that two roots call counts once for each.
    places = {
        (one["check_id"], one["file_path"], *one["file_line_range"])
        for one in read["results"]["skipped_checks"]
    }
    return counted | {"skipped": len(places)}


def test_checkov_has_nothing_to_object(summary: dict[str, int]) -> None:
    assert summary["failed"] == 0
    assert summary["parsing_errors"] == 0
    assert summary["passed"] >= 50


def test_every_skip_says_why_and_skips_something(summary: dict[str, int]) -> None:
    said = [
        match
        for file in (ROOT / "terraform").rglob("*.tf")
        if ".terraform" not in file.parts
        for match in SKIP.finditer(file.read_text())
    ]

    assert said
    assert [skip["check"] for skip in said if len(skip["reason"] or "") < ENOUGH] == []
    assert summary["skipped"] == len(said)
