"""HTML pages: those of a Confluence export, and all others."""

from __future__ import annotations

from aoma.corpus.formats.confluence import confluence, is_confluence
from aoma.corpus.formats.html import html_page, parsed
from aoma.corpus.markup.outline import Outline


def page(content: bytes) -> Outline:
    """The outline of a page."""
    tree = parsed(content)
    return confluence(tree) if is_confluence(tree) else html_page(tree)
