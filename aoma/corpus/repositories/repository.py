"""A git repository as the readers see it: its name, its files, and where it is on the web."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
import tomllib
import weakref
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property, lru_cache
from pathlib import Path

from aoma.corpus.report import CorpusError
from aoma.corpus.repositories.git import Bare, git, names
from aoma.corpus.repositories.web import Web, web_of

# How far back the date of a file is looked for.
LIMIT_DATES = 20_000

# GitHub's own marks for files that are not the project's writing:
# https://github.com/github-linguist/linguist/blob/main/docs/overrides.md
FOREIGN_MARKS = ("linguist-generated", "linguist-vendored")
FOREIGN = "marked as generated or vendored in .gitattributes"


@dataclass(frozen=True)
class Repository:
    """A repository of git.

    Attributes:
        root: its working tree; of a bare repository a copy of its files.
        bare: where it lies, if it is bare.
    """

    root: Path
    bare: Bare | None = None

    @property
    def place(self) -> Path:
        """Where it lies."""
        return self.bare.folder if self.bare else self.root

    def git(self, *arguments: str, given: bytes | None = None) -> bytes:
        """Output of a git command in it; see `aoma.corpus.repositories.git`."""
        return git(self.root, *arguments, given=given, bare=self.bare)

    def _maybe(self, *arguments: str) -> str | None:
        """A command's output, or None where git says that there is none."""
        try:
            return self.git(*arguments).decode(errors="replace").strip() or None
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
        return _package_name(self.root) or self.place.name.removesuffix(".git")

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
        return frozenset(names(self.git("ls-tree", "-r", "-z", "--name-only", "HEAD")))

    @cached_property
    def changed(self) -> Mapping[str, str]:
        """When a commit last changed each path of the commit checked out: ISO 8601 in UTC."""
        if not self.head:
            return {}
        listing = self.git(
            *("log", "-z", "--no-show-signature", "--name-only", "--no-renames", "-m"),
            *("--first-parent", f"-n{LIMIT_DATES}", "--format=%x1e%ct"),
        )
        found: dict[str, str] = {}
        for record in listing.split(b"\x1e")[1:]:
            moment, _, rest = record.partition(b"\0")
            date = _date(moment.strip())
            if date is not None:
                for path in names(rest.lstrip(b"\n")):
                    found.setdefault(path.lstrip("\n"), date)
        return found

    @cached_property
    def files(self) -> tuple[str, ...]:
        """Paths that git tracks, and untracked ones that it does not ignore; sorted."""
        listing = self.git("ls-files", "-z", "--cached", "--others", "--exclude-standard")
        return tuple(sorted(set(names(listing))))

    @cached_property
    def foreign(self) -> frozenset[str]:
        """Those of `files` that .gitattributes marks as generated or vendored."""
        listing = b"".join(os.fsencode(path) + b"\0" for path in self.files)
        fields = names(self.git("check-attr", "-z", "--stdin", *FOREIGN_MARKS, given=listing))
        return frozenset(
            path
            for path, value in zip(fields[::3], fields[2::3], strict=True)
            if value not in {"unspecified", "unset", "false"}
        )

    def ignores(self, folder: Path) -> bool:
        """Whether git ignores a folder of this tree."""
        return self._maybe("check-ignore", str(folder)) is not None


def _date(moment: bytes) -> str | None:
    """Seconds since 1970 in ISO 8601; None for what git could not have meant."""
    try:
        return datetime.fromtimestamp(int(moment), UTC).isoformat().replace("+00:00", "Z")
    except (ValueError, OverflowError, OSError):
        return None


def _package_name(root: Path) -> str | None:
    try:
        name = tomllib.loads((root / "pyproject.toml").read_text())["project"]["name"]
    except (OSError, ValueError, KeyError, TypeError):
        try:
            name = json.loads((root / "package.json").read_text())["name"]
        except (OSError, ValueError, KeyError, TypeError):
            return None
    return name if isinstance(name, str) and name else None


@lru_cache
def _checked_out(folder: Path, head: str | None) -> Repository:
    """A bare repository with a copy of its files, kept as long as this process runs."""
    scratch = Path(tempfile.mkdtemp(prefix="mesh-bare-"))
    tree = scratch / "tree"
    tree.mkdir()
    repository = Repository(tree, Bare(folder, scratch / "index"))
    weakref.finalize(repository, shutil.rmtree, scratch, ignore_errors=True)
    if head:
        repository.git("read-tree", head)
        repository.git("checkout-index", "--all", "--quiet")
    return repository


def _bare(folder: Path) -> Repository | None:
    """The bare repository that `folder` is; None for the inside of another one."""
    if git(folder, "rev-parse", "--is-bare-repository").strip() != b"true":
        return None
    place = git(folder, "rev-parse", "--absolute-git-dir")
    here = Path(os.fsdecode(place.removesuffix(b"\n"))).resolve()
    return _checked_out(here, Repository(here).head) if here == folder.resolve() else None


def repository_around(folder: Path) -> Repository | None:
    """The repository that `folder` lies in, at its root or below, or that it is, if bare.

    Raises:
        CorpusError: git is not installed, or refuses (a repository of another user).
    """
    try:
        top = git(folder, "rev-parse", "--show-toplevel")
    except CorpusError as error:
        if "must be run in a work tree" in str(error):
            return _bare(folder)
        if "not a git repository" in str(error):
            return None
        raise
    return Repository(Path(os.fsdecode(top.removesuffix(b"\n"))).resolve())
