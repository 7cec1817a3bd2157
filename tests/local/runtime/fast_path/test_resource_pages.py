"""Documents are listed and read as FastMCP does it, more than fit on a page and odd ones too."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from aoma.corpus import write_index
from mcp_app import document_list, resource_handlers
from mcp_app.document_list import MARK
from mesh.runtime.access.api_keys import digest, generate
from tests.local.runtime.fast_path.copies import compare
from tests.local.runtime.fast_path.requests import KINDS, asked

MORE = 230
ODD = ("with space.md", "späť/über.md", "a&b?c=d#e.md", "per%20cent.md", "(x)~'y'.md")


@pytest.fixture
def many(tmp_path: Path) -> Path:
    """An index of many documents, some with odd names."""
    folder = tmp_path / "corpus"
    for name in (*(f"page-{number:03}.md" for number in range(MORE)), *ODD):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(f'# “{name}” \\ "quoted" </a>\n\nText of {name}.\n')
    target = tmp_path / "many.sqlite3"
    write_index(target, documents=[folder], repositories=[], exports=[])
    return target


def test_every_page_of_resources_is_the_same_by_both_ways(
    project: Path, tmp_path: Path, many: Path
) -> None:
    keys = {"all": generate(), "few": generate()}
    stored = [
        {"name": name, "sha256": digest(key), "last4": key[-4:], "created": "2026-01-01"}
        | ({"tools": ["search_knowledge"]} if name == "few" else {})
        for name, key in keys.items()
    ]

    def lists(key: str, params: dict[str, Any]) -> list[Any]:
        return [asked("resources/list", params, kind, keys[key]) for kind in KINDS]

    cursors = [f"{MARK}cGFnZS0wOTkubWQ=", f"{MARK}cGFnZS0yMjkubWQ=", f"{MARK}eno="]
    wrong = ["", None, 3, "x", MARK, f"{MARK}!", f"{MARK}cGFnZS0wOTkubWQ", "eyJvIjogMTAwfQ=="]
    events = [
        *lists("all", {}),
        *(one for cursor in cursors for one in lists("all", {"cursor": cursor})),
        *(one for cursor in wrong for one in lists("all", {"cursor": cursor})),
        *lists("all", {"page": 2}),
        *lists("few", {}),
    ]
    found = compare(project, many, tmp_path / "run", events, json.dumps({"keys": stored}))
    assert found.different == []
    # The first page, and what follows a document; nothing else is sure to be a cursor.
    assert {*range(3 * (1 + len(cursors)))} <= found.served
    assert not {*range(len(events) - 6, len(events))} & found.served


def test_every_document_is_read_alike_by_both_ways(
    project: Path, tmp_path: Path, many: Path
) -> None:
    plain = ["page-000.md", "page-229.md", "page-007.md#0"]
    odd = [*ODD, *map(quote, ODD), "", "/", "../page-000.md", "page-000.md/", "no-such.md", "a//b"]
    addresses = [f"{document_list.DOCUMENTS}{one}" for one in (*plain, *odd)]
    addresses += ["aoma://health", "AOMA://docs/page-000.md", "aoma:docs/page-000.md"]
    asked_for: list[dict[str, Any]] = [
        *({"uri": one} for one in addresses),
        *({"uri": 3}, {}, {"uri": addresses[0], "more": 1}, {"name": addresses[0]}),
    ]
    events = [asked("resources/read", one, kind) for one in asked_for for kind in KINDS]
    found = compare(project, many, tmp_path / "run", events)
    assert found.different == []
    # The ids of these are their addresses.
    assert {*range(3 * 2)} <= found.served
    few = {number // 3 for number in found.served}
    assert {asked_for[number]["uri"] for number in few} <= {
        document_list.DOCUMENTS + one for one in (*plain, *ODD)
    }


def test_pages_and_cursors_are_those_of_fastmcps_way() -> None:
    here = (MARK, document_list.PAGE, document_list.DOCUMENTS)
    assert here == (resource_handlers.MARK, resource_handlers.PAGE, resource_handlers.DOCUMENTS)
    # By it the place of an id in an address is known.
    assert resource_handlers.DOCUMENTS.endswith("/")
