"""A lock that the author keeps is read, or refused in a sentence."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from mesh.build import BuildError
from mesh.build.bundle.dependencies import MESH_LOCK
from mesh.packages import is_installed, kept


def test_meshs_own_lock_will_do_and_is_installed_here() -> None:
    assert kept(MESH_LOCK) == MESH_LOCK
    assert is_installed(MESH_LOCK)


def test_a_version_that_is_not_here_is_not_installed(tmp_path: Path) -> None:
    lock = tmp_path / "server.lock"
    lock.write_text("fastmcp==0.1\n")
    assert not is_installed(lock)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "is not a file"),
        (b"\xff\xfe", "is no lock: 'utf-8' codec"),
        (b"this is no requirement\n", "is no lock: "),
        (b"click==8.1.0\n", "lacks .*, which Mesh needs"),
        (
            re.sub(rb"\nfastmcp==\S+", b"\nfastmcp==3.4.11", MESH_LOCK.read_bytes()),
            "lacks fastmcp<4.3,>=4.0, which Mesh needs",
        ),
    ],
)
def test_what_is_no_lock_is_refused(tmp_path: Path, content: bytes | None, said: str) -> None:
    lock = tmp_path / "server.lock"
    if content is not None:
        lock.write_bytes(content)
    with pytest.raises(BuildError, match=said):
        kept(lock)
