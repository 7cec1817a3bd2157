"""Which commit a zip was built from."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Provenance:
    """What git says about the tree.

    Attributes:
        commit: 40 hexadecimal digits; None without git, a repository or a first commit.
        dirty: The project's folder differs from that commit: a tracked file was changed, or a
            file is there that git neither tracks nor ignores. False when `commit` is None.
        unknown_because: Why there is no commit; empty when there is one.
    """

    commit: str | None
    dirty: bool
    unknown_because: str = ""


def git(root: Path, *arguments: str) -> str:
    """What a git command prints.

    Raises:
        OSError: git is not there.
        subprocess.CalledProcessError: it failed.
    """
    # Inside a git hook these name the repository of the hook, not that of `root`.
    repository = {"GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX"}
    variables = {name: value for name, value in os.environ.items() if name not in repository}
    # Looking must not lock out a git command that runs at the same time.
    variables |= {"GIT_OPTIONAL_LOCKS": "0", "LC_ALL": "C"}
    command = ("git", "-C", str(root), *arguments)
    done = subprocess.run(
        command, env=variables, capture_output=True, check=True, text=True, errors="replace"
    )
    return done.stdout.strip()


def provenance(root: Path, witness: str) -> Provenance:
    """The commit that `root` is checked out from.

    Args:
        root: The project's folder.
        witness: A file of it that is in each of its commits.
    """
    try:
        # A copy of the project inside somebody's own repository is not in its commits.
        git(root, "ls-files", "--error-unmatch", "--", witness)
        commit = git(root, "rev-parse", "--verify", "HEAD")
        changes = git(root, "status", "--porcelain", "--untracked-files=normal", "--", ".")
    except OSError:
        return Provenance(None, dirty=False, unknown_because="git is not installed")
    except subprocess.CalledProcessError as error:
        lines = str(error.stderr).strip().splitlines()
        reason = lines[0].removeprefix("fatal: ") if lines else "git failed"
        # What a new project meets is said in plain words, not in git's.
        if "not a git repository" in reason:
            reason = "the folder is not in a git repository"
        elif "did not match any file" in reason:
            reason = f"git has no {witness} yet; commit it"
        return Provenance(None, dirty=False, unknown_because=reason)
    return Provenance(commit, dirty=bool(changes))
