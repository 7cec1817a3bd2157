"""Tickets in the index: found by words and by key, filtered, counted, and never made up."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from aoma.corpus import write_index
from mcp_app.deadline import Deadline
from mcp_app.knowledge.embedded.backend import EmbeddedBackend
from mcp_app.knowledge.embedded.index import EmbeddedIndex, open_index
from mcp_app.knowledge.errors import SourceUnavailableError
from mcp_app.knowledge.results import Tally
from tests.fixtures.jira_samples import csv_text, row, saved

ROWS = [
    row(
        "VAULT-1",
        summary="Proxy transcoding stops at ProRes masters",
        description="The transcoder waits for a codec licence. See VAULT-12 for the queue.",
        status="Open",
        priority="High",
        labels=("transcoding", "mxf"),
    ),
    row(
        "VAULT-2",
        summary="Checksum mismatch quarantines good masters",
        description="verifyChecksum compares upper-case digests.",
        status="In Progress",
        priority="Highest",
    ),
    row(
        "VAULT-12",
        summary="Queue of the transcoder is not fair",
        description="Long jobs starve short ones. " + "Zebra. " * 1_000 + "The end.",
        status="Done",
        priority="High",
    ),
    row("ZOO-12", summary="Überblick über Rechte", status="OFFEN", priority=""),
    row("A1_B-3", summary="Rights window closes late", status="open", priority="Low"),
]


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tickets")
    export = saved(folder / "tickets.csv", csv_text(ROWS))
    target = folder / "knowledge.sqlite3"
    write_index(
        target,
        documents=[],
        repositories=[],
        exports=[export],
        jira_url="https://jira.example.com",
    )
    return target


@pytest.fixture(scope="module")
def index(file: Path):
    opened = open_index(file)
    yield opened
    opened.close()


def keys(result: Any) -> list[str]:
    return [hit.id for hit in result.hits]


def test_ticket_is_found_by_its_words_with_all_its_fields(index: EmbeddedIndex) -> None:
    hit = index.search_tickets("proxies of ProRes masters").hits[0]
    assert (hit.source, hit.id, hit.project, hit.type) == ("tickets", "VAULT-1", "VAULT", "Bug")
    assert (hit.title, hit.status, hit.priority, hit.assignee) == (
        "Proxy transcoding stops at ProRes masters",
        "Open",
        "High",
        "Ada Example",
    )
    assert hit.labels == ("mxf", "transcoding")
    assert hit.link == "https://jira.example.com/browse/VAULT-1"
    assert (hit.created, hit.updated) == ("2026-01-31T10:00:00+00:00", "2026-02-01T16:30:00+00:00")
    assert (hit.score_kind, hit.coverage, hit.similarity) == ("bm25", 1.0, None)
    assert hit.score > 0


@pytest.mark.parametrize(
    ("query", "first"),
    [
        ("mxf", "VAULT-1"),
        ("verify checksum", "VAULT-2"),
        ("starving jobs", "VAULT-12"),
        ("ubersicht überblick", "ZOO-12"),
        ("rights window", "A1_B-3"),
    ],
)
def test_labels_descriptions_and_identifiers_are_searched(
    index: EmbeddedIndex, query: str, first: str
) -> None:
    assert keys(index.search_tickets(query))[0] == first


@pytest.mark.parametrize(
    "query",
    [
        "VAULT-12",
        "vault-12",
        "(VAULT-12)",
        "what became of VAULT-12, the checksum mismatch that quarantines good ProRes masters?",
        "VAULT-12 checksum mismatch masters codec licence proxy transcoding rights window late",
    ],
)
def test_key_in_the_query_finds_its_ticket_first(index: EmbeddedIndex, query: str) -> None:
    result = index.search_tickets(query, threshold=0.9)
    assert keys(result)[0] == "VAULT-12"
    # Its numbers stay true: it is first because it was named, and not by its score.
    assert 0 < (result.hits[0].coverage or 0) <= 1
    everything = index.search_tickets(query, max_results=10)
    assert everything.hits[0] == result.hits[0]


def test_keys_come_in_the_order_of_the_query(index: EmbeddedIndex) -> None:
    found = index.search_tickets("a1_b-3 and zoo-12 before VAULT-2 or VAULT-99 (checksum)")
    assert keys(found)[:3] == ["A1_B-3", "ZOO-12", "VAULT-2"]


def test_part_of_a_key_names_no_ticket(index: EmbeddedIndex) -> None:
    for query in ("XVAULT-12", "VAULT-123", "X-VAULT-12", "VAULT-12a", "VAULT-1_2"):
        assert index.search_tickets(query, threshold=1.0).hits == (), query


def test_named_ticket_that_the_filters_leave_out_is_not_shown(index: EmbeddedIndex) -> None:
    assert "VAULT-12" not in keys(index.search_tickets("VAULT-12 transcoder", status=["open"]))


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        ({}, {"VAULT-1", "VAULT-2", "VAULT-12", "ZOO-12", "A1_B-3"}),
        ({"project": "vault"}, {"VAULT-1", "VAULT-2", "VAULT-12"}),
        ({"project": "VAUL"}, set()),
        ({"project": "a1_b"}, {"A1_B-3"}),
        ({"status": ["OPEN"]}, {"VAULT-1", "A1_B-3"}),
        ({"status": ["offen", " in progress "]}, {"VAULT-2", "ZOO-12"}),
        ({"priority": ["high"]}, {"VAULT-1", "VAULT-12"}),
        (
            {"priority": ["high", "low"], "status": ["done", "open"]},
            {"VAULT-1", "VAULT-12", "A1_B-3"},
        ),
        ({"priority": [""]}, set()),
        ({"status": ["%"]}, set()),
        ({"project": "' OR 1=1 --"}, set()),
        ({"project": "ZOO", "priority": ["High"]}, set()),
    ],
)
def test_filters_hold_for_search_and_for_count(
    index: EmbeddedIndex, filters: dict[str, Any], found: set[str]
) -> None:
    result = index.search_tickets("bug", **filters)
    assert set(keys(result)) == found
    assert result.candidates == len(found)
    assert found or result.reason == "Nothing in the tickets passes the filters."
    assert index.count_tickets(**filters).total == len(found)


def test_filters_do_not_change_score_or_coverage(index: EmbeddedIndex) -> None:
    everything = {hit.id: hit for hit in index.search_tickets("transcoder masters").hits}
    for hit in index.search_tickets("transcoder masters", project="vault").hits:
        assert everything[hit.id] == hit


def test_tickets_are_counted_from_the_most_to_the_fewest(index: EmbeddedIndex) -> None:
    count = index.count_tickets()
    assert count.total == 5
    assert count.by_project == (
        Tally(value="VAULT", count=3),
        Tally(value="A1_B", count=1),
        Tally(value="ZOO", count=1),
    )
    assert count.by_priority == (
        Tally(value="High", count=2),
        Tally(value="Highest", count=1),
        Tally(value="Low", count=1),
        Tally(value=None, count=1),
    )
    # As exported: names that differ in case are not merged.
    assert {tally.value for tally in count.by_status} == {
        *("Open", "open", "In Progress", "Done", "OFFEN")
    }
    assert index.count_tickets(project="none").by_project == ()


def test_filters_and_counts_read_no_descriptions(file: Path) -> None:
    index = open_index(file)
    asked: list[str] = []
    with index._file.connection() as connection:
        connection.set_trace_callback(asked.append)
    index.count_tickets(project="VAULT", status=["open"], priority=["high"])
    index.statistics()
    with index._file.connection() as connection:
        connection.set_trace_callback(None)
        plans = [
            [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {statement}")]
            for statement in asked
            if "FROM tickets" in statement
        ]
    index.close()
    assert len(plans) >= 5
    assert all("COVERING INDEX" in plan[0] for plan in plans), plans


def test_long_text_is_cut_in_a_hit_and_whole_in_the_ticket(index: EmbeddedIndex) -> None:
    hit = index.search_tickets("VAULT-12").hits[0]
    whole = index.get_ticket("vault-12")
    assert whole is not None
    assert len(hit.text) == 2_000
    assert whole.text.endswith("Zebra. The end.")
    assert whole.text.startswith(hit.text)
    assert whole.labels == ()
    assert index.get_ticket(" ZOO-12\n") is not None
    assert index.get_ticket("ZOO-1") is None


SYNTAX = ['"', "'", "*", "-", "^", "(", "NEAR(", "key:", " AND ", "VAULT-1", "vault-", "-1", "\x00"]


@settings(
    max_examples=150,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    st.one_of(st.lists(st.sampled_from(SYNTAX), max_size=30).map("".join), st.text(max_size=100))
)
@example("VAULT-1 " * 300)
@example("A-" + "9" * 5_000)
@example("\ud800-1")
def test_any_text_is_data(index: EmbeddedIndex, text: str) -> None:
    for result in (
        index.search_tickets(text),
        index.search_tickets("bug", project=text, status=[text], priority=[text]),
    ):
        assert all(0 < (hit.coverage or 0) <= 1 for hit in result.hits)
        assert (result.reason is None) == bool(result.hits)
    found = index.get_ticket(text)
    assert found is None or found.id == text.strip().upper()
    assert index.count_tickets(project=text).total in {0, 1, 3}


def test_backend_gives_tickets_and_says_that_it_does(file: Path) -> None:
    async def asked() -> None:
        backend = EmbeddedBackend(file)
        deadline = Deadline.after(5)
        assert backend.available() == {"tickets"}
        found = await backend.search_tickets("starving jobs", deadline=deadline, project="vault")
        assert keys(found)[0] == "VAULT-12"
        assert found.sources[0].source == "tickets"
        assert found.threshold == 0.3
        ticket = await backend.get_ticket("VAULT-2", deadline=deadline)
        assert ticket is not None
        assert ticket.title.startswith("Checksum")
        assert (await backend.count_tickets(deadline=deadline, status=["done"])).total == 1
        states = await backend.check(deadline)
        assert [(state.source, state.status, state.entries) for state in states] == [
            ("tickets", "ok", 5)
        ]
        with pytest.raises(ValueError, match="keyword only"):
            await backend.search_tickets("x", deadline=deadline, mode="semantic")
        await backend.close()

    asyncio.run(asked())


def test_index_without_tickets_claims_nothing_about_them(tmp_path: Path) -> None:
    target = tmp_path / "knowledge.sqlite3"
    write_index(target, documents=[], repositories=[])

    async def asked() -> None:
        backend = EmbeddedBackend(target)
        deadline = Deadline.after(5)
        assert "tickets" not in backend.available()
        for call in (
            backend.search_tickets("x", deadline=deadline),
            backend.get_ticket("X-1", deadline=deadline),
            backend.count_tickets(deadline=deadline),
        ):
            with pytest.raises(SourceUnavailableError, match="no Jira export"):
                await call
        await backend.close()

    asyncio.run(asked())
