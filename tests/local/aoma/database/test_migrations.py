"""`mesh database migrate`: safe to run again, by two at once, and beside what others have there."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from aoma.database.connection import connect
from aoma.database.migrate import migrate
from aoma.database.migrations_on_disk import Migration, read_migrations
from aoma.database.state import read_state
from mesh.failure import CommandFailedError

NAMES = [migration.name for migration in read_migrations()]

# The original server's tables and function, as far as they are known.
ORIGINAL = """
create table aoma_unified_vectors (
    id uuid primary key default gen_random_uuid(), content text, embedding {vector}(1536),
    source_type text, source_id text, metadata jsonb, created_at timestamptz default now(),
    updated_at timestamptz default now(), unique (source_type, source_id));
create index on aoma_unified_vectors using hnsw (embedding {operators});
create table jira_tickets (
    id uuid primary key default gen_random_uuid(), external_id text, title text,
    description text, status text, priority text, metadata jsonb, embedding {vector}(1536));
create table git_commits (
    id uuid primary key default gen_random_uuid(), commit_hash text, commit_message text,
    author_name text, repository_name text, files_changed json, embedding {vector}(1536));
create table code_files (
    id uuid primary key default gen_random_uuid(), file_path text, language text,
    content_preview text, embedding {vector}(1536));
create function match_aoma_vectors(query_embedding {vector}, match_count int default 10)
returns table (id uuid, similarity float) language sql stable as $$
    select id, 1 - (embedding operator({schema}.<=>) query_embedding) from aoma_unified_vectors
    order by embedding operator({schema}.<=>) query_embedding limit match_count
$$;
insert into aoma_unified_vectors (content, source_type, source_id, embedding)
    select 'text', 'knowledge', 'k' || n, array_fill(n::real, array[1536])::{vector}
    from generate_series(1, 3) as n;
insert into jira_tickets (external_id, title) values ('AB-1', 'one'), ('AB-2', 'two');
insert into git_commits (commit_hash, commit_message) values ('c0ffee', 'first');
insert into code_files (file_path, language) values ('a.ts', 'TypeScript');
"""
CONTENT = """
select md5(string_agg(row::text, ',' order by row::text)) from (
    select to_jsonb(t) as row from aoma_unified_vectors as t
    union all select to_jsonb(t) from jira_tickets as t
    union all select to_jsonb(t) from git_commits as t
    union all select to_jsonb(t) from code_files as t
) as rows
"""
GRANTS = """
select relname, relacl::text, relrowsecurity from pg_class
where relname !~ '^mesh_' and relnamespace = 'public'::regnamespace order by relname
"""


@pytest.mark.parametrize("schema", ["extensions", "public"])
def test_an_empty_database_gets_everything_once(new_database, schema):
    url = new_database(extensions=schema == "extensions")
    with connect(url) as connection:
        assert migrate(connection) == NAMES
        assert migrate(connection) == []
        state = read_state(connection)
        row = connection.execute(
            "select nspname from pg_extension join pg_namespace on pg_namespace.oid = extnamespace "
            "where extname = 'vector'"
        ).fetchone()
        connection.execute("select * from mesh_search_passages('deploy')")
    assert row == (schema,)
    assert (state.applied, state.pending, state.changed, state.unknown) == (NAMES, [], [], [])
    assert state.counts["passages"].rows == 0


def test_two_at_once_do_it_once(new_database):
    url = new_database()
    applied, failures = [], []

    def run():
        try:
            with connect(url) as connection:
                applied.extend(migrate(connection))
        except CommandFailedError as error:
            failures.append(error)

    threads = [threading.Thread(target=run) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    assert sorted(applied) == NAMES


@pytest.mark.parametrize("schema", ["extensions", "public"])
def test_what_the_original_has_in_the_database_is_not_touched(new_database, schema):
    url = new_database(extensions=schema == "extensions")
    with connect(url) as connection:
        connection.execute(f"create extension vector schema {schema}".encode())
        original = ORIGINAL.format(
            vector=f"{schema}.vector", operators=f"{schema}.vector_cosine_ops", schema=schema
        )
        connection.execute(original.encode())
        before = connection.execute(CONTENT).fetchone(), connection.execute(GRANTS).fetchall()
        migrate(connection)
        after = connection.execute(CONTENT).fetchone(), connection.execute(GRANTS).fetchall()
        found = connection.execute(
            "select count(*) from "
            "match_aoma_vectors((select embedding from aoma_unified_vectors limit 1))"
        ).fetchone()
    assert after == before
    assert found == (3,)


def test_a_migration_that_was_changed_after_it_was_applied_is_refused(new_database):
    url = new_database()
    first = Migration("0001_one.sql", "create table mesh_one (id int)")
    changed = Migration("0001_one.sql", "create table mesh_one (id text)")
    second = Migration("0002_two.sql", "create table mesh_two (id int)")
    with connect(url) as connection:
        migrate(connection, migrations=[first])
        with pytest.raises(CommandFailedError, match=r"0001_one.sql was changed .* new migration"):
            migrate(connection, migrations=[changed, second])
        assert connection.execute("select to_regclass('mesh_two')").fetchone() == (None,)


def test_a_migration_that_fails_leaves_nothing_and_those_before_it_stay(new_database):
    url = new_database()
    migrations = [
        Migration("0001_one.sql", "create table mesh_one (id int)"),
        Migration("0002_two.sql", "create table mesh_two (id int); select 1 / 0"),
    ]
    with connect(url) as connection:
        with pytest.raises(CommandFailedError, match=r"0002_two.sql cannot be applied.*zero"):
            migrate(connection, migrations=migrations)
        tables = "select to_regclass('mesh_one')::text, to_regclass('mesh_two')::text"
        assert connection.execute(tables).fetchone() == ("mesh_one", None)
        assert migrate(connection, migrations=[*migrations[:1]]) == []


def test_line_ends_do_not_make_a_migration_another(tmp_path):
    (tmp_path / "0001_a.sql").write_bytes(b"select 1;\nselect 2;\n")
    (unix,) = read_migrations(tmp_path)
    (tmp_path / "0001_a.sql").write_bytes(b"select 1;\r\nselect 2;\r\n")
    (windows,) = read_migrations(tmp_path)
    assert unix.sha256 == windows.sha256


@pytest.mark.parametrize("names", [["1_a.sql"], ["0001_a.sql", "0001_b.sql"]])
def test_names_and_numbers_of_migrations_are_checked(tmp_path, names):
    for name in names:
        (tmp_path / name).touch()
    with pytest.raises(ValueError, match=r"called NNNN_name.sql|same number"):
        read_migrations(tmp_path)


def test_a_server_without_pgvector_is_told_apart(new_database, migrated_project):
    control = next(Path(migrated_project.postgres.folder).rglob("vector.control"))
    hidden = control.with_suffix(".hidden")
    url = new_database()
    control.rename(hidden)
    try:
        with connect(url) as connection, pytest.raises(CommandFailedError, match="has no pgvector"):
            migrate(connection)
    finally:
        hidden.rename(control)


def test_a_user_who_may_not_is_told_whom_to_be(new_database, migrated_project):
    url = new_database()
    with connect(url) as connection:
        connection.execute("create extension vector schema extensions")
    other = migrated_project.postgres.url("authenticator", url.rpartition("/")[2])
    with pytest.raises(CommandFailedError, match="Connect as the database's owner"):  # noqa: SIM117 - only the inner one may raise
        with connect(other) as connection:
            migrate(connection)
