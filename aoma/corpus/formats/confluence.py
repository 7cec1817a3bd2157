"""Pages of a Confluence space's HTML export: their titles, their place in the page tree.

https://support.atlassian.com/confluence-cloud/docs/export-content-to-word-pdf-html-and-xml/
"""

from __future__ import annotations

import re
from dataclasses import replace

from bs4 import BeautifulSoup, Tag

from aoma.corpus.formats.html import converted
from aoma.corpus.markup.outline import Outline

# Pages are called Title_12345.html or 12345.html, after the page's id.
_PAGE_ID = re.compile(r"(?:^|_)(?P<id>\d{3,})\.html?$", re.IGNORECASE)


def _text(tag: Tag) -> str:
    return " ".join(tag.get_text().split())


def is_confluence(page: BeautifulSoup) -> bool:
    """Whether the page is one of a Confluence export."""
    return bool(
        page.select_one("#breadcrumb-section, #breadcrumbs") and page.select_one("#title-text")
    )


def confluence(page: BeautifulSoup) -> Outline:
    """The outline of an exported page, below the pages above it."""
    ancestors = tuple(_text(one) for one in page.select("#breadcrumbs li") if _text(one))
    heading = page.select_one("#title-text")
    title = _text(heading) if heading else ""
    # "Space : Title", with the space's name as in the first breadcrumb.
    space = ancestors[0] if ancestors else title.partition(" : ")[0]
    title = title.removeprefix(f"{space} : ")
    content = page.select_one("#content") or page.select_one("#main-content") or page
    outline = converted(content)
    return replace(outline, title=title or None, ancestors=ancestors)


def page_path(name: str) -> str | None:
    """Where a page is below Confluence's address, by its file's name; None without its id."""
    found = _PAGE_ID.search(name)
    return f"pages/viewpage.action?pageId={found['id']}" if found else None
