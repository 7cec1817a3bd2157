"""The table that a pull request gets."""

from __future__ import annotations

from benchmarks.pull_request import MEBIBYTE, Figures, change, table

BASE = Figures(zip_bytes=10 * MEBIBYTE, cold_ms=100.0, warm_ms=1.0, without_fastmcp=True)


def test_size_cold_start_and_month_are_beside_those_of_the_base() -> None:
    head = Figures(zip_bytes=11 * MEBIBYTE, cold_ms=150.0, warm_ms=1.0, without_fastmcp=True)

    text = table(BASE, head, 512)

    assert "| Zip, arm64 | 10.00 MB | 11.00 MB | +10.0% |" in text
    assert "| Cold start with a call, CPU here | 100.00 ms | 150.00 ms | +50.0% |" in text
    month = next(line for line in text.splitlines() if "Month of 100,000 calls at 512 MB" in line)
    assert head.month(512) > BASE.month(512)
    assert change(BASE.month(512), head.month(512)) in month
    assert "FastMCP" not in text


def test_a_first_call_that_starts_fastmcp_now_is_told() -> None:
    head = Figures(10 * MEBIBYTE, cold_ms=900.0, warm_ms=5.0, without_fastmcp=False)

    assert "The first call starts FastMCP now" in table(BASE, head, 512)
