"""Runs git, untouched by the user's configuration."""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from aoma.corpus.report import CorpusError


@dataclass(frozen=True, slots=True)
class Bare:
    """A repository without a working tree: where it lies, and the index for its files."""

    folder: Path
    index: Path


def git(
    folder: Path, *arguments: str, given: bytes | None = None, bare: Bare | None = None
) -> bytes:
    """Output of a git command, untouched by the user's configuration where it matters.

    Args:
        folder: a folder of the working tree.
        arguments: the command.
        given: its standard input.
        bare: the repository, where `folder` itself does not say.

    Raises:
        CorpusError: git is not installed, or the command failed; with git's own words.
    """
    if not shutil.which("git"):
        raise CorpusError("git is not installed")
    # Inside a hook these variables name another repository than `folder`.
    variables = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    variables |= {"LC_ALL": "C", "GIT_OPTIONAL_LOCKS": "0", "GIT_NO_REPLACE_OBJECTS": "1"}
    for name in ("GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM", "GIT_CONFIG_NOSYSTEM"):
        # Where git's configuration lies (safe.directory) stays the user's choice.
        if name in os.environ:
            variables[name] = os.environ[name]
    if bare:
        variables |= {"GIT_DIR": str(bare.folder), "GIT_WORK_TREE": str(folder)}
        variables |= {"GIT_INDEX_FILE": str(bare.index), "GIT_LFS_SKIP_SMUDGE": "1"}
    done = subprocess.run(
        ("git", "-C", str(folder), "-c", "core.quotePath=false", *arguments),
        input=given,
        stdin=subprocess.DEVNULL if given is None else None,
        capture_output=True,
        env=variables,
        check=False,
    )
    if done.returncode != 0:
        words = done.stderr.decode(errors="replace").strip().splitlines()
        raise CorpusError(words[0] if words else f"git {arguments[0]} ended {done.returncode}")
    return done.stdout


def names(listing: bytes) -> list[str]:
    """File names of a NUL-separated listing. Bytes that are not UTF-8 survive (PEP 383)."""
    return [os.fsdecode(name) for name in listing.split(b"\0") if name]
