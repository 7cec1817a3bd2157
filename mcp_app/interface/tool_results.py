"""What tools give to models: few tokens unless more is asked for, and nothing that is null.

A result is plain data. `compact` shows of each hit what decides whether to read it: id, title,
heading, link, date and a snippet around the words that matched. `full` shows all that is known.
"""

# Without annotations from __future__: TypedDict would compile the text of each at a cold start,
# which is a tenth of a first call.
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal, NotRequired, TypedDict

from mesh.runtime.record import Record

type Detail = Literal["compact", "full"]
Data = dict[str, Any]

# Tokens are estimated. Models have fewer tokens than this for JSON in English; each sign beyond
# ASCII is taken for one.
BYTES_PER_TOKEN = 3
# So that ten hits are at most 1,000 of o200k_base's, which has more than estimated for hashes.
COMPACT_TOKENS_PER_HIT = 92
# A snippet shorter than this says nothing.
LEAST_SNIPPET = 40
LONGEST_SNIPPET = 300
_OUTLINE = ("id", "title", "heading", "link", "date")
_BESIDE = {
    "tickets": ("status", "priority"),
    "commits": ("author",),
    "code": ("language",),
    "documents": (),
}
_ALWAYS = ("hits", "citations", "sources", "passages")
_LEFT_OUT = ("candidates", "terms", "ignored_terms", "elapsed_ms", "query", "current_task")


# Fields of hits, sources and the like are not listed: schemas would be most of `tools/list`.
# docs/reference/tools.md has them.


class Found(TypedDict):
    """Hits, best first. `omitted` counts those that `max_tokens` had no room for."""

    hits: list[Data]
    omitted: NotRequired[int]
    reason: NotRequired[str]
    mode: str
    threshold: float
    sources: list[Data]


class Answer(TypedDict):
    """An answer or an analysis, and what it stands on."""

    status: str
    grounded: bool
    answer: NotRequired[str]
    reason: NotRequired[str]
    citations: list[Data]
    sources: list[Data]
    passages: NotRequired[list[Data]]
    findings: NotRequired[Data]
    omitted: NotRequired[int]


class Counted(TypedDict):
    """Tickets counted; a tally without `value` counts those that have none."""

    total: int
    by_project: list[Data]
    by_status: list[Data]
    by_priority: list[Data]
    sources: list[Data]


class Ticket(TypedDict):
    """A whole ticket."""

    id: str
    title: str
    text: str
    project: str
    labels: list[str]
    link: NotRequired[str]
    status: NotRequired[str]
    priority: NotRequired[str]
    updated: NotRequired[str]
    sources: list[Data]


class Health(TypedDict):
    """State of the server: `healthy`, `degraded`, or `unhealthy` if nothing can be searched."""

    status: str
    version: str
    sources: list[Data]
    metrics: NotRequired[Data]
    diagnostics: NotRequired[Data]


class Offered(TypedDict):
    """What this deployment offers."""

    name: str
    version: str
    backend: str
    search: str
    corpus_date: NotRequired[str]
    sources: list[Data]
    tools: list[Data]


class Result(TypedDict):
    """What `fetch` takes as `id`; `url` is empty where nothing can be opened."""

    id: str
    title: str
    url: str


class Results(TypedDict):
    """Hits of all sources in turn; `failed` names each source that could not be asked."""

    results: list[Result]
    failed: NotRequired[list[str]]


class Document(TypedDict):
    """A page of a document, ticket, commit or code file; `metadata.next_id` fetches the next."""

    id: str
    title: str
    text: str
    url: str
    metadata: dict[str, Any]


# Pydantic would leave out what is not listed.
# https://docs.pydantic.dev/latest/concepts/config/#configuration-on-typeddict
for _kind in (Found, Answer, Counted, Ticket, Health, Offered):
    setattr(_kind, "__pydantic_config__", {"extra": "allow"})  # noqa: B010 - no attribute of the type


def plain(value: Any) -> Any:
    """A value as JSON has it, without what is None."""
    if isinstance(value, Record):
        value = value.as_dict()
    if isinstance(value, Mapping):
        return {name: plain(one) for name, one in value.items() if one is not None}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [plain(one) for one in value]
    return value


def tokens(value: Any) -> int:
    """About how many tokens a model needs for a value in JSON; rather too many than too few."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    if text.isascii():
        return -(-len(text) // BYTES_PER_TOKEN)
    narrow = sum(sign.isascii() for sign in text)
    return len(text) - narrow - (-narrow // BYTES_PER_TOKEN)


def found(result: Record, detail: Detail, max_tokens: int | None) -> Found:
    """The result of a search, as a tool gives it.

    Args:
        result: a `SearchResult`.
        detail: how much of it.
        max_tokens: how long it may be; None for the default, without a limit if `full`.
    """
    fields = result.as_dict()
    hits: Sequence[Any] = fields["hits"]
    terms = fields["terms"]
    data: Data = {"hits": []} | plain(fields)
    if detail == "compact":
        data = _short(data)
        data["hits"] = [_outlined(hit) for hit in hits]
        if max_tokens is None:
            max_tokens = COMPACT_TOKENS_PER_HIT * max(1, len(hits))
        _add_snippets(data, data["hits"], hits, terms, max_tokens)
    if max_tokens is not None:
        _cut(data, data["hits"], max_tokens)
    return data  # type: ignore[return-value]  # plain data of that form


def answered(result: Record, detail: Detail, max_tokens: int | None) -> Answer:
    """An answer or an analysis, as a tool gives it; see `found`.

    Where no model wrote an answer, the passages are the answer: they have their whole text.
    """
    fields = result.as_dict()
    data: Data = plain(fields)
    groups: Mapping[str, Any] = (
        {"passages": fields["passages"]}
        if "passages" in fields
        else {name: one.hits for name, one in fields["findings"].as_dict().items() if one}
    )
    if detail == "compact":
        data = _short(data)
        whole = "passages" in groups and fields["answer"] is None
        terms = fields.get("terms") or fields.get("current_task", "").split()
        shown = {
            name: [
                _outlined(hit)
                | {"text": hit.text if whole else snippet(hit.text, terms, LONGEST_SNIPPET)}
                for hit in hits
            ]
            for name, hits in groups.items()
        }
        data |= shown if "passages" in groups else {"findings": _findings(data, shown)}
    if max_tokens is not None:
        if fields["answer"] is None:
            # They repeat what the hits say.
            data["citations"] = []
        findings = data.get("findings", {}).values()
        lists = [data["passages"]] if "passages" in data else [one["hits"] for one in findings]
        # The longest list gives first.
        for hits in sorted(lists, key=tokens, reverse=True):
            _cut(data, hits, max_tokens)
    return data  # type: ignore[return-value]  # plain data of that form


def _findings(data: Data, shown: Mapping[str, list[Data]]) -> Data:
    """By source, its hits and why there are none."""
    reasons = {name: data["findings"][name].get("reason") for name in shown}
    return {name: plain({"hits": hits, "reason": reasons[name]}) for name, hits in shown.items()}


def _short(data: Data) -> Data:
    return {
        name: value
        for name, value in data.items()
        if name not in _LEFT_OUT and (value not in ([], {}) or name in _ALWAYS)
    }


def _outlined(hit: Any) -> Data:
    """A hit without its text."""
    fields = hit.as_dict()
    heading = fields.get("heading")
    data = {name: fields.get(name) for name in _OUTLINE}
    data["date"] = data["date"] or fields.get("updated") or fields.get("created")
    data["heading"] = " > ".join(heading) if heading else None
    data |= {name: fields.get(name) for name in _BESIDE.get(hit.source, ())}
    if hit.source not in _BESIDE:
        # Another one than the tool is for, such as a vector store.
        data["source"] = hit.source
    data["score"] = round(fields["score"], 3)
    return {name: value for name, value in data.items() if value is not None}


def _add_snippets(
    data: Data, shown: Sequence[Data], hits: Sequence[Any], terms: Sequence[str], most: int
) -> None:
    """Give each hit its share of the room that is left."""
    if not hits:
        return
    left = (most - tokens(data)) // len(hits)
    # A sign that something was left out, a token, may stand at both ends.
    room = (left - 2) * BYTES_PER_TOKEN - len(',"text":""')
    for one, hit in zip(shown, hits, strict=True):
        length = max(LEAST_SNIPPET, min(LONGEST_SNIPPET, room))
        text = snippet(hit.text, terms, length)
        # In other scripts a sign may be a token.
        wide = sum(not sign.isascii() for sign in text.strip("\u2026"))
        if wide > length // 4:
            text = snippet(hit.text, terms, max(LEAST_SNIPPET // 3, length // 3))
        one["text"] = text


def _cut(data: Data, shown: list[Data], most: int) -> None:
    """Leave out the last hits until the data fits; the first stays, with less of its text."""
    omitted = data.get("omitted", 0)
    while len(shown) > 1 and tokens(data) > most:
        shown.pop()
        omitted += 1
        data["omitted"] = omitted
    over = tokens(data) - most
    if shown and over > 0 and "text" in shown[0]:
        text = shown[0]["text"]
        kept = max(LEAST_SNIPPET, len(text) - over * BYTES_PER_TOKEN - 1)
        if kept < len(text):
            shown[0]["text"] = text[:kept].rstrip() + "\u2026"


def snippet(text: str, terms: Iterable[str], length: int) -> str:
    """The part of a text that has the most of these words, in one line.

    Args:
        text: the whole.
        terms: words, as they were asked for; their endings do not matter.
        length: characters at most, without the signs that something was left out.
    """
    # Headings at its beginning are told already.
    body = re.sub(r"\A(?:\s*#{1,6}\s[^\n]*(?:\n|\Z))+", "", text) or text
    line = re.sub(r"\s+", " ", body).strip()
    if len(line) <= length:
        return line
    lower = line.lower()
    places = sorted(
        (found.start(), term)
        for term in {_stem(term) for term in terms}
        for found in re.finditer(re.escape(term), lower)
    )
    best, start = 0, 0
    for number, (place, _) in enumerate(places):
        within = {term for at, term in places[number : number + 50] if at < place + length * 0.7}
        if len(within) > best:
            best, start = len(within), place
    start = max(0, min(start - length // 5, len(line) - length))
    part = line[start : start + length]
    if start:
        part = "\u2026" + part.partition(" ")[2] if " " in part[:30] else "\u2026" + part
    if start + length < len(line):
        part = (part.rpartition(" ")[0] if " " in part[-30:] else part) + "\u2026"
    return part


def _stem(term: str) -> str:
    """How a word begins in all its forms, nearly."""
    lower = term.lower()
    return lower[: max(4, len(lower) - 3)] if lower.isascii() else lower
