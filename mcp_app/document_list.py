"""`resources/list` and documents on the fast path: FastMCP's words, the backend's documents."""

from __future__ import annotations

from binascii import a2b_base64, b2a_base64
from collections.abc import Callable, Mapping, Sequence
from functools import partial

from mcp_app import deployment
from mesh.runtime.fast_path.messages import LeftToFastMcpError
from mesh.runtime.fast_path.replies import dumps

# Not typing's; see `mesh.runtime.handler`.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# Documents on a page, and what a cursor into them begins with: as `mcp_app.resource_handlers`.
PAGE = 100
MARK = "documents."
DOCUMENTS = "aoma://docs/"
# Characters on a page of a document, as `mcp_app.knowledge.items`. FastMCP gives longer ones.
DOCUMENT_PAGE = 10_000
CURSOR = "mesh-cursor-c7f9b1"
# What stands as it is in an address: https://datatracker.ietf.org/doc/html/rfc3986#section-2.3
UNRESERVED = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-~/")


def answer(
    frozen: Mapping[str, Any] | None,
    method: str,
    params: Mapping[str, Any],
    run: Callable[[Callable[[], Any]], Any],
) -> str:
    """The `result` of a request for resources, in JSON.

    Args:
        frozen: What the build made for this method; None for nothing.
        method: `resources/list` or `resources/read`.
        params: The request's.
        run: Runs a function that gives a coroutine; gives its result.

    Raises:
        Exception: FastMCP has to answer.
    """

    def ask(name: str, **asked: Any) -> Any:
        here = deployment.current_deployment()
        asked["deadline"] = here.deadline()
        return run(partial(getattr(here.backend, name), **asked))

    if method == "resources/read":
        return read_document(frozen, params, lambda id: ask("get_document", id=id))  # noqa: A006 - as the backend has it
    return listed(frozen, params, lambda after: ask("list_documents", after=after, limit=PAGE + 1))


def listed(
    frozen: Mapping[str, Any] | None,
    params: Mapping[str, Any],
    read: Callable[[str | None], Sequence[Any] | None],
) -> str:
    """The `result` of a list, in JSON.

    Args:
        frozen: What `aoma.document_catalogue` made; None for nothing.
        params: The request's.
        read: Gives the documents after an id, one more than a page at most.

    Raises:
        Exception: FastMCP has to answer.
    """
    if frozen is None or not params.keys() <= {"cursor"}:
        raise LeftToFastMcpError("resource")
    if frozen["document"] is None:
        if params:
            raise LeftToFastMcpError("resource")
        before, after = frozen["last"]
        return f"{before}{','.join(frozen['registered'])}{after}"
    last = _after(params["cursor"]) if params else None
    found = read(last) or ()
    shown = [] if params else [*frozen["registered"]]
    shown += [
        _filled(frozen["document"], _quoted(one.id), one, ("id", "title", "corpus"))
        for one in found[:PAGE]
    ]
    before, after = frozen["more" if len(found) > PAGE else "last"]
    if len(found) > PAGE:
        before = before.replace(CURSOR, _cursor(found[PAGE - 1].id))
    return f"{before}{','.join(shown)}{after}"


def _is_document(params: Mapping[str, Any]) -> bool:
    """Whether it is plainly the address of a document, if there is such a one."""
    uri = params.get("uri")
    if params.keys() != {"uri"} or type(uri) is not str or not uri.startswith(DOCUMENTS):
        return False
    document = uri.removeprefix(DOCUMENTS)
    # What stands for something else, such as %20 and "..", is looked at by FastMCP.
    plain = document.isascii() and UNRESERVED.issuperset(document.encode())
    return plain and {"", ".", ".."}.isdisjoint(document.split("/"))


def read_document(
    frozen: Mapping[str, Any] | None, params: Mapping[str, Any], read: Callable[[str], Any]
) -> str:
    """The `result` of reading a document, in JSON.

    Args:
        frozen: What `aoma.document_catalogue` made; None for nothing.
        params: The request's.
        read: Gives a document by its id; None where there is none.

    Raises:
        Exception: FastMCP has to answer.
    """
    if frozen is None or not _is_document(params):
        raise LeftToFastMcpError("resource")
    given = params["uri"].removeprefix(DOCUMENTS)
    found = read(given)
    if found is None or len(found.text) > DOCUMENT_PAGE:
        raise LeftToFastMcpError("resource")
    pieces = frozen["unlinked" if found.link is None else "linked"]
    return _filled(pieces, given, found, ("title", "corpus", "text", "link"))


def _filled(pieces: Sequence[str], address: str, found: Any, fields: Sequence[str]) -> str:
    """What is said of a document, in JSON.

    Args:
        pieces: What is said of all, with the names of its own at every second place.
        address: Its id as it stands there.
        found: Itself.
        fields: Those that may be among them.
    """
    values = {name: dumps(getattr(found, name))[1:-1] for name in fields}
    written: list[str] = []
    for place, piece in enumerate(pieces):
        if place % 2 == 0:
            written.append(piece)
        elif written[-1].endswith("/"):
            written.append(address)
        else:
            written.append(values[piece])
    return "".join(written)


def _quoted(document: str) -> str:
    """As `urllib.parse.quote` does it, whose module a cold start would pay for."""
    return "".join(chr(one) if one in UNRESERVED else f"%{one:02X}" for one in document.encode())


def _cursor(document: str) -> str:
    encoded = b2a_base64(document.encode(), newline=False).decode()
    return MARK + encoded.replace("+", "-").replace("/", "_")


def _after(cursor: Any) -> str:
    if type(cursor) is not str or not cursor.startswith(MARK):
        raise LeftToFastMcpError("resource")
    given = cursor.removeprefix(MARK)
    try:
        after = a2b_base64(given.replace("-", "+").replace("_", "/"), strict_mode=True).decode()
    except ValueError:
        raise LeftToFastMcpError from None
    if _cursor(after) != cursor:
        # Not one that was given; FastMCP says so.
        raise LeftToFastMcpError("resource")
    return after
