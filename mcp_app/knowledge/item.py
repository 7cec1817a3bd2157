"""A document, ticket, commit or code file as a whole, whatever it is."""

from __future__ import annotations

from mcp_app.knowledge.results import Document, Ticket
from mesh.runtime.record import Record


class Item(Record, kw_only=True):
    """A document, ticket, commit or code file as a whole.

    Attributes:
        source: `documents`, `tickets`, `commits` or `code`.
        id: within that source; the same in every build.
        title: what people call it.
        text: all of it.
        link: where people open it.
        date: when it was last changed, ISO 8601.
        within: the corpus, project or repository that it belongs to.
    """

    source: str
    id: str
    title: str
    text: str
    link: str | None
    date: str | None
    within: str


def of_document(found: Document | None) -> Item | None:
    """A document as an item; None for None."""
    if found is None:
        return None
    return Item(
        source="documents",
        id=found.id,
        title=found.title,
        text=found.text,
        link=found.link,
        date=found.date,
        within=found.corpus,
    )


def of_ticket(found: Ticket | None) -> Item | None:
    """A ticket as an item, with its facts before its description; None for None."""
    if found is None:
        return None
    facts = {
        "Type": found.type,
        "Status": found.status,
        "Priority": found.priority,
        "Assignee": found.assignee,
        "Labels": ", ".join(found.labels) or None,
    }
    lines = [f"{name}: {value}" for name, value in facts.items() if value is not None]
    return Item(
        source="tickets",
        id=found.id,
        title=found.title,
        text="\n".join([*lines, "", found.text]).strip(),
        link=found.link,
        date=found.updated or found.created,
        within=found.project,
    )
