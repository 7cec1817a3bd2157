"""What the tests' servers know: an index over a small repository, documents, code and tickets."""

from __future__ import annotations

import subprocess
from pathlib import Path

from aoma.corpus import write_index
from tests.knowledge.jira_samples import csv_text, row, saved


def git(folder: Path, *arguments: str) -> None:
    subprocess.run(
        ["git", "-c", "user.name=Ada Byron", "-c", "user.email=ada@example.com", *arguments],
        cwd=folder,
        check=True,
        capture_output=True,
        env={
            "PATH": "/usr/bin:/bin:/usr/local/bin",
            "GIT_AUTHOR_DATE": "2026-01-31T10:00:00Z",
            "GIT_COMMITTER_DATE": "2026-01-31T10:00:00Z",
        },
    )


def write_sample_index(folder: Path) -> Path:
    """Write an index over two documents, a code file, one commit, and two tickets.

    Args:
        folder: An empty folder, for the index and what it is made from.
    """
    repository = folder / "corpus" / "vault"
    (repository / "docs").mkdir(parents=True)
    (repository / "docs" / "ingest.md").write_text(
        "# Ingest\n\n## Checksums\n\nEvery master file gets a BLAKE3 checksum when it is ingested; "
        "a mismatch quarantines the asset.\n\n## Retention\n\nProxies are kept for ninety days.\n"
    )
    (repository / "docs" / "rights.md").write_text(
        "# Rights windows\n\nA rights window closes at midnight UTC in the territory's last zone.\n"
    )
    (repository / "ingest.py").write_text(
        "def verifyChecksum(asset):\n    '''Compare the BLAKE3 digest.'''\n    return asset\n"
    )
    git(repository, "init", "-q", "-b", "main")
    git(repository, "add", "-A")
    git(repository, "commit", "-q", "-m", "Quarantine assets whose checksum does not match")
    target = folder / "knowledge.sqlite3"
    rows = [
        row("AOMA-1", summary="Checksum mismatch on re-ingest", description="It is quarantined."),
        row("AOMA-2", summary="Proxy without sound", status="Done", priority="Low"),
    ]
    export = saved(target.with_name("export.csv"), csv_text(rows))
    write_index(
        target, documents=[repository / "docs"], repositories=[repository], exports=[export]
    )
    return target
