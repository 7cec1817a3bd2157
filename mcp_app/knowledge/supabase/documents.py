"""Whole documents, and lists of them, from the database's tables."""

from __future__ import annotations

from collections.abc import Sequence

from mcp_app.deadline import Deadline
from mcp_app.knowledge.results import Document, DocumentEntry
from mcp_app.knowledge.supabase import rows
from mcp_app.knowledge.supabase.client import SupabaseService

DOCUMENTS, PASSAGES = "mesh_documents", "mesh_passages"
COLUMNS = "id,title,corpus,link"
# Below what any PostgREST is set to give at once: a page that is shorter is the last.
PAGE = 200


async def read(supabase: SupabaseService, name: str, deadline: Deadline) -> Document | None:
    """The document with this id, or the one that the passage with this id lies in.

    Raises:
        CallFailedError: a table cannot be read.
    """
    columns = f"{COLUMNS},changed_at"
    found = await supabase.rows_where(DOCUMENTS, columns, "id", name, deadline)
    if not found:
        within = await supabase.rows_where(PASSAGES, "document", "id", name, deadline)
        if not within:
            return None
        found = await supabase.rows_where(
            DOCUMENTS, columns, "id", str(within[0].get("document")), deadline
        )
    if not found:
        return None
    entry = rows.document_entry(found[0], DOCUMENTS)
    passages = await _passages(supabase, entry.id, deadline)
    return Document(
        id=entry.id,
        title=entry.title,
        text="\n\n".join(passage.text for passage in passages),
        link=entry.link,
        corpus=entry.corpus,
        passages=tuple(passage.id for passage in passages),
        date=rows.in_utc(found[0].get("changed_at")),
    )


async def _passages(
    supabase: SupabaseService, document: str, deadline: Deadline
) -> list[rows.PassageText]:
    passages: list[rows.PassageText] = []
    while True:
        page = await supabase.rows_after(
            PASSAGES,
            "id,ordinal,text",
            order="ordinal",
            after=passages[-1].ordinal if passages else None,
            limit=PAGE,
            deadline=deadline,
            equal=("document", document),
        )
        passages += [rows.passage_text(row, PASSAGES) for row in page]
        if len(page) < PAGE:
            return passages


def _pattern(prefix: str) -> str:
    r"""What LIKE takes for this prefix.

    `\` escapes LIKE's own signs. PostgREST's `*` cannot be escaped: any one character stands
    for it.
    https://docs.postgrest.org/en/stable/references/api/tables_views.html#operators
    """
    escaped = "".join(f"\\{sign}" if sign in "\\%_" else sign for sign in prefix)
    return escaped.replace("*", "_") + "%"


async def entries(
    supabase: SupabaseService, prefix: str, after: str | None, limit: int, deadline: Deadline
) -> Sequence[DocumentEntry]:
    """See `Backend.list_documents`; the order is the database's.

    Raises:
        CallFailedError: the table cannot be read.
    """
    found = await supabase.rows_after(
        DOCUMENTS,
        COLUMNS,
        order="id",
        after=after,
        limit=limit,
        deadline=deadline,
        like=("id", _pattern(prefix)) if prefix else None,
    )
    listed = [rows.document_entry(row, DOCUMENTS) for row in found]
    return [entry for entry in listed if entry.id.startswith(prefix)]
