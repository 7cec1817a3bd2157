"""What somebody names is refused before the build reads it, where it cannot fit."""

from __future__ import annotations

from pathlib import Path

import pytest

from aoma.bundled_knowledge import Knowledge, add, check
from mesh.build import limits
from mesh.build.failure import BuildError


def test_documents_that_lambda_cannot_unpack_are_refused_before_they_are_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "handbook.md").write_text("# Handbook\n\n" + "Text of a handbook. " * 100)
    named = Knowledge(documents=(tmp_path,))
    check(named)
    monkeypatch.setattr(limits, "UNZIPPED_BYTES", 1000)
    with pytest.raises(BuildError, match="of text, and Lambda unpacks at most"):
        check(named)


def test_index_that_lambda_cannot_unpack_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "handbook.md").write_text("# Handbook\n\nText of a handbook.\n")
    named = Knowledge(documents=(tmp_path / "handbook.md",))
    monkeypatch.setattr(limits, "UNZIPPED_BYTES", 10_000)
    (tmp_path / "zip").mkdir()
    with pytest.raises(BuildError, match="The knowledge index has"):
        add(tmp_path / "zip", named, named)
