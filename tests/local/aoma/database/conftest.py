"""Rows to search for, and PostgREST's own client to search with."""

from __future__ import annotations

import httpx
import psycopg
import pytest
from postgrest import SyncPostgrestClient
from psycopg.types.json import Jsonb

from aoma.local_supabase.openai.hashed_words import embed

DIMENSIONS = 1536


def vector(text):
    """An embedding as PostgreSQL reads it."""
    return str(embed(text, DIMENSIONS))


@pytest.fixture
def ask(supabase):
    """Calls a function of the database through PostgREST: `ask("mesh_search_code", p_query=...)`.

    As the server; with `token=` as somebody else.
    """
    with httpx.Client() as http:

        def call(function, token=None, **arguments):
            bearer = token or supabase.server_token()
            client = SyncPostgrestClient(
                supabase.rest_url,
                headers={"apikey": supabase.publishable_key, "Authorization": f"Bearer {bearer}"},
                http_client=http,
            )
            return client.rpc(function, arguments).execute().data

        yield call


@pytest.fixture
def add(supabase):
    """Writes rows as ingestion does: with the role mesh_ingest."""
    with supabase.connect() as connection:
        connection.execute("set role mesh_ingest")

        def insert(table, **values):
            names = ", ".join(values)
            marks = ", ".join(["%s"] * len(values))
            connection.execute(
                f"insert into {table} ({names}) values ({marks})".encode(),  # noqa: S608 - ours
                [Jsonb(value) if isinstance(value, dict) else value for value in values.values()],
            )

        yield insert


@pytest.fixture
def add_document(add):
    """Adds a document of one passage for each text."""

    def insert(name, *texts, heading="", readers=None, embedded=True):
        add(
            "mesh_documents",
            id=name,
            title=name.title(),
            corpus="handbook",
            link=f"https://docs.example.com/{name}",
            readers=readers,
        )
        for ordinal, text in enumerate(texts):
            add(
                "mesh_passages",
                id=f"{name}#{ordinal}",
                document=name,
                ordinal=ordinal,
                heading=[heading] if heading else [],
                anchor=f"#{ordinal}",
                text=text,
                embedding=vector(text) if embedded else None,
            )

    return insert


@pytest.fixture
def add_ticket(add):
    """Adds a ticket."""

    def insert(key, summary, *, description="", readers=None, **values):
        add(
            "mesh_tickets",
            key=key,
            project=key.partition("-")[0],
            summary=summary,
            description=description,
            readers=readers,
            embedding=vector(f"{summary} {description}"),
            **values,
        )

    return insert


@pytest.fixture
def add_commit(add):
    """Adds a commit."""

    def insert(
        commit, subject, *, repository="service", author="Ann Lee", date="2026-03-01", paths=()
    ):
        add(
            "mesh_commits",
            id=f"{repository}@{commit}",
            repository=repository,
            hash=commit,
            subject=subject,
            author=author,
            date=f"{date}T12:00:00+00:00",
            committed_at=f"{date}T12:00:00+00:00",
            paths=list(paths),
            embedding=vector(subject),
        )

    return insert


@pytest.fixture
def add_code(add):
    """Adds a code file of one part for each text, ten lines each."""

    def insert(path, *texts, repository="service", language="Python", symbols=(), readers=None):
        name = f"{repository}/{path}"
        add(
            "mesh_code_files",
            id=name,
            repository=repository,
            path=path,
            language=language,
            extension=path.rpartition(".")[2],
            size_bytes=100,
            lines=10 * len(texts),
            link=f"https://code.example.com/{path}",
            readers=readers,
        )
        for number, text in enumerate(texts):
            add(
                "mesh_code_parts",
                id=f"{name}:{number}",
                file=name,
                start_line=number * 10 + 1,
                end_line=number * 10 + 10,
                symbols=list(symbols),
                text=text,
                embedding=vector(text),
            )

    return insert


@pytest.fixture
def new_database(migrated_project):
    """Makes an empty database, arranged as Supabase's, and gives its address."""
    made: list[str] = []

    def make(*, extensions=True):
        name = f"other_{len(made)}"
        admin = migrated_project.postgres.url("supabase_admin", "template1")
        with psycopg.connect(admin, autocommit=True) as connection:
            connection.execute(f"create database {name} owner postgres".encode())
        made.append(name)
        url = migrated_project.postgres.url("postgres", name)
        if extensions:
            with psycopg.connect(url) as connection:
                connection.execute("create schema extensions")
        return url

    yield make
    admin = migrated_project.postgres.url("supabase_admin", "template1")
    with psycopg.connect(admin, autocommit=True) as connection:
        for name in made:
            connection.execute(f"drop database {name} with (force)".encode())
