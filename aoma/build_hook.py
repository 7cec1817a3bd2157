"""AOMA Mesh's zip: the server as mesh.toml describes it, and its index of knowledge."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from aoma import bundled_knowledge
from aoma.bundled_knowledge import Knowledge
from mesh.build import BuildResult, target
from mesh.build import build as build_any
from mesh.build.hook import Hook, Report
from mesh.build.project import Project
from mesh.settings import locate, project, settings

ROOT = Path(__file__).resolve().parents[1]
NOTHING = Knowledge()


def aoma() -> Project:
    """AOMA Mesh as it lies in this checkout, without its index."""
    found = project(settings(locate(ROOT), {}), target("host", "3.13"))
    return replace(found, hook=None)


def add_index(folder: Path) -> Report:
    """The build hook that mesh.toml names: write the index of this checkout's own knowledge."""
    return index_of(NOTHING, ROOT)(folder) or Report()


def index_of(named: Knowledge, root: Path) -> Hook:
    """A build hook that writes the index of what is named, or else of a project.

    Raises:
        BuildError: what somebody named is not there or holds nothing.
    """
    bundled_knowledge.check(named)
    chosen = named or bundled_knowledge.of_project(root)
    return partial(bundled_knowledge.add, knowledge=chosen, named=named)


def build(
    architecture: str = "arm64",
    *,
    documents: Sequence[Path] = (),
    repositories: Sequence[Path] = (),
    exports: Sequence[Path] = (),
    jira_url: str | None = None,
    comments: bool = False,
    base_urls: Sequence[str] = (),
    indexed: bool = True,
    project: Project | None = None,
    **options: Any,
) -> BuildResult:
    """Build AOMA Mesh's zip; see `mesh.build.build`.

    Args:
        architecture: `arm64`, `x86_64`, or `host` for this machine's.
        documents: Folders of documents to index. Where nothing is named: the project's.
        repositories: Git repositories to index.
        exports: Jira exports to index.
        jira_url: Jira's address, for links to tickets.
        comments: Whether the tickets' comments are indexed too.
        base_urls: Addresses of the folders' documents.
        indexed: Whether there is an index at all.
        project: Another project than this checkout, such as a copy of it.
        options: Of `mesh.build.build`.

    Raises:
        BuildError: the message says why, and what to do.
    """
    chosen = project or aoma()
    named = Knowledge(
        tuple(documents),
        tuple(repositories),
        tuple(exports),
        jira_url,
        comments,
        tuple(base_urls),
    )
    hook = index_of(named, chosen.root)
    return build_any(replace(chosen, hook=hook if indexed else None), architecture, **options)
