"""Which deployment a command means, and what it says when there is none."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from mesh.build.environment import ROOT
from mesh.credentials import deployed_parameters
from mesh.failure import CommandFailedError
from mesh.stack.stack import Stack


def test_without_a_stack_and_an_initialised_root_it_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    ignored = shutil.ignore_patterns(".terraform", "*.tfstate*", "tests", "bootstrap")
    shutil.copytree(ROOT / "terraform", tmp_path / "terraform", ignore=ignored)
    monkeypatch.setattr(deployed_parameters, "current_stack", lambda: Stack(tmp_path))
    with pytest.raises(CommandFailedError) as caught:
        deployed_parameters.find("api_keys_parameter", None, remedy="Name the parameter.")
    assert str(caught.value) == (
        "no stack runs on this machine, and terraform/ does not help: it is not initialised\n"
        "  Name the parameter."
    )
