"""Supabase's part of the stack on this machine: started, migrated, filled, its secrets stored."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aoma import bundled_knowledge
from aoma.corpus.base_urls import base_urls
from aoma.database.connection import connect
from aoma.database.migrate import migrate
from aoma.database.state import read_state
from aoma.database.token import mint
from aoma.local_supabase import process
from aoma.local_supabase.keys import STAND_IN_KEYS
from aoma.local_supabase.openai import small_model
from mesh.credentials import stored_secrets
from mesh.failure import CommandFailedError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mypy_boto3_ssm import SSMClient

    from aoma.bundled_knowledge import Knowledge
    from aoma.database.state import State
    from aoma.local_supabase.process import Running
    from mesh.progress import Step
    from mesh.stack.stack import Stack

ROOT = Path(__file__).resolve().parents[1]
LOG = "local-supabase.log"
INGEST_LOG = "ingest.log"
TOKEN_DAYS = 365
# Other names than OpenAI's: what the stand-in makes must never be taken for a model's, and
# the guard against mixed embeddings tells both apart.
STAND_IN_EMBEDDINGS = "hashed-words"
STAND_IN_ANSWERS = "quoting-stand-in"
EMBEDDINGS = "text-embedding-3-small"
OPENAI = "https://api.openai.com/v1"
STAND_IN_NOTE = (
    "OpenAI is a stand-in on this machine: embeddings are hashed words, answers are quotations. "
    f"With AOMA_EMBEDDING_MODEL={small_model.NAME}, a small model embeds. "
    "With OPENAI_API_KEY set (and OPENAI_BASE_URL, for another server of its protocol), make up "
    "asks OpenAI."
)
OPENAI_NOTE = (
    "Embeddings, and answers where AOMA_ANSWER_MODEL names a model, are made by {url}. Its key "
    "lies in the state of local AWS, below .mesh/local, until make down."
)
SECRETS = ["OPENAI_API_KEY", "SUPABASE_KEY", "SUPABASE_TOKEN"]
# By kind of rows in the database, the server's name for the source.
SOURCES = {
    "documents": "documents",
    "tickets": "tickets",
    "commits": "commits",
    "code files": "code",
}


@dataclass(frozen=True)
class OpenAI:
    """Who embeds and answers.

    Attributes:
        url: its address.
        key: its API key.
        embedding_model: what embeds.
        answer_model: what answers; None for nothing.
        stand_in: whether it is the stand-in on this machine.
    """

    url: str
    key: str
    embedding_model: str
    answer_model: str | None
    stand_in: bool


def folder_of(here: Stack) -> Path:
    """Data and keys of local Supabase."""
    return here.folder / "supabase"


def start(here: Stack, step: Step) -> Running:
    """Start Supabase and the stand-in, and bring the database up to date.

    Raises:
        CommandFailedError: it does not start, or a migration cannot be applied.
    """
    found = process.find(folder_of(here))
    try:
        running = found or process.start(folder_of(here), log=here.logs / LOG)
    except process.LocalSupabaseError as error:
        raise CommandFailedError(f"local Supabase: {error}") from error
    with connect(running.database_url) as connection:
        done = migrate(connection)
    parts = [f"process {running.pid} runs" if found else running.url]
    parts += [f"{len(done)} migrations"] if done else []
    step.detail = f"({', '.join(parts)})"
    return running


def openai_of(running: Running) -> OpenAI:
    """OpenAI when the environment has a key for it, else the stand-in."""
    key = os.environ.get("OPENAI_API_KEY", "").strip()
    url = os.environ.get("OPENAI_BASE_URL", "").strip() or OPENAI
    # `.mesh/local.env` gives the stand-in's key to shells, and it is no key of OpenAI's.
    if key and not key.startswith(STAND_IN_KEYS):
        model = os.environ.get("AOMA_EMBEDDING_MODEL", "").strip()
        model = EMBEDDINGS if model in {"", STAND_IN_EMBEDDINGS} else model
        answers = os.environ.get("AOMA_ANSWER_MODEL", "").strip() or None
        return OpenAI(url, key, model, answers, stand_in=False)
    asked = os.environ.get("AOMA_EMBEDDING_MODEL", "").strip()
    return OpenAI(
        url=running.openai_url,
        key=running.keys.openai,
        embedding_model=asked if asked == small_model.NAME else STAND_IN_EMBEDDINGS,
        answer_model=STAND_IN_ANSWERS,
        stand_in=True,
    )


def environment(running: Running, openai: OpenAI) -> dict[str, str]:
    """What `mesh ingest` and `mesh database` need of it; OpenAI's own key is not in it."""
    found = {
        "MESH_DATABASE_URL": running.database_url,
        "AOMA_EMBEDDING_MODEL": openai.embedding_model,
    }
    if openai.stand_in:
        found |= {"OPENAI_API_KEY": openai.key, "OPENAI_BASE_URL": openai.url}
    return found


def fill(here: Stack, running: Running, openai: OpenAI, knowledge: Knowledge, step: Step) -> State:
    """Ingest what is to be answered from: what is named, else this project.

    Raises:
        CommandFailedError: `mesh ingest` failed; the message is its own.
    """
    with connect(running.database_url) as connection:
        before = read_state(connection)
    arguments = ["ingest", "--yes", "--allow-deletions", "--model", openai.embedding_model]
    if before.model not in {None, openai.embedding_model}:
        arguments.append("--re-embed")
    arguments += ingested(knowledge)
    log = here.logs / INGEST_LOG
    done = subprocess.run(
        [sys.executable, "-c", "from mesh.cli import main; main()", *arguments],
        env={
            **os.environ,
            **environment(running, openai),
            "OPENAI_API_KEY": openai.key,
            "OPENAI_BASE_URL": openai.url,
        },
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    log.write_text(done.stdout + done.stderr)
    if done.returncode != 0:
        said = [line for line in done.stderr.splitlines() if line.strip()]
        reason = said[-1].removeprefix("mesh: ") if said else "no reason given"
        raise CommandFailedError(f"mesh ingest: {reason}\n  all it said: {log}")
    with connect(running.database_url) as connection:
        state = read_state(connection)
    counted = [f"{count.rows} {name}" for name, count in state.counts.items() if count.rows]
    unchanged = state.counts == before.counts and before.model == state.model
    step.detail = f"({'as before: ' if unchanged else ''}{', '.join(counted) or 'nothing'})"
    return state


def ingested(knowledge: Knowledge) -> list[str]:
    """The options of `mesh ingest` for what the embedded index would be made from."""
    chosen = knowledge or bundled_knowledge.of_project(ROOT)
    found: list[str] = []
    for option, places in (
        ("--documents", chosen.documents),
        ("--git", chosen.repositories),
        ("--jira", chosen.exports),
    ):
        found += [word for place in places for word in (option, str(place.absolute()))]
    for base in base_urls(chosen.base_urls, chosen.documents):
        found += ["--base-url", f"{base.folder}={base.url}"]
    if chosen.comments:
        found.append("--jira-comments")
    return [*found, "--jira-url", chosen.jira_url] if chosen.jira_url else found


def variables(running: Running, openai: OpenAI, state: State) -> dict[str, Any]:
    """Values of the root's variables for this backend."""
    held = [source for name, source in SOURCES.items() if state.counts[name].rows]
    environment_variables = {
        "AOMA_BACKEND": "supabase",
        "AOMA_EMBEDDING_MODEL": openai.embedding_model,
        "AOMA_SOURCES": ",".join(held or ["documents"]),
        "OPENAI_BASE_URL": openai.url,
        "SUPABASE_URL": running.url,
    }
    if openai.answer_model is not None:
        environment_variables["AOMA_ANSWER_MODEL"] = openai.answer_model
    return {"environment_variables": environment_variables, "secrets": SECRETS}


def store_secrets(
    client: SSMClient, parameters: Mapping[str, str], running: Running, openai: OpenAI
) -> None:
    """Put the secrets where the function reads them, as `mesh secrets set` does.

    Raises:
        CommandFailedError: a parameter cannot be written.
    """
    values = {
        "OPENAI_API_KEY": openai.key,
        "SUPABASE_KEY": running.keys.publishable,
        "SUPABASE_TOKEN": mint(json.dumps(running.keys.signing), days=TOKEN_DAYS),
    }
    for name, value in values.items():
        stored_secrets.put(client, parameters[name], stored_secrets.checked(name, value))


def stop(here: Stack) -> bool:
    """End it; its data stay. True when it was running.

    Raises:
        CommandFailedError: it does not end.
    """
    try:
        return process.stop(folder_of(here))
    except process.LocalSupabaseError as error:
        raise CommandFailedError(f"local Supabase: {error}") from error


def remove(here: Stack) -> None:
    """Remove its data, wherever they lie."""
    process.remove(folder_of(here))
