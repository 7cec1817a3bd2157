"""What the benchmark of refusals calls wrong, and what it puts into the page."""

from __future__ import annotations

from typing import Any

import pytest

from benchmarks.refusals import figures
from benchmarks.refusals.__main__ import BEGIN, END, PAGE, with_figures
from benchmarks.refusals.bodies import MB, SHAPES, body
from benchmarks.refusals.cases import HEADS


def one(ms: float, size: int = 0, **more: Any) -> dict[str, Any]:
    return {
        "group": "POST /mcp, no key",
        "shape": "plain text",
        "body": "plain text, 0 B",
        "size": size,
        "bytes": size,
        "ms": ms,
        "loads": None,
        "status": 401,
        **more,
    }


def test_a_refusal_that_grows_with_its_body_is_found() -> None:
    measured = figures.with_bases([one(0.1), one(0.12), one(0.11, MB), one(0.5, MB)])
    assert figures.grown(measured) == [3]


def test_a_body_is_too_dear_beyond_the_limit() -> None:
    measured = figures.with_bases(
        [one(1.0), one(15.5, MB), one(17.0, MB), one(60.0, MB, shape="tiny numbers", loads=50.0)]
    )
    assert figures.too_dear(measured) == [2, 3]
    assert figures.per_mb(measured)["tiny numbers"]["json.loads"] == 50.0


@pytest.mark.parametrize("shape", SHAPES)
def test_bodies_have_the_size_that_is_asked_for(shape: str) -> None:
    size = 100 * 1024
    text, encoded = body(shape, size, "ping")
    assert size * 0.8 < len(text.encode()) <= size * 1.05
    assert encoded is (shape == "base64")


def test_the_page_has_a_place_for_the_figures() -> None:
    ways = {
        name: {
            "refusals": figures.with_bases(
                [one(0.1), *(one(0.1, group=figures.HEADS, body=head) for head in HEADS)]
            ),
            "accepted": figures.with_bases([one(1.0), one(5.0, MB)]),
        }
        for name in ("fast", "full")
    }
    page = with_figures(PAGE.read_text(), ways)
    shown = page.partition(BEGIN)[2].partition(END)[0]
    assert "| fast: refused | 0.10 | 0.10 |" in shown
    assert with_figures(page, ways) == page
