"""What the benchmark of cold starts counts, with numbers that are known."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from benchmarks.starts import budget, cost, page, plots, tables
from benchmarks.starts.figures import Samples, ratio, summary
from benchmarks.starts.instance import Program, decoded
from benchmarks.starts.requests import CALL, MODERN_CALL, PLAIN_CALL
from benchmarks.starts.results import of_subjects
from benchmarks.starts.subjects import Subject
from benchmarks.starts.trees import Tree
from mesh.cost import prices as price_file
from mesh.cost.usage import billed_ms
from mesh.runtime.request.events import read_head


def test_a_summary_is_median_quartiles_and_p99():
    found = summary([float(value) for value in range(101)])
    assert (found.median, found.low, found.high, found.p99, found.count) == (50, 25, 75, 99, 101)
    assert found.spread == 25


def test_one_measurement_has_no_spread():
    found = summary([7.0])
    assert (found.median, found.spread, found.p99, found.count) == (7, 0, 7, 1)


def test_a_ratio_is_taken_within_each_round():
    # The machine was ten times slower in the second round, for both.
    found = ratio({0: [4.0, 6.0], 1: [50.0], 2: [9.0]}, {0: [5.0], 1: [25.0], 3: [1.0]})
    assert found is not None
    assert (found.median, found.count) == (1.5, 2)


def test_there_is_no_ratio_without_a_common_round():
    assert ratio({0: [1.0]}, {1: [1.0]}) is None


def test_samples_of_all_rounds_are_one_summary():
    samples = Samples()
    for number, value in enumerate((1.0, 2.0, 3.0)):
        samples.add("init.cpu", number, value)
    assert samples.figures() == ["init.cpu"]
    assert samples.summary("init.cpu").median == 2
    assert samples.of("first.call.cpu") == {}


@pytest.mark.parametrize(
    ("cpu", "memory", "waiting", "billed"),
    [
        # A whole processor at 1,769 MB, a half at half of that, and no more than one.
        (100.0, 1769, 0.0, 100),
        (100.0, 3538, 0.0, 100),
        (51.2, 512, 0.0, 177),
        (0.2, 1769, 0.0, 1),
        (10.0, 1769, 90.5, 101),
    ],
)
def test_bills_are_by_started_milliseconds_of_a_share(cpu, memory, waiting, billed):
    assert billed_ms(cpu, memory, waiting) == billed


def _prices(**usd: float) -> price_file.Prices:
    """These prices, and 0 for all else."""
    known = price_file.load()
    return replace(known, usd=dict.fromkeys(known.usd, 0.0) | usd)


def test_a_million_calls_cost_requests_and_gb_seconds():
    prices = _prices(lambda_requests=0.20, lambda_duration_arm64=0.00001)
    # 1 GB at a share of 1024/1769: 100 ms of CPU are billed as 173, 10 ms as 18.
    found = cost.million_calls(100, 10, 1024, cold_share=0.1, prices=prices)
    assert found == pytest.approx(0.20 + 1_000_000 * 0.00001 * (0.1 * 0.173 + 0.9 * 0.018))


def test_snap_start_costs_its_snapshot_all_month_and_each_restore():
    cached, restored = cost.snap_starts(512, 10_000)
    # 0.5 GB for 730 hours, and 10,000 restores of it.
    assert cached == pytest.approx(0.5 * 730 * 3600 * 0.0000015046)
    assert restored == pytest.approx(10_000 * 0.5 * 0.0001397998)
    assert cost.snap_starts(512, 0, versions=3)[0] == pytest.approx(3 * cached)


def test_init_costs_its_milliseconds():
    prices = _prices(lambda_duration_arm64=0.00001)
    assert cost.cold_starts(1000, 1769, 1000, prices) == pytest.approx(1000 * 1769 / 1024 * 0.00001)


FIGURE = {"median": 40.0, "low": 38.0, "high": 44.0, "p99": 60.0, "count": 9}
SLOW = {"median": 4000.0, "low": 3900.0, "high": 4100.0, "p99": 5000.0, "count": 9}


MUCH = {"median": 300.0, "low": 300.0, "high": 300.0, "p99": 300.0, "count": 9}


def results():
    """A small run."""
    names = ("init.cpu", "init.wall", "cold.call.cpu", "cold.call.wall", "first.call.cpu")
    warm = ("warm.call.wall", "warm.call.cpu", "warm.list.wall", "warm.list.cpu")
    small = {"zip_bytes": 700, "unzipped_bytes": 1200, "files": 1}
    large = {"zip_bytes": 22 * 2**20, "unzipped_bytes": 75 * 2**20, "files": 6184}
    ratios = {"init.cpu": FIGURE, "cold.call.cpu": FIGURE, "warm.call.cpu": FIGURE}
    shown = (
        ("bare", "bare handler", FIGURE, small, FIGURE),
        ("ours", "ours", FIGURE, large, FIGURE),
        ("usual", "usual <zip>", SLOW, large, MUCH),
    )
    subjects = {
        name: {
            "title": title,
            "about": title,
            "size": size,
            "figures": dict.fromkeys(names + warm, figure) | {"memory": memory},
            "to_bare": ratios,
            "to_usual": ratios,
        }
        for name, title, figure, size, memory in shown
    }
    grown = [
        {
            "subject": "ours",
            "title": "ours",
            "size": size,
            "index_bytes": size * 2500,
            "failure": None,
            "figures": {"init.cpu": FIGURE, "first.search.cpu": SLOW, "memory": FIGURE},
        }
        for size in (10, 1000)
    ]
    return {
        "measured": "2026-01-31",
        "rounds": 9,
        "calls": 40,
        "load": 0.5,
        "machine": {
            "system": "Linux x86_64",
            "processor": "a processor",
            "processors": 2,
            "python": "3.13.0 (main)",
            "read_only": True,
        },
        "subjects": subjects,
        "growth": {"tools": grown, "index": grown},
        "builds": {"cold": {"wall": 20_000, "cpu": 30_000}, "warm": {"wall": SLOW, "cpu": SLOW}},
        "instructions": {
            "bare": {"init": 140.0, "call": 141.0},
            "ours": {"init": 280.0, "call": 423.0},
        },
    }


def test_tables_fit_80_columns_and_hold_the_figures():
    shown = tables.text(results())
    widest = max(shown.splitlines(), key=len)
    assert len(widest) <= 80, widest
    assert "usual <zip>" in shown
    assert "4,000 ±100" in shown
    assert tables.instructions(results()).rows[1] == ("ours", "280", "2.00", "423", "3.00")


def test_memory_that_a_server_does_not_fit_into_has_no_price():
    [row] = [row for row in tables.costs(results()).rows if row[0] == "usual <zip>"]
    assert row[1:3] == ("-", "-")
    assert float(row[3]) > 0.2


def test_tables_are_markdown_too():
    shown = tables.cold(results()).as_markdown()
    assert "| usual <zip> | 4,000 ±100 | 4,000 |" in shown
    assert "|  | INIT | call |\n| --- | ---: | ---: |" in shown


def test_a_run_of_a_few_subjects_has_fewer_tables():
    few = results()
    del few["growth"], few["builds"], few["instructions"], few["subjects"]["ours"]
    titles = [table.title for table in tables.all_of(few)]
    assert not [title for title in titles if "SnapStart" in title or "Build" in title]
    assert set(plots.all_of(few)) == {"cold.svg", "warm.svg"}


def words(picture: str) -> list[str | None]:
    """What can be read in a plot."""
    root = ET.fromstring(picture)  # noqa: S314 - our own
    return [one.text for one in root.iter("{http://www.w3.org/2000/svg}text")]


def test_plots_say_their_figures_in_words_and_show_the_page_behind_them():
    shown = plots.all_of(results())
    assert set(shown) == set(page.ALT)
    assert {"usual <zip>", "4,000", "40.0"} <= {*words(shown["cold.svg"])}
    assert {"usual <zip>", "4,000 / 5,000", "40.0 / 60.0"} <= {*words(shown["warm.svg"])}
    for name in ("growth-tools.svg", "growth-index.svg"):
        assert {"ours", "10", "1,000"} <= {*words(shown[name])}
    # Two runs of the same figures are no change.
    assert plots.all_of(results()) == shown


def test_a_size_that_is_not_built_has_a_row_and_no_point():
    one = results()
    one["growth"]["tools"][1] |= {"failure": "too many", "figures": {}}
    assert tables.tools(one).rows[1] == ("ours, 1,000", "not built", "-", "-", "-")
    assert "1,000" not in words(plots.all_of(one)["growth-tools.svg"])


def test_figures_are_put_between_the_marks_of_the_page():
    before = f"# Title\n\n{page.BEGIN}\nold\n{page.END}\n\nend\n"
    made = page.with_figures(before, results(), page.ALT)
    assert made.startswith(f"# Title\n\n{page.BEGIN}\n\nMeasured 2026-01-31")
    assert made.endswith(f"{page.END}\n\nend\n")
    assert "\nold\n" not in made
    assert page.with_figures(made, results(), page.ALT) == made
    with pytest.raises(ValueError, match="lacks"):
        page.with_figures("# Title\n", results(), page.ALT)


def test_the_page_shows_the_figures_that_are_kept_beside_it():
    kept = json.loads(page.FIGURES.read_text())
    shown = plots.all_of(kept)
    assert page.PAGE.read_text() == page.with_figures(page.PAGE.read_text(), kept, shown)
    for name, picture in shown.items():
        assert (page.FOLDER / name).read_text() == picture


COUNTED = {"bare": {"init": 100.0, "call": 110.0}, "ours": {"init": 120.0, "call": 165.0}}


def test_a_budget_is_a_multiple_of_the_bare_handler(tmp_path, monkeypatch):
    monkeypatch.setattr(budget, "PLACE", tmp_path / "budget.json")
    budget.write(COUNTED)
    assert budget.read()["ratios"] == {"ours": {"init": 1.2, "call": 1.5}}
    assert not [*budget.overruns(COUNTED, budget.read())]
    # Another Python counts twice as much, of both.
    doubled = {name: {k: 2 * v for k, v in one.items()} for name, one in COUNTED.items()}
    assert not [*budget.overruns(doubled, budget.read())]


def test_what_is_over_the_budget_says_what_changed_and_how_to_renew_it(tmp_path, monkeypatch):
    monkeypatch.setattr(budget, "PLACE", tmp_path / "budget.json")
    budget.write(COUNTED)
    more = {**COUNTED, "ours": {"init": 120.0, "call": 180.0}}
    [said] = budget.overruns(more, budget.read())
    assert "ours: INIT and the first tools/call takes 1.64 x" in said
    assert "budget is 1.50" in said
    assert "180 million, 165 when it was written" in said
    assert budget.RENEW in said
    # With another build of Python a small difference is not the code's.
    monkeypatch.setattr(budget, "build", lambda: "another")
    assert not [*budget.overruns(more, budget.read())]


def test_ratios_stand_on_the_bare_call_where_it_has_no_search():
    bare, mine = Samples(), Samples()
    bare.add("cold.call.cpu", 0, 50.0)
    mine.add("cold.search.cpu", 0, 75.0)
    nothing = Tree(Path(), 0, 0, 0)
    subjects = [
        Subject(name, name, name, nothing, Program(Path(), "x.handler"), (), ())
        for name in ("bare", "ours")
    ]
    found = of_subjects(subjects, {"bare": bare, "ours": mine})
    assert found["ours"]["to_bare"]["cold.search.cpu"]["median"] == 1.5
    assert found["ours"]["to_usual"] == {}


def test_requests_are_events_of_a_function_url():
    for kind in (CALL, MODERN_CALL, PLAIN_CALL):
        event = json.loads(kind.ask.event({"authorization": "Bearer x"}))
        assert read_head(event).headers["authorization"] == "Bearer x"
        assert json.loads(event["body"])["method"] == "tools/call"
    signed = json.loads(CALL.ask.event({}, signed=True))
    assert signed["requestContext"]["authorizer"]["iam"]["userArn"].endswith("user/ann")


def test_answers_are_read_whole_and_streamed():
    assert decoded(b'{"statusCode": 200, "body": "eA==", "isBase64Encoded": true}', None) == (
        200,
        "x",
    )
    streamed = b'{"statusCode": 401}' + bytes(8) + b"no"
    assert decoded(streamed, "application/vnd.awslambda.http-integration-response") == (401, "no")
