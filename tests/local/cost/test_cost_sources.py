"""Where `mesh cost` reads from: AWS's price list, and CloudWatch."""

from __future__ import annotations

import datetime as dt
import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from mesh.cli import run
from mesh.cost import prices
from mesh.local_aws.process import Running, start, stop
from tests.fixtures import price_list
from tests.fixtures.deployed import ECHO, client, deploy, wait_until


@pytest.fixture
def running(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Running]:
    """A local AWS that this shell's credentials lead to."""
    started = start(tmp_path / "aws", endpoint_port=0, url_ports="0", log=tmp_path / "aws.log")
    for name, value in started.environment.items():
        monkeypatch.setenv(name, value)
    yield started
    stop(tmp_path / "aws")


def test_the_traffic_of_a_function_is_read_from_cloudwatch(
    running: Running, capsys: pytest.CaptureFixture[str]
) -> None:
    function = deploy(running, ECHO, MemorySize=256)
    for _ in range(3):
        function.get()
    wait_until(lambda: function.log_text().count("REPORT") == 3)
    # Two days of traffic.
    client(running, "cloudwatch").put_metric_data(
        Namespace="AWS/Lambda",
        MetricData=[
            {
                "MetricName": name,
                "Dimensions": [{"Name": "FunctionName", "Value": function.name}],
                "Timestamp": dt.datetime.now(dt.UTC) - dt.timedelta(days=2),
                "Value": value,
            }
            for name, value in (("Invocations", 997.0), ("Duration", 99_700.0))
        ],
    )

    assert run(["cost", "--function", function.name, "--json"]) == 0

    seen = capsys.readouterr()
    found = json.loads(seen.out)
    assert found["function"]["memory_mb"] == 256
    assert found["usage"]["requests"] == pytest.approx(1000 / 2 * 30, rel=0.05)
    assert found["usage"]["duration_ms"] == pytest.approx(100, rel=0.05)
    assert f"calls of {function.name}" in seen.err


def test_a_function_that_is_not_there_is_named(
    running: Running, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["cost", "--function", "absent"]) == 1

    assert "function absent cannot be read" in capsys.readouterr().err


def test_refresh_reads_every_listed_price_of_a_region(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "prices.json"
    shutil.copy(prices.FILE, file)

    with price_list.served(price_list.offers("eu-west-1", "EU-", 1.1)) as url:
        arguments = ["--refresh", "--region", "eu-west-1", "--price-list", url]
        assert run(["cost", *arguments, "--prices", str(file)]) == 0

    assert "not in the list" not in capsys.readouterr().out
    before, after = prices.load(), prices.load("eu-west-1", file)
    listed = {name for name, one in prices.read()["prices"].items() if "list" in one}
    assert {name: after[name] for name in listed} == pytest.approx(
        {name: before[name] * 1.1 for name in listed}, rel=1e-4
    )
    assert after["nat_gateway"] == before["nat_gateway"]
    assert run(["cost", "--region", "eu-west-1", "--prices", str(file)]) == 0
    assert "Prices\nof eu-west-1" in capsys.readouterr().out


def test_a_price_without_a_prefix_wins_over_one_that_looks_like_it(tmp_path: Path) -> None:
    file = tmp_path / "prices.json"
    shutil.copy(prices.FILE, file)

    with price_list.served(price_list.offers("us-east-1", "", 1.0)) as url:
        assert run(["cost", "--refresh", "--price-list", url, "--prices", str(file)]) == 0

    assert prices.load("us-east-1", file)["load_balancer"] == 0.0225


@pytest.mark.parametrize(
    ("page", "said"),
    [(None, "cannot be read"), ([], "not a JSON object"), ({"x": 1}, "has no products")],
)
def test_a_list_that_cannot_be_read_changes_nothing(
    page: object, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "prices.json"
    shutil.copy(prices.FILE, file)
    pages = price_list.offers("us-east-1", "", 2.0)
    pages["/offers/v1.0/aws/AWSELB/2026/us-east-1/index.json"] = page

    with price_list.served(pages) as url:
        assert run(["cost", "--refresh", "--price-list", url, "--prices", str(file)]) == 1

    assert said in capsys.readouterr().err
    assert file.read_text() == prices.FILE.read_text()
