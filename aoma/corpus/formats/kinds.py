"""Which files are documents, and how each kind is read."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path, PurePosixPath
from typing import Any

from aoma.corpus.markup.outline import Outline

_MEGABYTE = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of document.

    Attributes:
        name: for people.
        suffixes: of its files, in lower case.
        reader: the module and function that read it; imported at the first such file, so that
            an index of Markdown needs no library for PDF.
        limit_bytes: larger files are left out.
        is_text: whether the reader takes text, and not bytes.
        options: further arguments of the reader.
    """

    name: str
    suffixes: tuple[str, ...]
    reader: str
    limit_bytes: int = 4 * _MEGABYTE
    is_text: bool = True
    options: tuple[tuple[str, Any], ...] = ()

    def outline(self, content: str | bytes) -> Outline:
        """Read a document; raises whatever its library raises for a damaged one."""
        module, _, name = self.reader.partition(":")
        read: Callable[..., Outline] = getattr(import_module(f"aoma.corpus.{module}"), name)
        return read(content, **dict(self.options))


HTML = Kind("HTML", (".html", ".htm"), "formats.pages:page", 16 * _MEGABYTE, is_text=False)
TEXT = Kind("plain text", (".txt", ".text"), "markup.restructured_text:text_or_restructured")
KINDS = (
    Kind("Markdown", (".md", ".markdown"), "markup.markdown:markdown"),
    Kind("MDX", (".mdx",), "markup.markdown:markdown", options=(("mdx", True),)),
    Kind("reStructuredText", (".rst",), "markup.restructured_text:restructured_text"),
    Kind("AsciiDoc", (".adoc", ".asciidoc", ".asc"), "markup.asciidoc:asciidoc"),
    TEXT,
    HTML,
    Kind("Word", (".docx",), "formats.word:word", 64 * _MEGABYTE, is_text=False),
    Kind("PowerPoint", (".pptx",), "formats.slides:slides", 128 * _MEGABYTE, is_text=False),
    Kind("PDF", (".pdf",), "formats.pdf:pdf", 128 * _MEGABYTE, is_text=False),
    Kind(
        "Jupyter notebook",
        (".ipynb",),
        "formats.notebook:notebook",
        32 * _MEGABYTE,
        is_text=False,
    ),
)
SHOWN = ", ".join(f"{kind.name} ({' '.join(kind.suffixes)})" for kind in KINDS)

_BY_SUFFIX = {suffix: kind for kind in KINDS for suffix in kind.suffixes}
# Text for programs, whatever the extension says.
_NOT_PROSE = ("requirements", "constraints", "cmakelists", "robots", "top_level")
_BEGINNING_BYTES = 64 * 1024
_HEAD = re.compile(rb"<(?:!doctype\s+html|html)\b.*?(?:<body|$)", re.IGNORECASE | re.DOTALL)
# What templates of Jinja, Django, ERB, PHP and their like begin expressions with.
_TEMPLATE = re.compile(rb"\{\{|\{%|<%|<\?php|<\?=")


def kind_of(path: str) -> Kind | None:
    """How a document is written, or None for what is no document, by the file's name."""
    name = PurePosixPath(path)
    kind = _BY_SUFFIX.get(name.suffix.lower())
    if kind is TEXT:
        listed = name.parent.name in {"requirements", "constraints"}
        if listed or name.stem.lower().startswith(_NOT_PROSE):
            return None
    return kind


def is_document(root: Path, path: str) -> bool:
    """Whether a repository's file is a document, and not code.

    HTML is both there: a whole page is a document, and a part of one or a template is code.
    """
    kind = kind_of(path)
    if kind is not HTML:
        return kind is not None
    try:
        with (root / path).open("rb") as file:
            head = _HEAD.search(file.read(_BEGINNING_BYTES))
    except OSError:
        return False
    return head is not None and not _TEMPLATE.search(head[0])
