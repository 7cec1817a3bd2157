"""Exports that are read as `mesh ingest` and the build read them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from aoma.corpus.jira import TicketText, read_tickets
from aoma.corpus.report import Ledger
from tests.fixtures.jira_samples import saved


@pytest.fixture
def read(tmp_path: Path):
    """Reads exports given as text, bytes or JSON; gives the tickets and the ledger."""

    def make(*contents: Any, base_url: str | None = None) -> tuple[list[TicketText], Ledger]:
        ledger = Ledger()
        places = [
            saved(tmp_path / f"export-{number}.jira", content)
            for number, content in enumerate(contents)
        ]
        return list(read_tickets(places, ledger, base_url)), ledger

    return make
