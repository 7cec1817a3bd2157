"""`mesh ingest` against a real database, with documents, a repository and tickets to load."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

from aoma.local_supabase.openai.server import LocalOpenAI
from aoma.local_supabase.stack import LocalSupabase
from mesh.cli import run

HANDBOOK = {
    "rights.md": "# Rights\n\n## Territories\n\nA contract lists the territories.\n\n"
    "## Royalties\n\nRoyalties are paid each quarter.\n",
    "delivery.md": "# Delivery\n\n## Watermarks\n\nMasters leave with an audible watermark.\n",
    "ingest.md": "# Ingest\n\n## Quarantine\n\nFiles with a virus stay in quarantine.\n",
}
TICKETS = (
    "Issue key,Issue Type,Status,Priority,Summary,Description,Labels\n"
    "AOMA-1,Bug,Open,High,Upload stalls,The upload of a large master stalls.,upload\n"
    "AOMA-2,Story,Done,Low,Export to a spreadsheet,Users want their lists as files.,export\n"
    "AOMA-3,Bug,Open,Low,Artwork is blurred,Covers are shown too small.,artwork\n"
)


@dataclass
class Printed:
    """What a command printed and how it ended."""

    status: int
    out: str
    err: str

    @property
    def both(self) -> str:
        return self.out + self.err


@dataclass
class Mesh:
    """The command, the database and the API behind it, and something to load."""

    supabase: LocalSupabase
    openai: LocalOpenAI
    capture: pytest.CaptureFixture[str]
    handbook: Path
    service: Path
    export: Path
    environment: dict[str, str] = field(default_factory=dict)

    def ingest(self, *arguments: str | Path) -> Printed:
        self.capture.readouterr()
        status = run(["ingest", *map(str, arguments)])
        out, err = self.capture.readouterr()
        return Printed(status, out, err)

    def loaded(self, *arguments: str | Path) -> Printed:
        printed = self.ingest(*arguments, "--yes")
        assert printed.status == 0, printed.both
        return printed

    def embedded(self) -> list[str]:
        """Every text that the API was sent since the last time."""
        texts = [
            text
            for request in self.openai.requests.to("/embeddings")
            for text in request.json["input"]
        ]
        self.openai.requests.clear()
        return texts

    def rows(self, question: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        with self.supabase.connect() as connection:
            return connection.execute(question.encode(), values).fetchall()

    def count(self, table: str, condition: str = "true") -> int:
        number = self.rows(f"select count(*) from {table} where {condition}")[0][0]  # noqa: S608 - the tests' own words
        assert isinstance(number, int)
        return number

    def search(
        self, name: str, query: str, mode: str = "keyword", token: str | None = None
    ) -> list[dict[str, Any]]:
        """What PostgREST answers the server, or a user with a token."""
        vector = None if mode == "keyword" else json.dumps(self.openai.embed(query))
        answer = httpx.post(
            f"{self.supabase.rest_url}/rpc/mesh_search_{name}",
            json={"p_query": query, "p_mode": mode, "p_embedding": vector, "p_threshold": 0.1},
            headers={
                "apikey": self.supabase.publishable_key,
                "authorization": f"Bearer {token or self.supabase.server_token()}",
            },
        )
        assert answer.status_code == 200, answer.text
        found: list[dict[str, Any]] = answer.json()
        return found


def git(folder: Path, *arguments: str) -> str:
    who = {
        f"GIT_{role}_{part}": value
        for role in ("AUTHOR", "COMMITTER")
        for part, value in (
            ("NAME", "Ada Example"),
            ("EMAIL", "ada@example.com"),
            ("DATE", "2026-03-01T12:00:00+01:00"),
        )
    }
    return subprocess.run(
        ("git", *arguments),
        cwd=folder,
        env=os.environ | {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"} | who,
        check=True,
        capture_output=True,
        text=True,
    ).stdout.strip()


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str, str], Path]:
    def put(name: str, text: str) -> Path:
        place = tmp_path / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text)
        return place

    return put


@pytest.fixture
def mesh(
    supabase: LocalSupabase,
    openai_server: LocalOpenAI,
    tmp_path: Path,
    write: Callable[[str, str], Path],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Mesh:
    for name, text in HANDBOOK.items():
        write(f"handbook/{name}", text)
    write(
        "service/src/player.py",
        '"""Plays."""\n\n\ndef seekForward(seconds):\n    return seconds\n',
    )
    service = tmp_path / "service"
    git(service, "init", "--quiet", "--initial-branch=main")
    git(service, "add", "--all")
    git(service, "commit", "--quiet", "--message", "The player can seek forward")
    environment = {
        "MESH_DATABASE_URL": supabase.database_url,
        "OPENAI_API_KEY": openai_server.api_key,
        "OPENAI_BASE_URL": openai_server.base_url,
    }
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    return Mesh(
        supabase,
        openai_server,
        capsys,
        tmp_path / "handbook",
        service,
        write("tickets.csv", TICKETS),
        environment,
    )
