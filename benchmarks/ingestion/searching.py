"""Asks PostgREST as the server does, and measures how long answers take."""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import httpx

from aoma.local_supabase.openai.server import LocalOpenAI
from aoma.local_supabase.stack import LocalSupabase

MODES = ("keyword", "semantic", "hybrid")
# Pages and plans that nobody has asked for yet are read first.
WARM = 3
_LIMIT_SECONDS = 20.0
_TIMEOUT_SECONDS = 30.0
_RESULTS = 15


@dataclass(frozen=True)
class Case:
    """What is searched, with which role, and through which filters."""

    name: str
    function: str
    token: str = field(repr=False)
    claims: dict[str, Any]
    filters: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Latency:
    """How long the answers of one case in one mode took.

    Attributes:
        case: which one.
        mode: how it was searched.
        count: how many searches were measured.
        hits: the mean number of hits.
        p50_ms: half of them took no longer.
        p99_ms: all but the slowest hundredth took no longer.
    """

    case: str
    mode: str
    count: int
    hits: float
    p50_ms: float
    p99_ms: float


def cases(supabase: LocalSupabase) -> list[Case]:
    """What is measured.

    Documents are searched by somebody who may read all of them and by somebody who may read a
    tenth; tickets without filters, by project (a fifth), by status and priority (a twentieth).
    """
    group: dict[str, Any] = {"app_metadata": {"groups": ["staff"]}}
    reader: dict[str, Any] = {"role": "authenticated"}
    staff = supabase.user_token("staff@example.com", groups=["staff"]), reader | group
    guest = supabase.user_token("guest@example.com"), reader
    # What the server itself may is the same; its role is not one that `postgres` may take.
    server = supabase.server_token(), reader
    narrow = {"p_status": ["Open"], "p_priority": ["High"]}
    return [
        Case("passages, reader of all", "passages", *staff),
        Case("passages, reader of a tenth", "passages", *guest),
        Case("tickets", "tickets", *server),
        Case("tickets of a project", "tickets", *server, {"p_project": "RIGHTS"}),
        Case("tickets by status and priority", "tickets", *server, narrow),
    ]


def vectors_of(queries: Sequence[str]) -> list[str]:
    """The queries' embeddings, as PostgREST takes them."""
    return [json.dumps(LocalOpenAI.embed(query)) for query in queries]


def measure(supabase: LocalSupabase, case: Case, mode: str, queries: Sequence[str]) -> Latency:
    """Ask every query once, or as many as there is time for."""
    took, hits = [], []
    headers = {"apikey": supabase.publishable_key, "authorization": f"Bearer {case.token}"}
    vectors = vectors_of(queries)
    with httpx.Client(timeout=_TIMEOUT_SECONDS, headers=headers) as client:
        began = time.monotonic()
        for number, (query, vector) in enumerate(zip(queries, vectors, strict=True)):
            asked = {
                "p_query": query,
                "p_embedding": None if mode == "keyword" else vector,
                "p_mode": mode,
                "p_limit": _RESULTS,
                "p_threshold": 0.0,
                **case.filters,
            }
            start = time.perf_counter()
            answer = client.post(f"{supabase.rest_url}/rpc/mesh_search_{case.function}", json=asked)
            answer.raise_for_status()
            found = answer.json()
            if number >= WARM:
                took.append((time.perf_counter() - start) * 1000)
                hits.append(len(found))
            if time.monotonic() - began > _LIMIT_SECONDS and took:
                break
    cuts = statistics.quantiles(took, n=100, method="inclusive") if len(took) > 1 else took * 99
    return Latency(case.name, mode, len(took), statistics.mean(hits), cuts[49], cuts[98])
