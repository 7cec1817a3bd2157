"""A git repository as the readers see it: its name, its files, and where it is on the web."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tomllib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from aoma.corpus.links import Web, web_of
from aoma.corpus.report import CorpusError

# GitHub's own marks for files that are not the project's writing:
# https://github.com/github-linguist/linguist/blob/main/docs/overrides.md
FOREIGN_MARKS = ("linguist-generated", "linguist-vendored")


def git(folder: Path, *arguments: str, given: bytes | None = None) -> bytes:
    """Output of a git command, untouched by the user's configuration where it matters.

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


@dataclass(frozen=True)
class Repository:
    """A working tree of git."""

    root: Path

    def _maybe(self, *arguments: str) -> str | None:
        """A command's output, or None where git says that there is none."""
        try:
            return git(self.root, *arguments).decode(errors="replace").strip() or None
        except CorpusError:
            return None

    @cached_property
    def head(self) -> str | None:
        """The commit checked out; None before the first commit."""
        return self._maybe("rev-parse", "--verify", "--quiet", "HEAD")

    @cached_property
    def origin(self) -> str | None:
        """Where it was cloned from, if anywhere."""
        return self._maybe("config", "--get", "remote.origin.url")

    @cached_property
    def web(self) -> Web | None:
        """Its address on the web, where others can open it."""
        return web_of(self.origin)

    @cached_property
    def name(self) -> str:
        """From its origin, else from its package file, else its folder's name.

        The same checkout gives the same name in every folder, if either of the first two
        is there: the index's bytes do not depend on where it was built.
        """
        origin = self.origin or ""
        if "://" in origin or ("@" in origin and ":" in origin):
            last = origin.rstrip("/").removesuffix(".git").rsplit("/", 1)[-1].rsplit(":", 1)[-1]
            if last:
                return last
        return _package_name(self.root) or self.root.name

    @cached_property
    def shallow_edge(self) -> frozenset[str]:
        """Commits whose parents a shallow clone left out; empty for a whole history."""
        place = self._maybe("rev-parse", "--git-path", "shallow")
        path = self.root / place if place else None
        return frozenset(path.read_text().split()) if path and path.is_file() else frozenset()

    @cached_property
    def committed(self) -> frozenset[str]:
        """Paths in the commit checked out: those that a link can show."""
        if not self.head:
            return frozenset()
        return frozenset(names(git(self.root, "ls-tree", "-r", "-z", "--name-only", "HEAD")))

    @cached_property
    def files(self) -> tuple[str, ...]:
        """Paths that git tracks, and untracked ones that it does not ignore; sorted."""
        listing = git(self.root, "ls-files", "-z", "--cached", "--others", "--exclude-standard")
        return tuple(sorted(set(names(listing))))

    @cached_property
    def foreign(self) -> frozenset[str]:
        """Those of `files` that .gitattributes marks as generated or vendored."""
        listing = b"".join(os.fsencode(path) + b"\0" for path in self.files)
        fields = names(git(self.root, "check-attr", "-z", "--stdin", *FOREIGN_MARKS, given=listing))
        return frozenset(
            path
            for path, value in zip(fields[::3], fields[2::3], strict=True)
            if value not in {"unspecified", "unset", "false"}
        )

    def ignores(self, folder: Path) -> bool:
        """Whether git ignores a folder of this tree."""
        return self._maybe("check-ignore", str(folder)) is not None


def _package_name(root: Path) -> str | None:
    try:
        name = tomllib.loads((root / "pyproject.toml").read_text())["project"]["name"]
    except (OSError, ValueError, KeyError, TypeError):
        try:
            name = json.loads((root / "package.json").read_text())["name"]
        except (OSError, ValueError, KeyError, TypeError):
            return None
    return name if isinstance(name, str) and name else None


def repository_around(folder: Path) -> Repository | None:
    """The repository that `folder` lies in, at its root or below.

    Raises:
        CorpusError: git is not installed, or refuses (a repository of another user).
    """
    try:
        top = git(folder, "rev-parse", "--show-toplevel")
    except CorpusError as error:
        if "not a git repository" in str(error) or "must be run in a work tree" in str(error):
            return None
        raise
    return Repository(Path(os.fsdecode(top.removesuffix(b"\n"))).resolve())
