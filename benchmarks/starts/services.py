"""What functions ask on their way: SSM, and for one backend Supabase and OpenAI."""

from __future__ import annotations

import json
import secrets
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from aoma.database.migrate import migrate
from aoma.local_supabase import LocalSupabaseError
from aoma.local_supabase.openai.hashed_words import embed
from aoma.local_supabase.openai.server import LocalOpenAI
from aoma.local_supabase.stack import LocalSupabase
from benchmarks.starts import trees
from benchmarks.starts.authority import kept
from benchmarks.starts.issuer import Issuer
from benchmarks.starts.parameter_store import ParameterStore
from mesh.runtime.access.api_keys import ApiKey, digest, generate, stored
from mesh.runtime.domain import origin_secret

API_KEYS = "/benchmark/api-keys"
ORIGIN_SECRET = "/benchmark/origin-secret"
MODEL = "hashed-words"
TEXTS = {
    "rollback": "Releases are rolled back with one command: mesh rollback moves the alias.",
    "deploy": "To deploy the server, run terraform apply.",
    "cats": "Cats sleep all day.",
}


@dataclass(frozen=True)
class Services:
    """What runs beside the instances.

    Attributes:
        key: The API key that callers send.
        way: The header by which a domain proves that requests came through it.
        store: SSM over TLS, as on AWS.
        plain_store: SSM without TLS, for what must be repeatable to the instruction.
        issuer: Makes access tokens.
        supabase: Variables of the supabase backend; None where it cannot run here.
        usual: Variables of the usual server, which has its secrets in its environment.
        missing: Why there is no Supabase here.
    """

    key: str
    way: Mapping[str, str]
    store: ParameterStore
    plain_store: ParameterStore
    issuer: Issuer
    supabase: Mapping[str, str] | None
    usual: Mapping[str, str]
    missing: str | None


def _loaded(supabase: LocalSupabase) -> None:
    """Put a few documents into the database, as ingestion would."""
    with supabase.connect() as connection:
        migrate(connection)
        connection.execute(
            "insert into mesh_embedding (model, dimensions) values (%s, 1536)", (MODEL,)
        )
        for name, text in TEXTS.items():
            connection.execute(
                "insert into mesh_documents (id, title, corpus) values (%s, %s, 'docs')",
                (name, name.title()),
            )
            connection.execute(
                "insert into mesh_passages (id, document, ordinal, text, embedding) "
                "values (%s, %s, 0, %s, %s)",
                (f"{name}#0", name, text, str(embed(text, 1536))),
            )
    supabase.reload_schema()


@contextmanager
def services(*, with_supabase: bool) -> Iterator[Services]:
    """Start them, and end them.

    Args:
        with_supabase: Whether Supabase and OpenAI are wanted.
    """
    key = generate()
    entry = stored(ApiKey("benchmark", digest(key), key[-4:], created="2026-01-01T00:00:00+00:00"))
    way = secrets.token_urlsafe(32)
    hashes = {"sha256": origin_secret.digest(way), "created": "2026-01-01T00:00:00+00:00"}
    values = {
        API_KEYS: json.dumps({"keys": [entry]}),
        ORIGIN_SECRET: json.dumps({"secrets": [hashes]}),
    }
    with ExitStack() as stack:
        backend: dict[str, str] | None = None
        # Clients that are made and never asked need an address and something like a key.
        usual = {
            # FastMCP does not start without, and Lambda sets none.
            "HOME": "/tmp",
            "SUPABASE_URL": "http://127.0.0.1:9",
            "SUPABASE_KEY": "a.b.c",
            "OPENAI_API_KEY": "sk-none",
            "OPENAI_BASE_URL": "http://127.0.0.1:9/v1",
            "EMBEDDING_MODEL": MODEL,
        }
        missing = None if with_supabase else "not asked for"
        if with_supabase:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="mesh-starts-")))
            # PostgreSQL may run as another user than this one.
            folder.chmod(0o755)
            try:
                project = stack.enter_context(LocalSupabase(folder / "supabase"))
                _loaded(project)
            except LocalSupabaseError as error:
                missing = str(error)
            else:
                openai = stack.enter_context(LocalOpenAI())
                values |= {
                    "/benchmark/supabase-key": project.publishable_key,
                    "/benchmark/supabase-token": project.server_token(expires_in=24 * 3600),
                    "/benchmark/openai-api-key": openai.api_key,
                }
                backend = {
                    "SUPABASE_URL": project.url,
                    "MESH_SECRETS": json.dumps(
                        {
                            "SUPABASE_KEY": "/benchmark/supabase-key",
                            "SUPABASE_TOKEN": "/benchmark/supabase-token",
                            "OPENAI_API_KEY": "/benchmark/openai-api-key",
                        }
                    ),
                    "OPENAI_BASE_URL": openai.base_url,
                    "AOMA_EMBEDDING_MODEL": MODEL,
                    "AOMA_ANSWER_MODEL": "quoting-stand-in",
                    "AOMA_THRESHOLDS": "search=0.1,comprehensive=0.1,focused=0.1,rapid=0.1",
                }
                usual |= {
                    "SUPABASE_URL": project.url,
                    "SUPABASE_KEY": project.service_role_key,
                    "OPENAI_API_KEY": openai.api_key,
                    "OPENAI_BASE_URL": openai.base_url,
                }
        yield Services(
            key,
            {origin_secret.HEADER: way, origin_secret.VIEWER_HEADER: "203.0.113.9"},
            stack.enter_context(ParameterStore(values, kept(trees.FOLDER)[1])),
            stack.enter_context(ParameterStore(values, certificate=None)),
            stack.enter_context(Issuer()),
            backend,
            usual,
            missing,
        )
