"""Word documents (.docx), through mammoth: headings by style, tables, lists, footnotes."""

from __future__ import annotations

import io

import mammoth

from aoma.corpus.formats.html import html_page, parsed
from aoma.corpus.markup.outline import Outline

_STYLES = """
p[style-name='Title'] => h1:fresh
p[style-name='Subtitle'] => p:fresh
"""


def word(content: bytes) -> Outline:
    """The outline of a document; its pictures are left out, their descriptions stay."""
    done = mammoth.convert_to_html(
        io.BytesIO(content),
        style_map=_STYLES,
        convert_image=mammoth.images.img_element(lambda _: {"src": ""}),
    )
    return html_page(parsed(done.value))
