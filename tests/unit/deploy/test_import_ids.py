"""What `mesh state recover` can take over."""

from __future__ import annotations

import re

from mesh.build.environment import ROOT
from mesh.deploy.state.import_ids import LOOKED_UP, PLAIN
from mesh.deploy.state.written import WRITTEN

# Some modules stand for themselves.
CALLED = re.compile(r'^  source = "\./(modules/\w+)"', re.MULTILINE)
RESOURCE = re.compile(r'^resource "(\w+)"', re.MULTILINE)


def test_every_kind_of_resource_is_recovered() -> None:
    root = ROOT / "terraform"
    own = [*root.glob("*.tf")]
    called = {name for file in own for name in CALLED.findall(file.read_text("utf-8"))}
    files = [*own, *(file for name in called for file in (root / name).glob("*.tf"))]

    kinds = {kind for file in files for kind in RESOURCE.findall(file.read_text("utf-8"))}

    assert kinds == PLAIN.keys() | LOOKED_UP.keys() | WRITTEN.keys()
