"""PowerPoint presentations (.pptx), through python-pptx: a section for each slide."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from typing import Any

from pptx import Presentation

from aoma.corpus.markup.outline import Block, Heading, Outline


def _row(cells: Iterable[str]) -> str:
    return "| " + " | ".join(" ".join(cell.split()) for cell in cells) + " |"


def _table(table: Any) -> Iterator[str]:
    rows = [[cell.text for cell in row.cells] for row in table.rows]
    for number, cells in enumerate(rows):
        yield _row(cells)
        if number == 0:
            yield _row("---" for _ in cells)


def _shape(shape: Any, title: Any) -> Iterator[str]:
    """The lines of a shape, of those in a group too."""
    if title is not None and shape.shape_id == title.shape_id:
        return
    if hasattr(shape, "shapes"):
        for inner in shape.shapes:
            yield from _shape(inner, title)
    elif getattr(shape, "has_table", False):
        yield ""
        yield from _table(shape.table)
    elif getattr(shape, "has_text_frame", False):
        yield ""
        for paragraph in shape.text_frame.paragraphs:
            if paragraph.text.strip():
                yield "  " * paragraph.level + "- " + " ".join(paragraph.text.split())
    elif getattr(shape, "has_chart", False) and shape.chart.has_title:
        yield ""
        yield shape.chart.chart_title.text_frame.text


def slides(content: bytes) -> Outline:
    """The outline of a presentation: slides with their titles, texts, tables and notes."""
    presentation = Presentation(io.BytesIO(content))
    lines: list[str] = []
    headings: list[Heading] = []
    blocks: list[Block] = []
    for number, slide in enumerate(presentation.slides, 1):
        title = slide.shapes.title
        name = " ".join(title.text_frame.text.split()) if title is not None else ""
        shown = f"Slide {number}" + (f": {name}" if name else "")
        headings.append(Heading(len(lines), len(lines) + 1, 2, shown, f"slide-{number}"))
        lines.append(f"## {shown}")
        for shape in slide.shapes:
            body = list(_shape(shape, title))
            if body:
                head = 2 if getattr(shape, "has_table", False) else 0
                blocks.append(Block(len(lines) + 1, head))
                lines += body
        notes = slide.notes_slide.notes_text_frame if slide.has_notes_slide else None
        if notes is not None and notes.text.strip():
            blocks.append(Block(len(lines) + 1))
            lines += ["", "Notes: " + notes.text.strip()]
        lines.append("")
    title_of_deck = presentation.core_properties.title or ""
    first = headings[0].text.partition(": ")[2] if headings else ""
    return Outline(lines, headings, blocks, first or title_of_deck.strip() or None)
