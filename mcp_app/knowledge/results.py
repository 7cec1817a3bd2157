"""What a search gives back: records, which FastMCP and Pydantic take for dataclasses.

Every hit says what its numbers are, and none is made up. `score` orders the hits of one source
and one search, and `score_kind` says what it measures. Scores of different kinds, sources or
queries are not comparable, so they are never merged into one order.

- `coverage` is from 0 to 1: the share of the query's distinct words that the hit holds. None where
  the search did not look at words.
- `similarity` is from -1 to 1: cosine of the query's and the hit's embeddings. None where the
  search did not use embeddings.
"""

from __future__ import annotations

from typing import Literal

from mesh.runtime.record import Record

# `bm25`: SQLite's, higher is better, unbounded, rare words counting more in coverage too.
# `text_rank`: PostgreSQL's ts_rank_cd. `cosine_similarity`: as `similarity`.
# `reciprocal_rank_fusion`: of the ranks by words and by embedding. `vector_store`: OpenAI's
# own score of a vector store's result, 0 to 1.
type ScoreKind = Literal[
    "bm25", "text_rank", "cosine_similarity", "reciprocal_rank_fusion", "vector_store"
]
type Mode = Literal["keyword", "semantic", "hybrid"]


class Passage(Record, kw_only=True):
    """A section of a document, or a part of a long section, at most 2,000 characters.

    `date` is that of the last commit that changed its document, where git knows it.
    """

    source: str = "documents"
    id: str
    title: str
    heading: tuple[str, ...]
    text: str
    link: str | None
    score: float
    score_kind: ScoreKind
    coverage: float | None = None
    similarity: float | None = None
    document: str
    corpus: str
    date: str | None = None


class FileChange(Record, kw_only=True):
    """A file in a commit; lines are None for a binary file."""

    path: str
    additions: int | None
    deletions: int | None


class Commit(Record, kw_only=True):
    """A git commit; `text` is its message, `files` the first 50 of `files_changed`.

    The counts are None where git cannot know them: at the edge of a shallow clone.
    """

    source: str = "commits"
    id: str
    title: str
    text: str
    link: str | None
    score: float
    score_kind: ScoreKind
    coverage: float | None = None
    similarity: float | None = None
    repository: str
    hash: str
    author: str
    date: str
    files: tuple[FileChange, ...]
    files_changed: int | None
    additions: int | None
    deletions: int | None


class CodeFile(Record, kw_only=True):
    """A code file by its best part: `text` is lines `start_line` to `end_line` of it.

    `date` is that of the last commit that changed it, where git knows it.
    """

    source: str = "code"
    id: str
    title: str
    text: str
    link: str | None
    score: float
    score_kind: ScoreKind
    coverage: float | None = None
    similarity: float | None = None
    repository: str
    path: str
    language: str | None
    extension: str
    size_bytes: int
    lines: int
    start_line: int
    end_line: int
    date: str | None = None


class SourceReport(Record, kw_only=True):
    """How one source did in one call; `error` says why it failed, for people.

    A call that asks several sources gives what it got from the others, and names here the
    one that is missing. A model is a source too: it has no hits.
    """

    source: str
    status: Literal["ok", "failed"]
    hits: int
    latency_ms: float
    error: str | None = None


class Ticket(Record, kw_only=True):
    """A Jira ticket: `id` is its key, `title` its summary, `text` its description.

    `created` and `updated` are ISO 8601 in UTC. What an export does not hold is None.
    """

    source: str = "tickets"
    id: str
    title: str
    text: str
    link: str | None
    project: str
    type: str | None
    status: str | None
    priority: str | None
    labels: tuple[str, ...]
    assignee: str | None
    created: str | None
    updated: str | None


class TicketDetails(Ticket, kw_only=True):
    """A whole ticket, and how it was read."""

    sources: tuple[SourceReport, ...]


class TicketHit(Ticket, kw_only=True):
    """A ticket that a search found; its text is cut to the first 2,000 characters."""

    score: float
    score_kind: ScoreKind
    coverage: float | None = None
    similarity: float | None = None


class Tally(Record, kw_only=True):
    """How many tickets have this value; `value` is None for those that have none."""

    value: str | None
    count: int


class TicketCount(Record, kw_only=True):
    """Tickets that pass the filters, counted; the tallies go from the most to the fewest."""

    total: int
    by_project: tuple[Tally, ...]
    by_status: tuple[Tally, ...]
    by_priority: tuple[Tally, ...]
    # Filled in by the tool, which knows how long the call took.
    sources: tuple[SourceReport, ...] = ()


class SearchResult[Hit](Record, kw_only=True):
    """Hits, best first within each source, and how they were found.

    Attributes:
        hits: those at or above `threshold`, at most as many as asked for; a ticket whose key
            the query names is among them whatever its coverage or similarity.
        mode: how the search was made.
        threshold: the least `coverage` of a hit where the mode is `keyword`, the least
            `similarity` where it is `semantic`; a hit of `hybrid` reaches it in either.
        candidates: how many entries were looked at before the threshold; None where the
            source does not tell.
        terms: the query's distinct words after stop words, as asked; none where the search
            did not look at words.
        unknown_terms: those of `terms` that nothing in the source holds, where it tells.
        ignored_terms: words beyond the limit per query, which were not searched for.
        sources: every source that was asked.
        reason: why there are no hits, in a sentence; None when there are some.
    """

    hits: tuple[Hit, ...]
    mode: Mode
    threshold: float
    candidates: int | None
    terms: tuple[str, ...] = ()
    unknown_terms: tuple[str, ...] = ()
    ignored_terms: tuple[str, ...] = ()
    sources: tuple[SourceReport, ...]
    reason: str | None


# What can be cited.
type Evidence = Passage | TicketHit | Commit | CodeFile


class Citation(Record, kw_only=True):
    """A passage by its number in the answer, counted from 1."""

    number: int
    source: str
    id: str
    title: str
    link: str | None


# `answered`: a model wrote `answer` from the passages and its citations were checked.
# `evidence_only`: this deployment has no model; the passages are the answer.
# `no_evidence`: nothing reached the threshold; no model was asked.
# `not_in_passages`: the model read what reached it, and found no answer there.
# `refused`: the model's answer did not cite the passages as it must, or is not whole, so it is
# withheld.
# `failed`: there is evidence, and the model could not be asked.
type AnswerStatus = Literal[
    "answered", "evidence_only", "no_evidence", "not_in_passages", "refused", "failed"
]


class KnowledgeAnswer(Record, kw_only=True):
    """Passages that are evidence for a query, each with its citation.

    Attributes:
        status: how far the question got; see `AnswerStatus`.
        grounded: whether there is evidence: false for `no_evidence`, when there are no
            passages, and for `not_in_passages`, when they are beside the point.
        answer: what a model wrote from the passages, with `[1]` for citation 1; None unless
            `status` is `answered`.
        model: the model that answers here; None where there is none, or nothing to ask it
            about.
        citations: the passages that the answer cites; without an answer, all of them. A
            number is a place in `passages`, counted from 1.
        reason: why there is no answer, in a sentence or two; None when there is one.
        threshold: the least `coverage` or `similarity` that counted.
        candidates: see `SearchResult`.
        terms: see `SearchResult`.
        unknown_terms: see `SearchResult`.
        sources: every source that was asked, the model among them.
        elapsed_ms: wall-clock time of the whole call.
    """

    query: str
    strategy: str
    status: AnswerStatus
    grounded: bool
    answer: str | None
    model: str | None
    passages: tuple[Passage, ...]
    citations: tuple[Citation, ...]
    reason: str | None
    threshold: float
    candidates: int | None
    terms: tuple[str, ...] = ()
    unknown_terms: tuple[str, ...] = ()
    sources: tuple[SourceReport, ...]
    elapsed_ms: float


class Findings[Hit](Record, kw_only=True):
    """What one of several sources gave; see `SearchResult`."""

    hits: tuple[Hit, ...]
    mode: Mode
    threshold: float
    candidates: int | None
    reason: str | None


class DevelopmentFindings(Record, kw_only=True):
    """Findings by source; None for one that is not configured, or that failed (see `sources`)."""

    documents: Findings[Passage] | None = None
    tickets: Findings[TicketHit] | None = None
    commits: Findings[Commit] | None = None
    code: Findings[CodeFile] | None = None


class DevelopmentAnalysis(Record, kw_only=True):
    """What the sources hold on a development task.

    Attributes:
        status: how far it got; see `AnswerStatus`.
        grounded: see `KnowledgeAnswer`.
        answer: the analysis that a model wrote from the findings, with `[1]` for citation 1;
            None unless `status` is `answered`.
        model: see `KnowledgeAnswer`.
        findings: what each source holds. Their scores are not comparable across sources.
        citations: the findings that the analysis cites; without one, all of them. Numbers
            count from 1 through documents, tickets, commits and code, in this order.
        reason: why there is no analysis, in a sentence or two; None when there is one.
        threshold: the least `coverage` or `similarity` that counted.
        sources: every source that was asked, the model among them; one that failed says why.
        elapsed_ms: wall-clock time of the whole call.
    """

    current_task: str
    system_area: str | None
    urgency: str
    status: AnswerStatus
    grounded: bool
    answer: str | None
    model: str | None
    findings: DevelopmentFindings
    citations: tuple[Citation, ...]
    reason: str | None
    threshold: float
    sources: tuple[SourceReport, ...]
    elapsed_ms: float


class DocumentEntry(Record, kw_only=True):
    """A document in a list of documents."""

    id: str
    title: str
    link: str | None
    corpus: str


class Document(Record, kw_only=True):
    """A whole document: its passages in reading order, joined."""

    id: str
    title: str
    text: str
    link: str | None
    corpus: str
    passages: tuple[str, ...]
    date: str | None = None


class Repository(Record, kw_only=True):
    """An indexed git repository; `problem` says what its history or files lack."""

    name: str
    commit: str | None
    commits: int
    code_files: int
    problem: str | None


class Statistics(Record, kw_only=True):
    """What an index holds, as counted when it was built."""

    schema_version: int
    size_bytes: int
    documents: int
    passages: int
    tickets: int
    commits: int
    code_files: int
    code_parts: int
    corpora: tuple[str, ...]
    projects: tuple[str, ...]
    repositories: tuple[Repository, ...]


class SourceState(Record, kw_only=True):
    """One source's answer to a health check.

    Attributes:
        source: its name, e.g. `documents`.
        status: whether it can be asked.
        latency_ms: how long the check took.
        entries: how many documents, tickets, commits or files it holds; None when it is
            down or does not tell.
        error: why it is down, for people; None when it is not.
        last_error: what last went wrong with it on this instance and when, ISO 8601; kept
            after it has recovered.
    """

    source: str
    status: Literal["ok", "down"]
    latency_ms: float
    entries: int | None = None
    error: str | None = None
    last_error: str | None = None
