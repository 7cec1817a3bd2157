"""Who sees what, and who may do nothing, through PostgREST with real tokens."""

from __future__ import annotations

import httpx
import psycopg
import pytest

from aoma.local_supabase.openai.hashed_words import embed
from tests.local.aoma.database.conftest import DIMENSIONS

TABLES = [
    "mesh_documents",
    "mesh_passages",
    "mesh_tickets",
    "mesh_commits",
    "mesh_code_files",
    "mesh_code_parts",
    "mesh_embedding",
]


@pytest.fixture
def request_as(supabase):
    """Makes a request to PostgREST with a token."""

    def send(token, method, path, **options):
        headers = {"apikey": supabase.publishable_key, "Authorization": f"Bearer {token}"}
        return httpx.request(method, f"{supabase.rest_url}/{path}", headers=headers, **options)

    return send


def seen(ask, token, mode="keyword"):
    rows = ask(
        "mesh_search_passages",
        token=token,
        p_query="deploy",
        p_mode=mode,
        p_embedding=embed("deploy", DIMENSIONS),
    )
    return sorted(row["document"] for row in rows)


@pytest.mark.parametrize("mode", ["keyword", "semantic", "hybrid"])
def test_callers_see_what_names_them_and_what_names_nobody(ask, supabase, add_document, mode):
    add_document("all", "deploy")
    add_document("board", "deploy", readers=["group:board"])
    add_document("ann", "deploy", readers=["ann@example.com"])
    add_document("server", "deploy", readers=["role:mesh_server"])
    add_document("id", "deploy", readers=["00000000-0000-0000-0000-000000000001"])
    tokens = {
        "server": supabase.server_token(),
        "ann": supabase.user_token("ann@example.com"),
        "board": supabase.user_token("bob@example.com", groups=["board", "it"]),
        "id": supabase.user_token("eve@example.com", sub="00000000-0000-0000-0000-000000000001"),
    }
    assert {name: seen(ask, token, mode) for name, token in tokens.items()} == {
        "server": ["all", "server"],
        "ann": ["all", "ann"],
        "board": ["all", "board"],
        "id": ["all", "id"],
    }


@pytest.mark.parametrize(
    "claims",
    [
        {"sub": "group:board"},
        {"email": "group:board"},
        {"email": "role:mesh_server"},
        {"user_metadata": {"groups": ["board"]}},
        {"groups": ["board"]},
        {"app_metadata": {"groups": "board"}},
        {"app_metadata": {"groups": {"board": True}}},
        {"app_metadata": None},
    ],
)
def test_nobody_becomes_a_group_or_a_role_by_what_they_may_change(
    ask, supabase, add_document, claims
):
    add_document("board", "deploy", readers=["group:board", "role:mesh_server"])
    assert seen(ask, supabase.user_token("eve@example.com", claims=claims)) == []


@pytest.mark.parametrize("value", [True, "true", "yes", 1, None])
def test_anonymous_sign_ins_see_nothing(ask, supabase, add_document, value):
    add_document("all", "deploy")
    token = supabase.user_token("eve@example.com", claims={"is_anonymous": value})
    assert seen(ask, token) == []
    assert {row["entries"] for row in ask("mesh_source_states", token=token)} == {0}


def test_the_public_key_alone_may_not_even_ask(supabase):
    headers = {"apikey": supabase.publishable_key}
    for table in TABLES:
        answer = httpx.get(f"{supabase.rest_url}/{table}", headers=headers)
        assert answer.status_code == 401, table
    answer = httpx.post(
        f"{supabase.rest_url}/rpc/mesh_search_passages", headers=headers, json={"p_query": "x"}
    )
    assert answer.status_code == 401


@pytest.mark.parametrize("who", ["server", "user"])
def test_what_the_server_and_users_carry_can_write_nothing(supabase, request_as, add_document, who):
    add_document("guide", "deploy")
    token = supabase.server_token() if who == "server" else supabase.user_token("ann@example.com")
    row = {"ingested_at": "2026-01-01"}
    for table in TABLES:
        refused = [
            request_as(token, "POST", table, json=row),
            request_as(token, "PATCH", f"{table}?ingested_at=gt.2000-01-01", json=row),
            request_as(token, "DELETE", f"{table}?ingested_at=gt.2000-01-01"),
        ]
        assert [answer.status_code for answer in refused] == [403, 403, 403], table
    assert len(request_as(token, "GET", "mesh_documents").json()) == 1


def test_the_servers_role_reads_no_other_table(supabase, request_as):
    with supabase.connect() as connection:
        connection.execute("create table other (secret text)")
        connection.execute("revoke all on other from public")
    supabase.reload_schema()
    token = supabase.server_token()
    assert request_as(token, "GET", "other").status_code == 403
    assert request_as(token, "GET", "mesh_migrations").status_code == 403


def test_ingestion_writes_its_tables_and_no_others(supabase):
    with supabase.connect() as connection:
        connection.execute("create table other (id text)")
        connection.execute("set role mesh_ingest")
        connection.execute("delete from mesh_documents")
        for statement in (
            "insert into other values ('x')",
            "select * from mesh_migrations",
            "create table more (id text)",
            "drop table mesh_documents",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(statement.encode())


def test_a_passage_is_for_its_documents_readers_whatever_is_written(
    ask, supabase, add, add_document
):
    add_document("board", readers=["group:board"])
    add("mesh_passages", id="p", document="board", ordinal=0, text="deploy", readers=None)
    token = supabase.user_token("bob@example.com", groups=["board"])
    assert seen(ask, supabase.server_token()) == []
    assert seen(ask, token) == ["board"]
    with supabase.connect() as connection:
        connection.execute("update mesh_passages set readers = null, title = 'x'")
        assert seen(ask, supabase.server_token()) == []
        connection.execute("update mesh_documents set readers = null, title = 'Plans'")
    (row,) = ask("mesh_search_passages", p_query="plans")
    assert row["title"] == "Plans"


def test_part_of_code_is_for_its_files_readers(ask, supabase, add_code):
    add_code("a.py", "deploy", readers=["group:board"])
    assert ask("mesh_search_code", p_query="deploy") == []
    token = supabase.user_token("bob@example.com", groups=["board"])
    assert len(ask("mesh_search_code", token=token, p_query="deploy")) == 1


def test_a_search_that_takes_too_long_is_ended(supabase, request_as):
    with supabase.connect() as connection:
        connection.execute(
            "create function mesh_slow() returns int language sql as 'select 1 from pg_sleep(20)'"
        )
        limit = "select rolconfig from pg_roles where rolname = 'mesh_server'"
        assert connection.execute(limit).fetchone() == (["statement_timeout=8s"],)
        # Roles belong to the server and not to the database: the next test has them too.
        connection.execute("alter role mesh_server set statement_timeout = '200ms'")
        try:
            supabase.reload_schema()
            answer = request_as(supabase.server_token(), "POST", "rpc/mesh_slow", json={})
        finally:
            connection.execute("alter role mesh_server set statement_timeout = '8s'")
    assert answer.json()["code"] == "57014"
