"""HTML from text that is not: everything is escaped here, also what is in a request."""

from __future__ import annotations

import re
from html import escape

# What sentences hold: `code`, **names of buttons**, [links](https://example.com).
INLINE = re.compile(r"`([^`]+)`|\*\*(.+?)\*\*|\[([^\]]+)\]\((https://[^)\s]+)\)")


def content(text: str) -> str:
    """Text between tags. Quotes stay: they mean nothing there, and JSON is full of them."""
    return escape(text, quote=False)


def sentence(text: str) -> str:
    """A sentence with inline marks, as HTML."""
    parts = []
    end = 0
    for mark in INLINE.finditer(text):
        parts.append(content(text[end : mark.start()]))
        code, strong, label, address = mark.groups()
        if code:
            parts.append(f"<code>{content(code)}</code>")
        elif strong:
            parts.append(f"<strong>{content(strong)}</strong>")
        else:
            parts.append(f'<a href="{escape(address)}">{content(label)}</a>')
        end = mark.end()
    return "".join([*parts, content(text[end:])])


def paragraphs(text: str) -> str:
    """A docstring's text, its paragraphs apart at empty lines, as HTML."""
    blocks = (" ".join(block.split()) for block in re.split(r"\n\s*\n", text))
    return "".join(f"<p>{sentence(block)}</p>" for block in blocks if block)


def paste(element: str, place: str, text: str) -> str:
    """Text to paste, under the name of its place, with a button that copies it.

    Args:
        element: the text's id in the page.
        place: where it is pasted.
        text: what is pasted, as it is.
    """
    # The button works with JavaScript only, which takes its `hidden` away. A region that
    # scrolls must be reachable with the keyboard.
    return (
        f'<figure class="paste"><figcaption><span>{sentence(place)}</span>'
        f'<button class="copy" data-copy="{escape(element)}" hidden>Copy'
        f'<span class="aside"> {content(place)}</span></button></figcaption>'
        f'<pre tabindex="0"><code id="{escape(element)}">{content(text)}</code></pre></figure>'
    )
