"""Whole commits and code files, and the latest date, from the database's tables."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

from mcp_app.deadline import Deadline
from mcp_app.knowledge.item import Item
from mcp_app.knowledge.supabase import rows
from mcp_app.knowledge.supabase.client import SupabaseService

COMMITS, FILES, PARTS = "mesh_commits", "mesh_code_files", "mesh_code_parts"
# Below what any PostgREST is set to give at once: a page that is shorter is the last.
PAGE = 200
# The column with the date, by source.
DATES = {
    "documents": ("mesh_documents", "changed_at"),
    "tickets": ("mesh_tickets", "updated_at"),
    "commits": (COMMITS, "committed_at"),
    "code": (FILES, "changed_at"),
}


class _Commit(NamedTuple):
    id: str
    repository: str
    subject: str
    body: str
    author: str
    date: str
    paths: list[str]
    link: str | None


class _File(NamedTuple):
    id: str
    repository: str
    path: str
    link: str | None
    changed_at: str | None


class _Part(NamedTuple):
    start_line: int
    text: str


async def read(
    supabase: SupabaseService, source: str, name: str, deadline: Deadline
) -> Item | None:
    """The whole commit or code file with this id; None when there is none.

    Raises:
        CallFailedError: a table cannot be read.
    """
    reader = _commit if source == "commits" else _code
    return await reader(supabase, name, deadline)


async def _commit(supabase: SupabaseService, name: str, deadline: Deadline) -> Item | None:
    columns = ",".join(_Commit._fields)
    found = await supabase.rows_where(COMMITS, columns, "id", name, deadline)
    if not found:
        return None
    row = rows.checked(_Commit, found[0], COMMITS)
    changed = "\n".join(f"- {path}" for path in row.paths[:50])
    message = f"{row.subject}\n\n{row.body}".strip()
    return Item(
        source="commits",
        id=row.id,
        title=row.subject,
        text=f"{message}\n\nAuthor: {row.author}\nChanged files:\n{changed}".strip(),
        link=row.link,
        date=row.date,
        within=row.repository,
    )


async def _code(supabase: SupabaseService, name: str, deadline: Deadline) -> Item | None:
    columns = ",".join(_File._fields)
    found = await supabase.rows_where(FILES, columns, "id", name.partition("#L")[0], deadline)
    if not found:
        return None
    row = rows.checked(_File, found[0], FILES)
    parts: list[_Part] = []
    while True:
        page = await supabase.rows_after(
            PARTS,
            ",".join(_Part._fields),
            order="start_line",
            after=parts[-1].start_line if parts else None,
            limit=PAGE,
            deadline=deadline,
            equal=("file", row.id),
        )
        parts += [rows.checked(_Part, one, PARTS) for one in page]
        if len(page) < PAGE:
            break
    return Item(
        source="code",
        id=row.id,
        title=row.path,
        text="\n".join(part.text for part in parts),
        link=row.link,
        date=rows.in_utc(row.changed_at),
        within=row.repository,
    )


async def newest(
    supabase: SupabaseService, sources: Collection[str], deadline: Deadline
) -> str | None:
    """The latest date of anything that the caller may see; None if there is none.

    Raises:
        CallFailedError: a table cannot be read.
    """
    dates = [
        await supabase.latest(*column, deadline)
        for source, column in DATES.items()
        if source in sources
    ]
    return max((rows.in_utc(date) for date in dates if date is not None), default=None)
