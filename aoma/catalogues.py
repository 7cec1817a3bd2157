"""AOMA's catalogues: what it lists depends on its sources, and documents come from its backend."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

from aoma.document_catalogue import CONTENT, FIELDS, frozen_document, frozen_list
from mesh.build.fast_path import answers
from mesh.build.fast_path.answers import PLACEHOLDER, AskedServer

if TYPE_CHECKING:
    from mcp_app.knowledge.results import Document, DocumentEntry

ALL_SOURCES = frozenset({"documents", "tickets", "commits", "code"})


class _Server(AskedServer):
    """AOMA's server with these sources.

    No index is opened: what a server offers does not depend on what is in it.

    Args:
        sources: What it is to offer.
    """

    explains = True

    def __init__(self, sources: frozenset[str]) -> None:
        from mcp_app.deployment import current_deployment
        from mcp_app.knowledge.embedded.backend import EmbeddedBackend
        from mcp_app.server import build_server
        from mcp_app.settings import load

        class Offering(EmbeddedBackend):
            documents: ClassVar[list[Document]] = []
            entries: ClassVar[list[DocumentEntry]] = []

            def available(self) -> frozenset[str]:
                return sources

            async def get_document(self, *_id: str, **_asked: Any) -> Document:
                return self.documents[-1]

            async def list_documents(self, **_asked: Any) -> Sequence[DocumentEntry]:
                return self.entries

        settings = load({"MESH_AUTH": "none", "MESH_NAME": PLACEHOLDER})
        backend = Offering(settings.index)
        self.sources = sources
        super().__init__(build_server(settings, backend))
        self.slow_because = ""
        self._entries, self._documents = backend.entries, backend.documents
        self._deployment = current_deployment()

    def resources(self, params: Mapping[str, Any] | None, documents: int, *, modern: bool) -> str:
        """The result of `resources/list` over so many documents, all alike."""
        from mcp_app.knowledge.results import DocumentEntry

        self._entries[:] = [DocumentEntry(**FIELDS, link=None)] * documents
        return self.result("resources/list", params, modern=modern)

    def document(self, *, linked: bool, modern: bool) -> str:
        """The result of `resources/read` for a document."""
        from mcp_app.knowledge.results import Document
        from mcp_app.resource_handlers import DOCUMENTS

        content = CONTENT if linked else {**CONTENT, "link": None}
        self._documents[:] = [Document(**FIELDS, **content, passages=())]
        uri = DOCUMENTS + FIELDS["id"]
        return self.result("resources/read", {"uri": uri}, modern=modern, name=uri)

    def before_request(self) -> None:
        from mcp_app.deployment import set_current

        # The one that was built last would be asked for its documents otherwise.
        set_current(self._deployment)


class Catalogues(answers.Catalogues):
    """One for the index in the zip, and one for Supabase with all sources."""

    chosen_by: ClassVar[Mapping[str, str]] = {"AOMA_BACKEND": "embedded", "AOMA_SOURCES": ""}
    answers_resources = "mcp_app.document_list"

    def __init__(self, _place: str) -> None:
        self.whole: _Server = _Server(ALL_SOURCES)

    def servers(self, offers: Callable[[], frozenset[str] | None]) -> Mapping[str, _Server]:
        """See there."""
        offered = offers()
        # A zip without an index: the supabase backend offers all.
        embedded = ALL_SOURCES if offered is None else offered
        return {
            "embedded;": self.whole if embedded == ALL_SOURCES else _Server(embedded),
            "supabase;": self.whole,
            f"supabase;{','.join(sorted(ALL_SOURCES))}": self.whole,
        }

    def resources(self, server: Any, *, modern: bool) -> Mapping[str, Any]:
        """See there."""
        has_documents = "documents" in server.sources
        found: dict[str, Any] = {
            "resources/list": frozen_list(
                partial(server.resources, modern=modern), documents=has_documents
            )
        }
        if has_documents:
            found["resources/read"] = frozen_document(
                *(server.document(linked=one, modern=modern) for one in (True, False))
            )
        return found
