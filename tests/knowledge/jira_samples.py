"""Invented tickets in the forms in which Jira exports them."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

HEADER = (
    *("Summary", "Issue key", "Issue id", "Issue Type", "Status", "Project key", "Project name"),
    *("Priority", "Assignee", "Assignee Id", "Created", "Updated", "Labels", "Labels", "Labels"),
    *("Description", "Comment", "Comment"),
)


def row(key: str, **fields: Any) -> list[str]:
    """A row of Jira's CSV export, in the order of `HEADER`."""
    labels = [*fields.get("labels", ()), "", "", ""][:3]
    return [
        fields.get("summary", f"Summary of {key}"),
        key,
        "10001",
        fields.get("type", "Bug"),
        fields.get("status", "Open"),
        key.partition("-")[0],
        "Vault",
        fields.get("priority", "High"),
        fields.get("assignee", "Ada Example"),
        "557058:f58131cb",
        fields.get("created", "31/Jan/26 10:00 AM"),
        fields.get("updated", "01/Feb/26 4:30 PM"),
        *labels,
        fields.get("description", f"What {key} is about."),
        "31/Jan/26 10:05 AM;557058:f58131cb;A comment.",
        "",
    ]


def csv_text(rows: Sequence[Sequence[str]], *, delimiter: str = ",") -> str:
    """A CSV export as Jira writes it."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=delimiter, lineterminator="\n")
    writer.writerow(HEADER)
    writer.writerows(rows)
    return out.getvalue()


def issue(key: str, **fields: Any) -> dict[str, Any]:
    """An issue as Jira's REST search gives it."""
    return {
        "expand": "operations,versionedRepresentations",
        "id": "10001",
        "self": fields.pop("self", "https://jira.example.com/rest/api/2/issue/10001"),
        "key": key,
        "fields": {
            "summary": f"Summary of {key}",
            "issuetype": {"name": "Bug", "subtask": False},
            "status": {"name": "Open", "statusCategory": {"key": "new"}},
            "priority": {"name": "High"},
            "project": {"key": key.partition("-")[0], "name": "Vault"},
            "assignee": {"displayName": "Ada Example", "emailAddress": "ada@corp.example"},
            "labels": ["ingest"],
            "created": "2026-01-31T11:00:00.000+0100",
            "updated": "2026-02-01T16:30:00.123+0000",
            "description": f"What {key} is about.",
            "customfield_10010": None,
            "parent": {"key": "VAULT-1", "fields": {"summary": "An epic"}},
            **fields,
        },
    }


def page(issues: Sequence[Any], **more: Any) -> dict[str, Any]:
    """A page of the REST search."""
    return {"expand": "schema,names", "startAt": 0, "maxResults": 50, "issues": [*issues], **more}


def saved(place: Path, content: str | bytes | Any) -> Path:
    """A file with this text, these bytes, or this as JSON."""
    if not isinstance(content, str | bytes):
        content = json.dumps(content)
    place.write_bytes(content.encode() if isinstance(content, str) else content)
    return place
