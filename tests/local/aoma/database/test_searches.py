"""What the database finds, asked through PostgREST with its own client."""

from __future__ import annotations

import psycopg
import pytest
from postgrest import APIError

from aoma.local_supabase.openai.hashed_words import embed, similarity
from tests.local.aoma.database.conftest import DIMENSIONS, vector


def ids(rows):
    return [row["id"] for row in rows]


def test_keyword_puts_rows_with_all_words_first_and_fills_up_with_others(ask, add_document):
    add_document("some", "Rollback is easy. " * 20)
    add_document("all", "Rollback of a deployment")
    add_document("none", "Cats")
    rows = ask("mesh_search_passages", p_query="How do I rollback deployments?")
    assert ids(rows) == ["all#0", "some#0"]
    assert [row["coverage"] for row in rows] == [1.0, 0.5]
    assert {row["candidates"] for row in rows} == {2}
    assert {row["similarity"] for row in rows} == {None}


def test_semantic_gives_the_true_cosine_best_first(ask, add_document):
    texts = {"near": "deploy the server", "far": "deploy cats", "other": "painting walls"}
    for name, text in texts.items():
        add_document(name, text)
    query = "deploying servers"
    rows = ask(
        "mesh_search_passages",
        p_query=query,
        p_mode="semantic",
        p_embedding=embed(query, DIMENSIONS),
    )
    assert ids(rows)[:2] == ["near#0", "far#0"]
    for row in rows:
        true = similarity(
            embed(query, DIMENSIONS), embed(texts[row["id"].partition("#")[0]], DIMENSIONS)
        )
        assert row["similarity"] == row["score"] == pytest.approx(true, abs=1e-6)
        assert row["coverage"] is None


def test_hybrid_is_the_fusion_of_both_rankings_and_measures_all_by_both(ask, add_document):
    add_document("pair", "deploy the server")
    add_document("words", "deploy it", embedded=False)
    add_document("meaning", "servers")
    rows = {
        row["id"]: row
        for row in ask(
            "mesh_search_passages",
            p_query="deploy",
            p_mode="hybrid",
            p_embedding=embed("server", DIMENSIONS),
        )
    }
    # By words: "words", then "pair". By meaning: "meaning", then "pair".
    assert rows["meaning#0"]["score"] == rows["words#0"]["score"] == pytest.approx(1 / 61)
    assert rows["pair#0"]["score"] == pytest.approx(1 / 62 + 1 / 62)
    assert rows["meaning#0"]["coverage"] == 0
    assert rows["pair#0"]["coverage"] == rows["words#0"]["coverage"] == 1
    assert rows["words#0"]["similarity"] is None
    assert ids(rows.values())[0] == "pair#0"


@pytest.mark.parametrize(
    ("mode", "threshold", "found"),
    [
        ("keyword", 0.5, ["half#0"]),
        ("keyword", 0.51, []),
        ("semantic", 0.9, []),
        ("semantic", 0.6, ["half#0"]),
        ("hybrid", 0.6, ["half#0"]),
        ("hybrid", 0.9, []),
    ],
)
def test_nothing_below_the_threshold_is_given(ask, add_document, mode, threshold, found):
    add_document("half", "deploy")
    query = "deploy server"
    rows = ask(
        "mesh_search_passages",
        p_query=query,
        p_mode=mode,
        p_threshold=threshold,
        p_embedding=embed(query, DIMENSIONS),
    )
    assert ids(rows) == found


def test_a_passage_comes_with_its_document(ask, add_document):
    add_document("guide", "Run apply.", heading="Deploying")
    (row,) = ask("mesh_search_passages", p_query="deploying")
    assert row["document"] == "guide"
    assert (row["title"], row["corpus"], row["heading"]) == ("Guide", "handbook", ["Deploying"])
    assert row["link"] == "https://docs.example.com/guide#0"


def test_context_brings_forward_and_adds_no_coverage(ask, add_document):
    add_document("one", "deploy zebras")
    add_document("two", "deploy lambda functions")
    plain = ask("mesh_search_passages", p_query="deploy")
    moved = ask("mesh_search_passages", p_query="deploy", p_context="lambda functions")
    assert ids(moved)[0] == "two#0"
    assert {row["coverage"] for row in [*plain, *moved]} == {1.0}
    assert ids(ask("mesh_search_passages", p_query="giraffe", p_context="lambda")) == []


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("handler", "see mesh/runtime/handler.py"),
        ("readFile", "def read_file(path):"),
        ("ABC-12", "fixes ABC-12, at last"),
        ("1.2.3", "since version 1.2.3"),
        ("deployment", "deployments fail"),
        ("設定画面", "この設定画面で変更します"),
        ("it's the user's", "users know"),
        ("café", "the café opens"),
    ],
)
def test_words_are_found_in_the_forms_that_people_write(ask, add_document, query, text):
    add_document("text", text)
    add_document("other", "nothing of it")
    assert ids(ask("mesh_search_passages", p_query=query)) == ["text#0"]


def test_a_ticket_key_is_found_only_as_a_whole(ask, add_document):
    add_document("text", "ABC is old, and there were 12 of it")
    assert ask("mesh_search_passages", p_query="ABC-12") == []


@pytest.mark.parametrize("query", ["", "   ", "how do I", "?!", "the of and"])
def test_a_query_without_words_finds_nothing_by_words(ask, add_document, query):
    add_document("text", "how do I use the thing?")
    assert ask("mesh_search_passages", p_query=query) == []


HOSTILE = [
    "'); drop table mesh_documents; --",
    "deploy & ! | ( ) <-> :*",
    "%' or '1'='1",
    "\\",
    '$$ $1 {} {a,b} "',
    "\u202e\ud7ff\U0001f680",
    "a" * 5000,
    "deploy " * 1000,
]


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_is_only_text(ask, add_document, add_ticket, add_commit, add_code, text):
    add_document("guide", "deploy")
    add_ticket("AB-1", "deploy")
    add_commit("c1", "deploy")
    add_code("a.py", "deploy")
    for function, filters in {
        "mesh_search_passages": {"p_context": text},
        "mesh_search_tickets": {"p_project": text, "p_status": [text], "p_priority": [text]},
        "mesh_search_commits": {"p_repository": [text], "p_author": [text]},
        "mesh_search_code": {"p_repository": [text], "p_language": [text], "p_extension": [text]},
    }.items():
        ask(function, p_query=text)
        found = ask(function, p_query="deploy", **filters)
        assert bool(found) == (function == "mesh_search_passages")
    assert ask("mesh_count_tickets")[0]["count"] == 1


def test_ticket_filters_take_any_of_their_names_in_any_case(ask, add_ticket):
    add_ticket("AB-1", "deploy", status="Open", priority="High")
    add_ticket("AB-2", "deploy", status="In Progress", priority="Low")
    add_ticket("CD-1", "deploy", status="Open")

    def keys(**filters):
        return sorted(ids(ask("mesh_search_tickets", p_query="deploy", **filters)))

    assert keys() == keys(p_project="", p_status=[], p_priority=None) == ["AB-1", "AB-2", "CD-1"]
    assert keys(p_project="ab") == ["AB-1", "AB-2"]
    assert keys(p_status=["OPEN", "done"]) == ["AB-1", "CD-1"]
    assert keys(p_status=["open", "in progress"], p_priority=["low", "high"]) == ["AB-1", "AB-2"]
    assert keys(p_project="A") == keys(p_status=["  "]) == []


def test_a_filter_does_not_starve_a_semantic_search(ask, add_ticket):
    for number in range(120):
        add_ticket(f"AB-{number}", "deploy the server", status="Open")
    add_ticket("CD-1", "deploy a server, someday", status="Parked")
    rows = ask(
        "mesh_search_tickets",
        p_query="deploy the server",
        p_mode="semantic",
        p_embedding=embed("deploy the server", DIMENSIONS),
        p_limit=5,
        p_status=["parked"],
    )
    assert ids(rows) == ["CD-1"]


def test_commit_filters(ask, add_commit):
    add_commit("c1", "deploy", author="Ann Lee", date="2026-01-10", paths=["src/app.py"])
    add_commit("c2", "deploy", author="Bob Ray", date="2026-02-10", paths=["docs/app.md"])
    add_commit("c3", "deploy", repository="Other", date="2026-03-10")

    def hashes(**filters):
        rows = ask("mesh_search_commits", p_query="deploy", **filters)
        return sorted(row["hash"] for row in rows)

    assert hashes(p_author=["LEE", "nobody"]) == ["c1", "c3"]
    assert hashes(p_repository=["other"]) == ["c3"]
    assert hashes(p_from="2026-02-01T00:00:00Z") == ["c2", "c3"]
    assert hashes(p_from="2026-02-01T00:00:00Z", p_to="2026-02-28T00:00:00Z") == ["c2"]
    assert hashes(p_path_regex=r"^(?:.*/)?[^/]*\.py$") == ["c1"]


def test_a_code_file_is_given_once_by_its_best_part(ask, add_code):
    add_code("src/deploy.py", "import os", "def deploy(): rollback()", "deploy")
    add_code("web/page.ts", "deploy()", language="TypeScript")
    rows = ask("mesh_search_code", p_query="deploy rollback")
    assert [row["path"] for row in rows] == ["src/deploy.py", "web/page.ts"]
    assert rows[0]["id"] == "service/src/deploy.py#L11-L20"
    assert rows[0]["link"] == "https://code.example.com/src/deploy.py#L11-L20"
    assert (rows[0]["start_line"], rows[0]["end_line"], rows[0]["lines"]) == (11, 20, 30)
    assert {row["candidates"] for row in rows} == {2}
    only = ask("mesh_search_code", p_query="deploy", p_language=["typescript"], p_extension=[".TS"])
    assert [row["path"] for row in only] == ["web/page.ts"]


def test_a_symbol_counts_more_than_a_mention(ask, add_code):
    add_code("a.py", "calls deploy now")
    add_code("b.py", "calls it now", symbols=["deploy"])
    assert [row["path"] for row in ask("mesh_search_code", p_query="deploy")] == ["b.py", "a.py"]


def test_tickets_are_counted_in_total_and_by_each_value(ask, add_ticket):
    add_ticket("AB-1", "x", status="Open", priority="High")
    add_ticket("AB-2", "x", status="Open")
    add_ticket("CD-1", "x", status="Done", priority="High")
    rows = [(r["dimension"], r["value"], r["count"]) for r in ask("mesh_count_tickets")]
    assert rows == [
        ("total", None, 3),
        ("project", "AB", 2),
        ("project", "CD", 1),
        ("status", "Open", 2),
        ("status", "Done", 1),
        ("priority", "High", 2),
        ("priority", None, 1),
    ]
    assert ask("mesh_count_tickets", p_project="zz") == [
        {"dimension": "total", "value": None, "count": 0}
    ]
    assert ask("mesh_count_tickets", p_status=["open"], p_priority=["HIGH"])[0]["count"] == 1


def test_source_states_say_what_there_is_and_whose_embeddings(ask, add, add_document):
    assert {row["model"] for row in ask("mesh_source_states")} == {None}
    add_document("guide", "deploy", "again")
    add("mesh_embedding", model="text-embedding-3-small", dimensions=1536)
    rows = {row.pop("source"): row for row in ask("mesh_source_states")}
    known = {"model": "text-embedding-3-small", "dimensions": 1536}
    assert rows["documents"] == {"entries": 1, **known}
    assert rows["tickets"] == rows["commits"] == rows["code"] == {"entries": 0, **known}


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ({"p_mode": "magic"}, "22023"),
        ({"p_mode": "semantic"}, "22023"),
        ({"p_mode": "hybrid", "p_embedding": [0.1, 0.2]}, "22000"),
        ({"p_limit": 0}, "22023"),
        ({"p_threshold": 2}, "22023"),
    ],
)
def test_arguments_that_do_not_fit_are_refused(ask, arguments, code):
    with pytest.raises(APIError) as refused:
        ask("mesh_search_passages", p_query="x", **arguments)
    assert refused.value.code == code


def test_a_second_embedding_model_cannot_be_recorded_beside_the_first(add, supabase):
    add("mesh_embedding", model="one", dimensions=1536)
    with pytest.raises(psycopg.errors.UniqueViolation):
        add("mesh_embedding", model="two", dimensions=1536)


def test_vectors_of_tests_are_what_the_database_reads():
    assert vector("x").startswith("[")
