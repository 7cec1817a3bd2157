"""The settings of the Supabase backend: addresses, models, and where its secrets are."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType

from mesh.runtime.config.variables import SettingsError, Variables, names, number, required
from mesh.runtime.record import Record

SOURCES = ("documents", "tickets", "commits", "code")
OPENAI = "https://api.openai.com/v1"
# One number a strategy, for both of its measures. As coverage they are about what the
# embedded backend was measured with; as cosines of text-embedding-3-small they lie between
# what is about something near (.3) and a passage that answers (.5 and more).
THRESHOLDS = MappingProxyType(
    {"search": 0.30, "comprehensive": 0.40, "focused": 0.50, "rapid": 0.60}
)
# pgvector indexes at most 2,000 dimensions. https://github.com/pgvector/pgvector#hnsw
MAX_DIMENSIONS = 2000
_WHY = "AOMA_BACKEND=supabase needs it"


class SupabaseSettings(Record):
    """Where the supabase backend finds what it asks. Nothing secret: SSM parameters by name.

    Attributes:
        url: the project's address, such as https://abc.supabase.co, without a slash last.
        key_parameter: holds the publishable key, which lets requests into the project.
        token_parameter: holds the server's own JWT, which says what it may read.
        openai_key_parameter: holds the OpenAI API key.
        openai_url: OpenAI's address, or that of what speaks its protocol.
        embedding_model: what the stored embeddings were made with.
        embedding_dimensions: how long they are.
        answer_model: what writes answers; None for passages only.
        vector_store_id: an OpenAI vector store to search too; None for none.
        sources: those that callers are offered, of `SOURCES`.
        thresholds: least coverage or similarity, by strategy; `search` for the search tools.
        secrets_ttl_seconds: how long a secret that was read is trusted.
    """

    url: str
    key_parameter: str
    token_parameter: str
    openai_key_parameter: str
    openai_url: str
    embedding_model: str
    embedding_dimensions: int
    answer_model: str | None
    vector_store_id: str | None
    sources: tuple[str, ...]
    thresholds: Mapping[str, float]
    secrets_ttl_seconds: float


def _address(variables: Variables, name: str, default: str | None = None) -> str:
    text = variables.get(name, "").strip() or default or required(variables, name, _WHY)
    try:
        from urllib.parse import urlsplit  # INIT may do without

        parts = urlsplit(text)
        # In clear, secrets go no further than this machine.
        clear = parts.scheme == "http" and parts.hostname in {"127.0.0.1", "localhost"}
        fits = (parts.scheme == "https" or clear) and parts.hostname and not parts.username
    except ValueError:
        fits = False
    if not fits or parts.query or parts.fragment:
        # Not quoted: an address may carry a password.
        raise SettingsError(f"{name} is no address such as https://abc.supabase.co.")
    return text.rstrip("/")


def _parameter(variables: Variables, secret: str) -> str:
    from mesh.runtime.aws.secrets import parameters  # INIT may do without

    found = parameters(variables).get(secret)
    if found is None:
        raise SettingsError(
            f"There is no secret {secret}, and {_WHY}. Add it to Terraform's variable secrets."
        )
    return found


def _sources(variables: Variables) -> tuple[str, ...]:
    chosen = names(variables, "AOMA_SOURCES") or SOURCES
    if unknown := [name for name in chosen if name not in SOURCES]:
        raise SettingsError(
            f"AOMA_SOURCES has {', '.join(unknown)}; it takes {', '.join(SOURCES)}."
        )
    return tuple(name for name in SOURCES if name in chosen)


def _thresholds(variables: Variables) -> Mapping[str, float]:
    """`AOMA_THRESHOLDS`, such as `focused=0.5,rapid=0.7`; what it does not name stays."""
    given = dict(THRESHOLDS)
    for entry in names(variables, "AOMA_THRESHOLDS"):
        name, _, value = entry.partition("=")
        if name not in given:
            raise SettingsError(f"AOMA_THRESHOLDS has {name!r}; it takes {', '.join(given)}.")
        given[name] = number(f"AOMA_THRESHOLDS {name}", value, (0, 1))
    return given


def load(variables: Variables, *, secrets_ttl_seconds: float) -> SupabaseSettings:
    """Read and check them.

    Raises:
        SettingsError: a variable is missing or has a value that does not fit.
    """
    name = "AOMA_EMBEDDING_DIMENSIONS"
    dimensions = number(name, variables.get(name) or "1536", (1, MAX_DIMENSIONS))
    store = variables.get("AOMA_VECTOR_STORE_ID", "").strip() or None
    if store and not re.fullmatch(r"[A-Za-z0-9_-]{1,128}", store):
        raise SettingsError(f"AOMA_VECTOR_STORE_ID is {store!r}; it must look like vs_abc123.")
    return SupabaseSettings(
        url=_address(variables, "SUPABASE_URL").removesuffix("/rest/v1"),
        key_parameter=_parameter(variables, "SUPABASE_KEY"),
        token_parameter=_parameter(variables, "SUPABASE_TOKEN"),
        openai_key_parameter=_parameter(variables, "OPENAI_API_KEY"),
        openai_url=_address(variables, "OPENAI_BASE_URL", OPENAI),
        embedding_model=variables.get("AOMA_EMBEDDING_MODEL") or "text-embedding-3-small",
        embedding_dimensions=int(dimensions),
        answer_model=variables.get("AOMA_ANSWER_MODEL", "").strip() or None,
        vector_store_id=store,
        sources=_sources(variables),
        thresholds=_thresholds(variables),
        secrets_ttl_seconds=secrets_ttl_seconds,
    )
