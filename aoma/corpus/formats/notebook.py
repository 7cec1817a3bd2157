"""Jupyter notebooks as Markdown: texts, code and what the code printed; no pictures."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator
from typing import Any

import nbformat

from aoma.corpus.markup.markdown import markdown
from aoma.corpus.markup.outline import Outline

# Colours of a terminal.
_ESCAPES = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")


def _joined(text: Any) -> str:
    return "".join(text) if isinstance(text, list) else str(text or "")


def _fenced(text: str, language: str = "") -> str:
    runs = re.findall(r"`{3,}", text)
    fence = "`" * max([3, *(len(run) + 1 for run in runs)])
    return f"{fence}{language}\n{text.strip(chr(10))}\n{fence}"


def _outputs(cell: Any) -> Iterator[str]:
    for output in cell.get("outputs", ()):
        shown = output.get("text") or output.get("data", {}).get("text/plain")
        if output.get("output_type") == "error":
            shown = f"{output.get('ename')}: {output.get('evalue')}"
        text = _ESCAPES.sub("", _joined(shown))
        if text.strip():
            yield _fenced(text)


def _cells(notebook: Any) -> Iterator[str]:
    metadata = notebook.get("metadata", {})
    kernel = metadata.get("language_info") or metadata.get("kernelspec") or {}
    language = kernel.get("name", "") if "language" not in kernel else kernel["language"]
    for cell in notebook.get("cells", ()):
        source = _joined(cell.get("source"))
        if not source.strip():
            continue
        if cell.get("cell_type") == "code":
            yield _fenced(source, str(language or ""))
            yield from _outputs(cell)
        else:
            yield source


def notebook(content: bytes) -> Outline:
    """The outline of a notebook of any version; raises what nbformat raises for others."""
    with warnings.catch_warnings():
        # About what newer versions of the format ask for; nothing is written back.
        warnings.simplefilter("ignore")
        found: Any = nbformat.reads(content.decode("utf-8-sig"), as_version=4)  # type: ignore[no-untyped-call]
    return markdown("\n\n".join(_cells(found)))
