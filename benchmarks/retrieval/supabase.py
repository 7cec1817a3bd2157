"""The supabase backend over a real PostgreSQL and PostgREST on this machine."""

from __future__ import annotations

import asyncio
import os
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from aoma.local_supabase.openai import small_model
from aoma.local_supabase.openai.server import LocalOpenAI
from aoma.local_supabase.stack import LocalSupabase
from aoma.optional_packages import install
from benchmarks.retrieval.figures import DEPTH, Measure, System
from mcp_app.deadline import Deadline
from mcp_app.knowledge.results import Mode, Passage
from mcp_app.knowledge.supabase.backend import SupabaseBackend
from mcp_app.supabase_settings import OPENAI, THRESHOLDS, SupabaseSettings
from mesh.installation import BIN

SECONDS = 30.0
# What the semantic threshold is about, and both for the mode that has both.
MEASURES: dict[Mode, tuple[Measure, ...]] = {
    "keyword": ("coverage",),
    "semantic": ("similarity",),
    "hybrid": ("coverage", "similarity"),
}


@dataclass(frozen=True, slots=True)
class Embeddings:
    """Where embeddings come from; `name` is for the table."""

    name: str
    model: str
    base_url: str
    api_key: str


class NotLoadedError(Exception):
    """The documents cannot be loaded into the database; the message says why."""


@contextmanager
def embeddings() -> Iterator[Embeddings]:
    """OpenAI's (or OPENAI_BASE_URL's) with OPENAI_API_KEY; else a small model's."""
    key = os.environ.get("OPENAI_API_KEY", "").strip()
    model = os.environ.get("AOMA_EMBEDDING_MODEL", "text-embedding-3-small")
    if key:
        url = os.environ.get("OPENAI_BASE_URL", "").strip() or OPENAI
        yield Embeddings(model, model, url.rstrip("/"), key)
        return
    # Installed here: the first request does not wait for it.
    install("meaning")
    with LocalOpenAI() as server:
        yield Embeddings(small_model.NAME, small_model.NAME, server.base_url, server.api_key)


def _run(*arguments: str, **variables: str) -> None:
    done = subprocess.run(
        (str(BIN / "mesh"), *arguments),
        env=os.environ | variables,
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    if done.returncode:
        raise NotLoadedError(f"mesh {arguments[0]}: {(done.stderr or done.stdout).strip()[-1000:]}")


def _load(database: str, documents: Path, source: Embeddings) -> None:
    """Fill the database as people do, with `mesh database migrate` and `mesh ingest`."""
    _run("database", "migrate", MESH_DATABASE_URL=database)
    _run(
        *("ingest", "--documents", str(documents), "--yes"),
        MESH_DATABASE_URL=database,
        AOMA_EMBEDDING_MODEL=source.model,
        OPENAI_API_KEY=source.api_key,
        OPENAI_BASE_URL=source.base_url,
    )


@contextmanager
def supabase(documents: Path, scratch: Path) -> Iterator[tuple[list[System], Embeddings]]:
    """The supabase backend's three searches over the documents.

    Raises:
        NotLoadedError: the documents could not be loaded.
        LocalSupabaseError: PostgreSQL or PostgREST cannot run here.
    """
    with ExitStack() as stack:
        source = stack.enter_context(embeddings())
        project = stack.enter_context(LocalSupabase(scratch / "supabase"))
        _load(project.database_url, documents, source)
        # PostgREST looks for roles and functions when it starts.
        project.reload_schema()
        secrets = {
            "/key": project.publishable_key,
            "/token": project.server_token(),
            "/openai": source.api_key,
        }
        settings = SupabaseSettings(
            url=project.url,
            key_parameter="/key",
            token_parameter="/token",
            openai_key_parameter="/openai",
            openai_url=source.base_url,
            embedding_model=source.model,
            embedding_dimensions=1536,
            answer_model=None,
            vector_store_id=None,
            sources=("documents",),
            thresholds=THRESHOLDS,
            secrets_ttl_seconds=3600,
        )
        backend = SupabaseBackend(settings, secrets.__getitem__)
        runner = stack.enter_context(asyncio.Runner())
        stack.callback(lambda: runner.run(backend.close()))
        yield [_system(backend, runner, mode, documents.name) for mode in MEASURES], source


def _system(backend: SupabaseBackend, runner: asyncio.Runner, mode: Mode, corpus: str) -> System:
    def search(query: str) -> Sequence[Passage]:
        found = runner.run(
            backend.search_documents(
                query,
                deadline=Deadline.after(SECONDS),
                mode=mode,
                max_results=DEPTH,
                threshold=0.0,
            )
        )
        # The database names the corpus first, since it may hold several.
        return [
            replace(hit, document=hit.document.removeprefix(f"{corpus}/")) for hit in found.hits
        ]

    return System(f"supabase {mode}", MEASURES[mode], search)
