"""`resources/list` and documents frozen around what the backend has of them when somebody asks.

What is registered is the same for the life of a version; documents come from the backend, in
lists page by page. So the build asks FastMCP for documents that do not exist, and keeps what
stands around and between what it said of them.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from mcp_app.document_list import CURSOR, MARK, PAGE
from mesh.runtime.fast_path.replies import dumps

# Values that no document has; those of one that is listed come in their place.
FIELDS = {
    "id": "mesh-id-c7f9b1",
    "title": "mesh-title-c7f9b1",
    "corpus": "mesh-corpus-c7f9b1",
}
CONTENT = {"text": "mesh-text-c7f9b1", "link": "mesh-link-c7f9b1"}

type Ask = Callable[[Mapping[str, Any] | None, int], str]


def frozen_list(ask: Ask, *, documents: bool) -> dict[str, Any] | None:
    """What `mcp_app.document_list` makes a list of.

    Args:
        ask: Gives the result of `resources/list`, in JSON, by its parameters and by how many
            documents the backend has: all of them with the values above.
        documents: Whether there is a source of documents.

    Returns:
        None where a page does not hold what is registered: FastMCP lists.

    Raises:
        RuntimeError: the list is written in another form than others.
    """
    empty = json.loads(ask(None, 0))
    if "nextCursor" in empty:
        return None
    registered = [dumps(one) for one in empty["resources"]]
    if not documents:
        return {"registered": registered, "document": None, "last": _around(empty)}
    one, many = json.loads(ask(None, 1)), json.loads(ask(None, PAGE + 1))
    many["nextCursor"] = CURSOR
    document = dumps(one["resources"][-1])
    made = {
        "registered": registered,
        "document": _pieces(document),
        "last": _around(one),
        "more": _around(many),
    }
    second = {"cursor": MARK + base64.urlsafe_b64encode(FIELDS["id"].encode()).decode()}
    before, after = made["last"]
    for parameters, first in ((None, registered), (second, [])):
        if ask(parameters, 1) != f"{before}{','.join([*first, document])}{after}":
            raise RuntimeError("resources/list is written in another form")
    return made


def frozen_document(linked: str, unlinked: str) -> dict[str, list[str]]:
    """What `mcp_app.document_list` writes a document with.

    Args:
        linked: The result of `resources/read`, in JSON, of one with the values above.
        unlinked: The same of one without a link.
    """
    return {"linked": _pieces(linked), "unlinked": _pieces(unlinked)}


def _around(content: Mapping[str, Any]) -> Sequence[str]:
    """What stands before the resources and after them."""
    before, found, after = dumps({**content, "resources": []}).partition('"resources":[]')
    if not found:
        raise RuntimeError("resources/list is written in another form")
    return [f'{before}"resources":[', f"]{after}"]


def _pieces(document: str) -> list[str]:
    """What is said of a document and, at every second place, the field whose value comes there."""
    names = {value: name for name, value in {**FIELDS, **CONTENT}.items()}
    found = re.split(f"({'|'.join(map(re.escape, names))})", document)
    return [names.get(one, one) for one in found]
