"""A development task is looked at from every source at once, and nothing is made up about it."""

from __future__ import annotations

import asyncio
import re
from copy import replace
from typing import Any

import pytest

from mcp_app.deadline import Deadline
from mcp_app.knowledge.analysis import analyse
from mcp_app.knowledge.embedded.backend import EmbeddedBackend
from mcp_app.knowledge.errors import (
    NoSourceAnsweredError,
    SearchTimeoutError,
    SourceUnavailableError,
)
from mcp_app.knowledge.results import DevelopmentAnalysis

TASK = "quarantine assets by their checksum"


def analysed(backend: EmbeddedBackend, task: str = TASK, **options) -> DevelopmentAnalysis:
    options.setdefault("deadline", Deadline.after(30))
    return asyncio.run(analyse(backend, task, **options))


def breaks(backend: EmbeddedBackend, monkeypatch, *searches: str, error: Exception | None = None):
    """Let these searches of the backend fail."""

    async def fail(*arguments, **options):
        raise error or SourceUnavailableError("Supabase", "it answered 503", "Ask again.")

    for search in searches:
        monkeypatch.setattr(backend, search, fail)


def test_every_source_is_asked_and_says_how_it_did(model) -> None:
    result = analysed(model("Assets are quarantined [1]."))
    assert result.status == "answered"
    assert result.answer == "Assets are quarantined [1]."
    assert result.grounded
    assert [source.source for source in result.sources] == ["documents", "commits", "code", "model"]
    assert all(source.status == "ok" for source in result.sources)
    assert result.findings.documents is not None
    assert "quarantines" in result.findings.documents.hits[0].text
    assert result.findings.commits is not None
    assert result.findings.commits.hits[0].author == "Ada Byron"
    assert result.findings.tickets is None, "not configured here"
    assert result.elapsed_ms > 0


def test_numbers_count_through_all_sources(model) -> None:
    backend = model("Assets are quarantined [2].")
    result = analysed(backend)
    assert result.findings.documents is not None
    assert result.findings.commits is not None
    assert len(result.findings.documents.hits) == 1
    assert [(one.number, one.source, one.id) for one in result.citations] == [
        (2, "commits", result.findings.commits.hits[0].id)
    ]
    content = backend.asked[0][1]
    assert '<passage number="2" code="' in content
    assert "Ada Byron, 2026-01-31" in content
    assert "files: " in content


def test_without_a_model_the_findings_are_the_result(index) -> None:
    backend = EmbeddedBackend(index)
    result = analysed(backend)
    asyncio.run(backend.close())
    assert (result.status, result.answer, result.model) == ("evidence_only", None, None)
    assert [one.number for one in result.citations] == list(range(1, len(result.citations) + 1))
    assert {"documents", "commits"} <= {one.source for one in result.citations}


def test_nothing_that_fits_is_no_evidence_and_no_model_is_asked(model) -> None:
    backend = model("Paris [1].")
    result = analysed(backend, "sail around the capital of France")
    assert result.status == "no_evidence"
    assert not result.grounded
    assert result.citations == ()
    assert result.model is None
    assert backend.asked == []
    for source in ("documents:", "commits:", "code:"):
        assert source in (result.reason or "")


def test_code_and_area_are_no_words_that_have_to_be_covered(model) -> None:
    backend = model("NOT_IN_PASSAGES")
    plain = analysed(backend)
    told = analysed(
        backend,
        code_context="class Sail: def tack(self, wind): return self.capital(wind) " * 50,
        system_area="infrastructure",
        urgency="critical",
    )
    assert plain.findings.documents is not None
    assert told.findings.documents is not None
    assert [hit.coverage for hit in told.findings.documents.hits] == [
        hit.coverage for hit in plain.findings.documents.hits
    ]
    assert told.findings.commits == plain.findings.commits
    assert "def tack" in backend.asked[1][1]
    assert "critical" in backend.asked[1][1]


def test_code_that_a_caller_gives_is_no_evidence(model) -> None:
    backend = model("BLAKE3 [1].")
    result = analysed(backend, "sail around Cape Horn", code_context="blake3 checksum " * 100)
    assert result.status == "no_evidence"
    assert backend.asked == []


@pytest.mark.parametrize("down", ["search_documents", "search_commits", "search_code"])
def test_one_source_down_is_named_and_the_others_answer(model, monkeypatch, down) -> None:
    backend = model("Assets are quarantined [1].")
    breaks(backend, monkeypatch, down)
    result = analysed(backend)
    name = down.removeprefix("search_")
    assert result.status == "answered"
    assert getattr(result.findings, name) is None
    states = {source.source: source for source in result.sources}
    assert states[name].status == "failed"
    assert "it answered 503" in (states[name].error or "")
    assert [states[other].status for other in states if other != name] == ["ok"] * 3


def test_no_evidence_says_which_source_was_not_asked(model, monkeypatch) -> None:
    backend = model()
    breaks(backend, monkeypatch, "search_commits", error=SearchTimeoutError("commits", 5))
    result = analysed(backend, "sail around Cape Horn")
    assert result.status == "no_evidence"
    assert "Not asked, so it may hold what is missing: commits" in (result.reason or "")


def test_all_sources_down_is_an_error_that_names_them(model, monkeypatch) -> None:
    backend = model("Paris [1].")
    breaks(backend, monkeypatch, "search_documents", "search_commits", "search_code")
    with pytest.raises(NoSourceAnsweredError, match="documents, commits, code") as raised:
        analysed(backend)
    assert str(raised.value).count("it answered 503") == 1, "one cause is said once"
    assert backend.asked == []


def test_an_argument_that_does_not_fit_is_an_error_of_its_own(model, monkeypatch) -> None:
    backend = model()
    breaks(backend, monkeypatch, "search_code", error=ValueError("threshold: 7 is too much"))
    with pytest.raises(ValueError, match="threshold: 7 is too much"):
        analysed(backend)


def test_sources_are_asked_at_one_time_and_a_slow_one_is_left(model, monkeypatch) -> None:
    backend = model("Assets are quarantined [1].")
    searches = ("search_documents", "search_commits", "search_code")
    # Nobody goes on before all have started: one after the other they would all be too late.
    all_begun = asyncio.Barrier(len(searches))
    for name in searches:
        search = getattr(backend, name)

        async def slow(*arguments, search=search, never=name == "search_code", **options) -> Any:
            await all_begun.wait()
            if never:
                await asyncio.Event().wait()
            return await search(*arguments, **options)

        monkeypatch.setattr(backend, name, slow)
    result = analysed(backend, deadline=Deadline.after(6))
    assert result.status == "answered", "half of the time was kept for the model"
    assert result.findings.code is None
    assert [source.status for source in result.sources] == ["ok", "ok", "failed", "ok"]
    said = re.search(r"code: the search took longer than ([\d.]+) s", result.sources[2].error or "")
    assert said is not None
    # Of the six seconds, some milliseconds are gone before the search starts.
    assert 2 < float(said[1]) <= 3


def test_a_model_that_is_down_leaves_the_findings(model) -> None:
    result = analysed(model(SourceUnavailableError("OpenAI", "it answered 500", "Ask again.")))
    assert result.status == "failed"
    assert result.findings.documents is not None
    assert result.citations
    assert result.sources[-1].error is not None


def test_an_analysis_that_cites_nothing_is_withheld(model) -> None:
    result = analysed(model("Rewrite everything in Rust."))
    assert result.status == "refused"
    assert result.answer is None
    assert "Rust" not in (result.reason or "")


def test_a_partial_search_within_a_source_is_named_too(model, monkeypatch) -> None:
    backend = model("Assets are quarantined [1].")
    search = backend.search_documents

    async def half(*arguments, **options):
        found = await search(*arguments, **options)
        missing = replace(found.sources[0], source="vector store", status="failed", error="503")
        return replace(found, sources=(*found.sources, missing))

    monkeypatch.setattr(backend, "search_documents", half)
    sources = {source.source: source.status for source in analysed(backend).sources}
    assert sources["vector store"] == "failed"
    assert sources["documents"] == "ok"
