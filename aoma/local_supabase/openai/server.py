"""A stand-in for OpenAI's API: embeddings, Responses, vector stores.

What it takes is checked with the SDK's own types. Its embeddings are hashed words, or those of
`small_model` for who asks for that model. Its answers are quotes, and it says so.
"""

from __future__ import annotations

import base64
import json
import struct
import threading
import time
import uuid
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from aoma.local_supabase.gateway import send_answer
from aoma.local_supabase.http.faults import (
    Fault,
    Faults,
    Receive,
    Scope,
    Send,
    read_body,
    with_faults,
)
from aoma.local_supabase.http.recorder import Recorded, Requests
from aoma.local_supabase.http.server import Server
from aoma.local_supabase.openai import small_model
from aoma.local_supabase.openai.hashed_words import embed, similarity
from aoma.local_supabase.openai.quotations import quote
from aoma.local_supabase.openai.requests import (
    DIMENSIONS,
    BadRequestError,
    check,
    check_embedding,
    tokens,
)

V1 = "/v1"
STORE_DIMENSIONS = 1536
type Answer = str | Callable[[dict[str, Any]], str]

TYPES_BY_STATUS = {
    400: ("invalid_request_error", None),
    401: ("invalid_request_error", "invalid_api_key"),
    403: ("invalid_request_error", "unsupported_country_region_territory"),
    404: ("invalid_request_error", None),
    429: ("requests", "rate_limit_exceeded"),
}


def error_body(status: int, message: str = "", param: str | None = None) -> object:
    """The JSON that OpenAI sends with an error status."""
    kind, code = TYPES_BY_STATUS.get(status, ("server_error", None))
    said = message or f"ordered fault {status}"
    return {"error": {"message": said, "type": kind, "param": param, "code": code}}


@dataclass(frozen=True)
class StoredFile:
    """A file in a vector store."""

    filename: str
    text: str
    attributes: Mapping[str, str | float | bool] = field(default_factory=dict)
    file_id: str = field(default_factory=lambda: f"file-{uuid.uuid4().hex[:24]}")


class LocalOpenAI:
    """The running stand-in; `with LocalOpenAI() as openai_server:` starts and ends it.

    Args:
        api_key: the key that it takes; set the attribute to another to rotate it.
        port: the port to take when it is free.

    Attributes:
        base_url: what `openai.OpenAI(base_url=...)` is given.
        faults: what requests are to meet; paths are like `/v1/embeddings`.
        requests: what was asked.
        answers: what `/v1/responses` says next, each used once, before it quotes again: a
            text, or a function of the request's body.
        vector_stores: files by the store's id; a store must be there to be searched.
        models: names that `/v1/responses` takes; None for any.
    """

    def __init__(self, api_key: str = "sk-local-test", *, port: int = 0) -> None:
        self.api_key = api_key
        self.faults = Faults()
        self.requests = Requests()
        self.answers: deque[Answer] = deque()
        self.vector_stores: dict[str, list[StoredFile]] = {}
        self.models: set[str] | None = None
        self._lock = threading.Lock()
        self._server = Server(with_faults(self._serve, self.faults, error_body), port)
        self.base_url = f"{self._server.url}{V1}"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def port(self) -> int:
        """Where it listens."""
        return self._server.port

    def stop(self) -> None:
        """End it."""
        self._server.stop()

    def reset(self) -> None:
        """Forget faults, requests, answers and vector stores; take any model."""
        self.faults.clear()
        self.requests.clear()
        self.answers.clear()
        self.vector_stores.clear()
        self.models = None

    @staticmethod
    def embed(text: str, dimensions: int = 1536) -> list[float]:
        """The embedding that it gives for a text."""
        return embed(text, dimensions)

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        body = await read_body(receive)
        headers = {name.decode(): value.decode("latin-1") for name, value in scope["headers"]}
        request = Recorded(
            scope["method"], scope["path"], scope["query_string"].decode(), headers, body
        )
        self.requests.add(request)
        try:
            status, content = 200, self._answer(request, scope.get("mesh.fault"))
        except BadRequestError as error:
            status, content = error.status, error_body(error.status, str(error), error.param)
        told = {"x-request-id": f"req_{uuid.uuid4().hex}", "openai-processing-ms": "1"}
        if isinstance(content, bytes):
            await send_answer(send, status, content, {**told, "content-type": "text/event-stream"})
        else:
            await send_answer(send, status, json.dumps(content).encode(), told)

    def _answer(self, request: Recorded, fault: Fault | None) -> object:
        if request.bearer != self.api_key:
            shown = f"{request.bearer[:3]}***" if request.bearer else "none"
            raise BadRequestError(f"Incorrect API key provided: {shown}.", status=401)
        parts = request.path.removeprefix(V1).strip("/").split("/")
        try:
            body = json.loads(request.body) if request.body else {}
        except ValueError:
            body = None
        content: object
        match (request.method, parts):
            case ("POST", ["embeddings"]):
                content = self._embeddings(body, fault)
            case ("POST", ["responses"]):
                content = self._response(body)
            case ("POST", ["vector_stores", store, "search"]):
                content = self._search(store, body)
            case ("GET", ["vector_stores", store]):
                content = self._store(store)
            case ("GET", ["models"]):
                content = {"object": "list", "data": [_model(name) for name in DIMENSIONS]}
            case ("GET", ["models", name]):
                content = self._known_model(name)
            case _:
                raise BadRequestError(f"Invalid URL ({request.method} {request.path})", status=404)
        return content

    def _known_model(self, name: str) -> object:
        if name not in DIMENSIONS and self.models is not None and name not in self.models:
            raise BadRequestError(f"The model '{name}' does not exist", "model", 404)
        return _model(name)

    def _embeddings(self, body: Any, fault: Fault | None) -> object:
        texts, dimensions = check_embedding(body)
        if fault is not None and fault.dimensions is not None:
            dimensions = fault.dimensions
        packed = body.get("encoding_format") == "base64"
        embedding = small_model.embed if body["model"] == small_model.NAME else embed
        data = []
        for index, text in enumerate(texts):
            vector: Any = embedding(text, dimensions)
            if packed:
                vector = base64.b64encode(struct.pack(f"<{dimensions}f", *vector)).decode()
            data.append({"object": "embedding", "index": index, "embedding": vector})
        used = sum(map(tokens, texts))
        usage = {"prompt_tokens": used, "total_tokens": used}
        return {"object": "list", "data": data, "model": body["model"], "usage": usage}

    def _response(self, body: Any) -> object:
        streamed = isinstance(body, dict) and body.get("stream") is True
        asked = check("streamed responses" if streamed else "responses", body)
        model = asked.get("model")
        if not model:
            raise BadRequestError("Missing required parameter: 'model'.", "model")
        self._known_model(str(model))
        content = _text_of(asked.get("input"))
        with self._lock:
            scripted = self.answers.popleft() if self.answers else None
        text = scripted(asked) if callable(scripted) else scripted
        if text is None:
            text = quote(content)
        limit = asked.get("max_output_tokens")
        whole = True
        if limit is not None and tokens(text) > limit:
            whole, text = False, text[: limit * 4]
        used = tokens(content + (asked.get("instructions") or ""))
        response = _response_object(asked, text, used, whole=whole)
        if not streamed:
            return response
        return _events(response, text)

    def _store(self, store: str) -> dict[str, Any]:
        files = self.vector_stores.get(store)
        if files is None:
            raise BadRequestError(f"Vector store with id '{store}' not found.", None, 404)
        count = len(files)
        return {
            "id": store,
            "object": "vector_store",
            "created_at": 1_700_000_000,
            "name": "local",
            "status": "completed",
            "usage_bytes": sum(len(file.text) for file in files),
            "last_active_at": int(time.time()),
            "metadata": {},
            "file_counts": {
                **dict.fromkeys(("in_progress", "failed", "cancelled"), 0),
                "completed": count,
                "total": count,
            },
        }

    def _search(self, store: str, body: Any) -> object:
        asked = check("search", body)
        self._store(store)
        queries = [asked["query"]] if isinstance(asked["query"], str) else list(asked["query"])
        most = asked.get("max_num_results", 10)
        if not 1 <= most <= 50:  # noqa: PLR2004 - as documented
            raise BadRequestError("Invalid 'max_num_results': 1 to 50.", "max_num_results")
        least = (asked.get("ranking_options") or {}).get("score_threshold") or 0.0
        wanted = embed(" ".join(queries), STORE_DIMENSIONS)
        found = []
        for file in self.vector_stores[store]:
            score = max(0.0, similarity(wanted, embed(file.text, STORE_DIMENSIONS)))
            if score >= least and _passes(asked.get("filters"), file.attributes):
                found.append((score, file))
        found.sort(key=lambda pair: (-pair[0], pair[1].filename))
        return {
            "object": "vector_store.search_results.page",
            "search_query": queries,
            "data": [
                {
                    "file_id": file.file_id,
                    "filename": file.filename,
                    "score": score,
                    "attributes": dict(file.attributes),
                    "content": [{"type": "text", "text": file.text}],
                }
                for score, file in found[:most]
            ],
            "has_more": len(found) > most,
            "next_page": None,
        }


def _model(name: str) -> dict[str, Any]:
    return {"id": name, "object": "model", "created": 1_700_000_000, "owned_by": "local"}


def _text_of(content: Any) -> str:
    """All text of a request's input."""
    if isinstance(content, str):
        return content
    if isinstance(content, list):
        return "\n\n".join(filter(None, map(_text_of, content)))
    if isinstance(content, dict):
        return _text_of(content.get("content") or content.get("text") or "")
    return ""


def _response_object(
    asked: dict[str, Any], text: str, input_tokens: int, *, whole: bool
) -> dict[str, Any]:
    output_tokens = tokens(text)
    status = "completed" if whole else "incomplete"
    return {
        "id": f"resp_{uuid.uuid4().hex}",
        "object": "response",
        "created_at": int(time.time()),
        "status": status,
        "error": None,
        "incomplete_details": None if whole else {"reason": "max_output_tokens"},
        "instructions": asked.get("instructions"),
        "max_output_tokens": asked.get("max_output_tokens"),
        "metadata": {},
        "model": asked["model"],
        "output": [
            {
                "type": "message",
                "id": f"msg_{uuid.uuid4().hex}",
                "status": status,
                "role": "assistant",
                "content": [{"type": "output_text", "text": text, "annotations": []}],
            }
        ],
        "parallel_tool_calls": True,
        "temperature": 1.0,
        "tool_choice": "auto",
        "tools": [],
        "top_p": 1.0,
        "usage": {
            "input_tokens": input_tokens,
            "input_tokens_details": {"cached_tokens": 0},
            "output_tokens": output_tokens,
            "output_tokens_details": {"reasoning_tokens": 0},
            "total_tokens": input_tokens + output_tokens,
        },
    }


def _events(response: dict[str, Any], text: str) -> bytes:
    """The same answer as server-sent events, all at once."""
    item = response["output"][0]
    place = {"item_id": item["id"], "output_index": 0, "content_index": 0}
    created = {**response, "status": "in_progress", "output": [], "usage": None}
    events: list[dict[str, Any]] = [{"type": "response.created", "response": created}]
    events += [
        {"type": "response.output_text.delta", **place, "delta": piece, "logprobs": []}
        for piece in (text[at : at + 40] for at in range(0, len(text), 40))
    ]
    events += [
        {"type": "response.output_text.done", **place, "text": text, "logprobs": []},
        {"type": f"response.{response['status']}", "response": response},
    ]
    return b"".join(
        f"event: {event['type']}\ndata: {json.dumps({**event, 'sequence_number': n})}\n\n".encode()
        for n, event in enumerate(events)
    )


def _passes(wanted: Any, attributes: Mapping[str, Any]) -> bool:
    """Whether a file's attributes meet a filter of a vector store search."""
    if not wanted:
        return True
    kind = wanted["type"]
    if kind in {"and", "or"}:
        each = [_passes(inner, attributes) for inner in wanted["filters"]]
        return all(each) if kind == "and" else any(each)
    has, value = attributes.get(wanted["key"]), wanted["value"]
    if has is None:
        return False
    tests: dict[str, Callable[[], bool]] = {
        "eq": lambda: has == value,
        "ne": lambda: has != value,
        "gt": lambda: has > value,
        "gte": lambda: has >= value,
        "lt": lambda: has < value,
        "lte": lambda: has <= value,
        "in": lambda: has in value,
        "nin": lambda: has not in value,
    }
    return kind in tests and tests[kind]()
