"""How figures grow: with the number of tools, and with the size of the knowledge index."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from aoma.corpus import write_index
from benchmarks.ingestion import corpus
from benchmarks.starts import requests, trees
from benchmarks.starts.figures import Samples
from benchmarks.starts.measuring import measure_growth
from benchmarks.starts.requests import Kind
from benchmarks.starts.subjects import Subject, Subjects
from mcp_app.knowledge.embedded import schema
from mesh.build import BuildError
from mesh.build.environment import ROOT
from mesh.local_aws.instances.sandbox import Sandbox

PASSAGES = (1_000, 10_000, 100_000)
TOOLS = trees.COUNTS


@dataclass(frozen=True)
class Grown:
    """A subject of some size.

    Attributes:
        subject: Which.
        size: How many tools or passages.
        index_bytes: Of the knowledge index; None where it is the project's own.
        kinds: What is asked.
        failure: Why it cannot be built; None when it can.
    """

    subject: Subject
    size: int
    index_bytes: int | None
    kinds: tuple[Kind, ...]
    failure: str | None = None


def _index(passages: int) -> tuple[Path, str]:
    """An index of made-up documents, and a question that they answer; kept while it fits."""
    digest = hashlib.sha256()
    for file in (
        Path(corpus.__file__),
        Path(schema.__file__),
        *(ROOT / "aoma/corpus").rglob("*.py"),
    ):
        digest.update(file.read_bytes())
    place = trees.FOLDER / "indexes" / f"{passages}-{digest.hexdigest()[:16]}.sqlite3"
    question = place.with_suffix(".txt")
    if not question.is_file():
        place.parent.mkdir(parents=True, exist_ok=True)
        for old in place.parent.glob(f"{passages}-*"):
            old.unlink()
        with tempfile.TemporaryDirectory(prefix="mesh-starts-") as scratch:
            made = corpus.make(Path(scratch), passages=passages, tickets=0, queries=1)
            write_index(place, documents=[made.handbook, made.public], repositories=[])
        question.write_text(made.queries[0])
    return place, question.read_text()


def with_tools(subjects: Subjects, names: Sequence[str], sizes: Sequence[int]) -> Iterator[Grown]:
    """The named subjects with more and more tools."""
    kinds = (requests.LIST, requests.CALL)
    for size in sizes:
        for name in names:
            subject = subjects.make(name)
            if name.startswith("usual"):
                variables = {**subject.program.environment, "MORE_TOOLS": f"more_tools_{size}"}
                program = replace(subject.program, environment=variables)
            else:
                try:
                    tree = subjects.tree(f"ours-{size}", partial(trees.ours, size))
                except BuildError as error:
                    # A figure, too: so many tools are more than the build takes.
                    yield Grown(subject, size, None, kinds, str(error).strip().splitlines()[-1])
                    continue
                program = replace(subject.program, tree=tree.folder)
            yield Grown(replace(subject, program=program), size, None, kinds)


def with_passages(
    subjects: Subjects, names: Sequence[str], sizes: Sequence[int]
) -> Iterator[Grown]:
    """The named subjects with larger and larger indexes."""
    for size in sizes:
        index, question = _index(size)
        search = requests.call("search_knowledge", '"score":', query=question)
        kind = Kind("search", "search", search)
        tree = trees.with_index(subjects.our_tree(), index, f"ours-index-{size}")
        for name in names:
            subject = subjects.make(name)
            program = replace(subject.program, tree=tree.folder)
            yield Grown(replace(subject, program=program), size, index.stat().st_size, (kind,))


async def measure(
    grown: Sequence[Grown], sandbox: Sandbox, *, rounds: int, progress: Callable[[str], None]
) -> list[tuple[Grown, Samples]]:
    """Rounds of all of them."""
    found = [(one, Samples()) for one in grown]
    for number in range(rounds):
        for one, samples in found:
            if one.failure:
                continue
            progress(f"growth, round {number + 1} of {rounds}: {one.subject.title}, {one.size}")
            await measure_growth(one.subject, one.kinds, sandbox, number, samples)
    return found
