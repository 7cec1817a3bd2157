"""What the Terraform files may not do."""

from __future__ import annotations

import re

from mesh.build.environment import ROOT

# Terraform evaluates these again when it applies, in the folder that it is then run in.
READS_A_FILE = re.compile(r"\b(file|filebase64|fileset|templatefile)\(|\bpath\.(module|cwd)\b")


def test_no_saved_plan_depends_on_the_folder_where_it_was_made() -> None:
    files = [
        file
        for pattern in ("*.tf", "*.tf.json")
        for file in (ROOT / "terraform").rglob(pattern)
        if ".terraform" not in file.parts
    ]

    assert files
    assert [str(file) for file in files if READS_A_FILE.search(file.read_text("utf-8"))] == []
