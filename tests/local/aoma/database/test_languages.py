"""What the database knows of languages, changelogs and dates, and what a migration keeps."""

from __future__ import annotations

import pytest

from aoma.database.connection import connect
from aoma.database.migrate import migrate
from aoma.database.migrations_on_disk import read_migrations
from mcp_app.knowledge.embedded.language.stop_words import CHINESE_STOP_WORDS, STOP_WORDS
from tests.local.aoma.database.conftest import vector

GERMAN = "Die Bänder werden nach dreißig Tagen gelöscht, und das Archiv behält sie nicht."


def ids(rows):
    return [row["id"] for row in rows]


@pytest.fixture
def add_in(supabase):
    """Adds a document of one passage for each text, as ingestion does, with its other columns."""
    with supabase.connect() as connection:
        connection.execute("set role mesh_ingest")

        def insert(name, *texts, **columns):
            values = {"id": name, "title": name, "corpus": "handbook", **columns}
            names, marks = ", ".join(values), ", ".join(["%s"] * len(values))
            connection.execute(
                f"insert into mesh_documents ({names}) values ({marks})".encode(),  # noqa: S608 - ours
                [*values.values()],
            )
            for ordinal, text in enumerate(texts):
                connection.execute(
                    "insert into mesh_passages (id, document, ordinal, text, embedding) "
                    "values (%s, %s, %s, %s, %s)",
                    (f"{name}#{ordinal}", name, ordinal, text, vector(text)),
                )
            connection.execute("select mesh_count_languages()")

        yield insert


@pytest.mark.parametrize(
    ("language", "query", "text"),
    [
        ("german", "Wie wird ein Band gelöscht?", GERMAN),
        ("french", "Comment restaurer les sauvegardes ?", "La sauvegarde est restaurée la nuit."),
        ("russian", "Как удаляется копия?", "Копии удаляются через месяц."),
        ("english", "データベースのバックアップ", "データベースは毎晩バックアップされます。"),
        ("english", "如何备份数据库", "数据库每天备份。"),
    ],
)
def test_a_query_finds_the_forms_of_its_words_in_each_language(ask, add_in, language, query, text):
    add_in("right", text, language=language)
    add_in("other", "Nothing of it is said in the pages of this handbook.")
    (row,) = ask("mesh_search_passages", p_query=query, p_threshold=0.6)
    assert row["id"] == "right#0"


def test_words_of_grammar_are_left_out_in_the_language_that_the_query_shows(ask, add_in):
    add_in("german", GERMAN, language="german")
    for name in ("one", "two"):
        add_in(name, "The bin of the archive is emptied each day.")
    rows = ask("mesh_search_passages", p_query="Wie werden die Bänder gelöscht?")
    assert [row["coverage"] for row in rows] == [1.0]
    # A word of grammar in German alone shows no German.
    rows = ask("mesh_search_passages", p_query="bin archive")
    assert [row["coverage"] for row in rows] == [1.0, 1.0, 0.5]


def test_words_of_grammar_are_the_same_as_in_the_embedded_index(supabase):
    with supabase.connect() as connection:
        for language, words in STOP_WORDS.items():
            row = connection.execute("select mesh_stop_words(%s)", (language,)).fetchone()
            assert row is not None
            assert set(row[0]) == words
        for word in CHINESE_STOP_WORDS:
            row = connection.execute("select mesh_terms(%s)::text", (f"数据{word}",)).fetchone()
            assert row is not None
            assert row[0].count("<->") == 1, word


@pytest.mark.parametrize("mode", ["keyword", "semantic", "hybrid"])
def test_a_document_gives_two_passages_unless_more_are_asked_for(ask, add_in, mode):
    add_in("long", *(f"deploy the server {number}" for number in range(5)))
    add_in("short", "deploy a server some day")
    asked = {"p_query": "deploy server", "p_mode": mode, "p_embedding": vector("deploy server")}
    documents = [row["document"] for row in ask("mesh_search_passages", **asked)]
    # The second one comes later.
    assert documents == ["long", "short", "long"]
    more = ask("mesh_search_passages", **asked, p_per_document=4)
    assert len(more) == 5


def test_a_changelog_counts_half_unless_a_version_is_asked_for(ask, add_in):
    add_in("changes", "deploy the server with one command 2.1", changelog=True)
    add_in("guide", "To deploy a server, wait.")
    assert ids(ask("mesh_search_passages", p_query="deploy server command")) == [
        "guide#0",
        "changes#0",
    ]
    assert ids(ask("mesh_search_passages", p_query="deploy server 2.1"))[0] == "changes#0"


def test_hits_have_the_dates_of_their_documents_and_files(ask, add_in, add_code, supabase):
    add_in("guide", "deploy", changed_at="2026-03-01T12:00:00+02:00")
    add_in("undated", "deploy")
    found = {row["document"]: row["date"] for row in ask("mesh_search_passages", p_query="deploy")}
    assert found == {"guide": "2026-03-01T10:00:00Z", "undated": None}
    add_code("a.py", "deploy()")
    with supabase.connect() as connection:
        connection.execute("update mesh_code_files set changed_at = '2026-04-01T00:00:00Z'")
    (row,) = ask("mesh_search_code", p_query="deploy")
    assert row["date"] == "2026-04-01T00:00:00Z"


def test_what_was_ingested_before_languages_stays_and_is_found(new_database):
    url = new_database()
    before = [one for one in read_migrations() if one.name < "0014"]
    with connect(url) as connection:
        migrate(connection, migrations=before)
        connection.execute("insert into mesh_documents (id, title, corpus) values ('a', 'A', 'c')")
        connection.execute(
            "insert into mesh_passages (id, document, ordinal, text, embedding, digest) "
            "values ('a#1', 'a', 0, 'The tapes are deleted.', %s, 'd')",
            (vector("tapes"),),
        )
        connection.execute(
            "insert into mesh_tickets (key, project, summary) values ('T-1', 'T', 'Tapes burn')"
        )
        kept = "select id, text, digest, embedding::text from mesh_passages"
        old = connection.execute(kept.encode()).fetchall()
        assert migrate(connection)
        assert connection.execute(kept.encode()).fetchall() == old
        connection.execute('set request.jwt.claims = \'{"role": "mesh_server"}\'')
        connection.execute("set role mesh_server")
        for function in ("passages", "tickets"):
            search = f"select count(*) from mesh_search_{function}('delete tape')"  # noqa: S608 - ours
            assert connection.execute(search.encode()).fetchone() == (1,)
