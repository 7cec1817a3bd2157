"""`mesh cost`: known bills, and one file of prices."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from mesh.build.environment import ROOT
from mesh.cli import run
from mesh.cost import prices
from mesh.cost.bill import OWN_METRICS, Beside

ONLY = ("--alarms", "0", "--dashboards", "0", "--cold-share", "0")
LITTLE = ("--log-kb", "0", "--response-kb", "0")


@pytest.fixture
def cost(capsys: pytest.CaptureFixture[str]) -> Any:
    """What `mesh cost --json` says with these arguments."""

    def asked(*arguments: str) -> dict[str, Any]:
        assert run(["cost", "--json", *arguments]) == 0
        found: dict[str, Any] = json.loads(capsys.readouterr().out)
        return found

    return asked


def total(found: dict[str, Any], name: str) -> float:
    return float(found["usd_a_month"][name]["total"])


def test_a_million_requests_cost_what_the_docs_say(cost: Any) -> None:
    found = cost("--requests", "1e6", "--duration-ms", "300", *ONLY, *LITTLE)

    assert total(found, "Lambda arm64") == pytest.approx(2.20, abs=0.005)
    assert total(found, "Lambda x86_64") == pytest.approx(2.70, abs=0.005)
    assert "about $2.20" in (ROOT / "docs/how-to/deploy.md").read_text()


def test_fargate_costs_its_tasks_addresses_and_load_balancer_without_a_request(cost: Any) -> None:
    found = cost("--requests", "0", *ONLY, *LITTLE)
    images = 0.05

    assert total(found, "Fargate 1 task") == pytest.approx(18.02 + 3.65 + images, abs=0.01)
    assert total(found, "Fargate 1 + ALB") == pytest.approx(45.90 + images, abs=0.01)
    assert total(found, "Fargate 2 + ALB") == pytest.approx(67.57 + images, abs=0.01)
    # Two gateways, and no address of a task.
    assert found["usd_a_month"]["Fargate 2 + NAT"]["lines"]["NAT gateways"] == 65.7
    assert total(found, "Lambda arm64") == 0


def test_init_is_billed_and_snapstart_is_billed_instead(cost: Any) -> None:
    cold = ("--requests", "1e6", "--cold-share", "0.1", "--init-ms", "1000", "--alarms", "0")

    lines = cost(*cold)["usd_a_month"]["Lambda arm64"]["lines"]
    restored = cost(*cold, "--snap-start", "--versions", "2")["usd_a_month"]["Lambda arm64"][
        "lines"
    ]

    assert lines["INIT of cold starts"] == pytest.approx(100_000 * 0.5 * 0.0000133334, abs=1e-4)
    assert "INIT of cold starts" not in restored
    assert restored["SnapStart snapshots"] == pytest.approx(2 * 1.977, abs=0.001)
    assert restored["SnapStart restores"] == pytest.approx(100_000 * 0.5 * 0.0001397998, abs=1e-4)


def test_kept_instances_cost_by_the_month_and_take_requests_from_the_others(cost: Any) -> None:
    found = cost("--requests", "1e6", "--duration-ms", "100", "--provisioned", "1", *ONLY)

    lines = found["usd_a_month"]["Lambda arm64"]["lines"]
    assert "Duration" not in lines
    used = 100_000 * 0.5 * 0.0000077778
    assert lines["Provisioned concurrency"] == pytest.approx(4.38 + used, abs=0.01)


def test_domain_web_acl_and_composite_alarm_have_lines(cost: Any) -> None:
    found = cost("--requests", "1e6", "--domain", "--waf-rules", "1")

    lines = found["usd_a_month"]["Lambda arm64"]["lines"]
    assert lines["WAF"] == pytest.approx(5 + 1 + 0.60)
    assert lines["Domain"] == pytest.approx(0.50 + 1.00 + 0.13)
    assert (lines["Alarms"], lines["Composite alarm"], lines["Metrics"]) == (2.5, 0.5, 1.5)


def test_at_the_break_even_point_both_cost_the_same(cost: Any) -> None:
    point = cost("--duration-ms", "300")["break_even_requests"]["Fargate 1 + ALB"]

    found = cost("--duration-ms", "300", "--requests", str(point))

    assert total(found, "Lambda arm64") == pytest.approx(total(found, "Fargate 1 + ALB"), rel=1e-4)
    below = cost("--duration-ms", "300", "--requests", str(point * 0.9))
    assert total(below, "Lambda arm64") < total(below, "Fargate 1 + ALB")


def test_the_table_fits_80_columns_and_the_picture_has_the_break_even_points(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    drawn = tmp_path / "cost.svg"
    arguments = ["--requests", "4e7", "--domain", "--waf-rules", "3", "--plot", str(drawn)]

    assert run(["cost", *arguments]) == 0

    shown = capsys.readouterr().out
    assert "Total" in shown
    assert max(map(len, shown.splitlines())) <= 80
    said = re.findall(r"cheaper than Lambda arm64 from (.*) requests", shown)
    assert len(said) == 4
    assert all(one in drawn.read_text() for one in said)


def test_a_benchmark_gives_the_durations(cost: Any) -> None:
    file = ROOT / "docs/benchmarks/starts.json"

    ours = cost("--benchmark", str(file), "--memory-mb", "1769")
    bare = cost("--benchmark", str(file), "--memory-mb", "1769", "--subject", "bare")

    init = json.loads(file.read_text())["subjects"]["ours"]["figures"]["init.cpu"]["median"]
    assert ours["usage"]["init_ms"] == pytest.approx(init, abs=1)
    assert bare["usage"]["init_ms"] < ours["usage"]["init_ms"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--waf-rules", "1"], "needs --domain"),
        (["--snap-start", "--provisioned", "1"], "either"),
        (["--region", "eu-west-9"], "mesh cost --refresh --region eu-west-9"),
        (["--prices", "none.json"], "cannot be read"),
        (["--plot", "cost.txt"], "end it with .svg"),
        (["--benchmark", "pyproject.toml"], "make bench"),
        (["--benchmark", "docs/benchmarks/starts.json", "--subject", "x"], "--subject one of"),
    ],
)
def test_wrong_input_is_told_with_a_remedy(
    arguments: list[str],
    said: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(ROOT)

    assert run(["cost", *arguments]) != 0

    assert said in capsys.readouterr().err


def test_prices_stand_in_one_file_alone() -> None:
    """The dashboard, the comment of a pull request and the benchmarks read the same file."""
    amounts = ("0.0000133334", "0.0000166667", "1.33334e-05", "0.0000015046", "0.04048")
    files = [
        *ROOT.glob("terraform/**/*.tf"),
        *ROOT.glob("mesh/**/*.py"),
        *ROOT.glob("benchmarks/**/*.py"),
    ]

    assert [file for file in files if any(one in file.read_text() for one in amounts)] == []
    dashboard = (ROOT / "terraform/modules/monitoring/dashboard.tf").read_text()
    assert "local.price_list.prices" in dashboard


def test_amounts_in_the_docs_are_those_of_the_file(cost: Any) -> None:
    now = prices.load()
    month, half_gb = 730 * 3600, 0.5
    alarms = Beside().alarms * now["alarm"] + now["composite_alarm"]
    amounts = {
        "How-to alarms": (f"about ${alarms:.0f} for the alarms", "docs/how-to/alarms.md"),
        "a tool": (f"each tool that is used ${2 * now['metric']:.2f}", "docs/how-to/alarms.md"),
        "a dashboard": (f"dashboard costs ${now['dashboard']:.0f}", "docs/how-to/alarms.md"),
        "own metrics": (
            f"alarms and queries count ${OWN_METRICS * now['metric']:.2f}",
            "docs/how-to/alarms.md",
        ),
        "kept": (
            f"${month * half_gb * now['provisioned_held_arm64']:.1f}0 a month",
            "docs/how-to/function-options.md",
        ),
        "cached": (
            f"${month * half_gb * now['snapstart_cached']:.0f} a month",
            "docs/how-to/function-options.md",
        ),
        "web ACL": (
            f"web ACL costs ${now['waf_acl'] + now['waf_rule']:.0f} a month",
            "docs/how-to/custom-domain.md",
        ),
        "logs": (f"${now['logs_ingested']:.2f} per GB", "docs/how-to/deploy.md"),
    }

    missing = {
        name: said
        for name, (said, page) in amounts.items()
        if said not in " ".join((ROOT / page).read_text().split())
    }
    assert missing == {}


def test_the_page_shows_what_the_command_prints(capsys: pytest.CaptureFixture[str]) -> None:
    page = (ROOT / "docs/explanation/lambda-or-fargate.md").read_text()

    assert run(["cost", "--requests", "1000000", "--duration-ms", "300"]) == 0

    shown = capsys.readouterr().out
    assert f"```text\n{shown}```" in page
    points = re.findall(r"cheaper than Lambda arm64 from (.*) requests", shown)
    picture = (ROOT / "docs/benchmarks/cost.svg").read_text()
    assert [point for point in points if point not in picture] == []
    assert all(point.removesuffix(" million") in page.partition("prints:")[0] for point in points)


def test_the_page_says_what_an_idle_month_costs(cost: Any) -> None:
    page = (ROOT / "docs/explanation/lambda-or-fargate.md").read_text()

    idle = cost("--requests", "0")

    row = next(line for line in page.splitlines() if line.startswith("| Idle month"))
    for name in ("Lambda arm64", "Fargate 1 + ALB", "Fargate 1 task"):
        assert f"${total(idle, name):.2f}" in row
