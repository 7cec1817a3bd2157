"""The benchmark of cold starts runs from end to end, once around."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys

import pytest

from benchmarks.starts import __main__ as command
from benchmarks.starts import budget, growth, instructions, page, results, tables, trees
from benchmarks.starts.instance import BenchmarkError, LambdaInstance, Program
from benchmarks.starts.requests import CALL, LIST
from benchmarks.starts.services import services
from benchmarks.starts.subjects import Subjects
from mesh.build.environment import ROOT
from mesh.local_aws.instances.leftovers import remove_tree


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A place of its own for trees: other tests, and people, may run the benchmark meanwhile."""
    place = tmp_path_factory.mktemp("starts")
    kept, trees.FOLDER = trees.FOLDER, place
    yield place
    trees.FOLDER = kept
    remove_tree(place)


@pytest.fixture(scope="module")
def beside(folder):
    with services(with_supabase=False) as running:
        yield running


def run(beside, *arguments):
    asked = command.parser().parse_args(arguments)
    return asyncio.run(command.run(asked, beside, say=lambda _step: None))


def test_one_round_of_two_subjects_gives_every_figure(beside, tmp_path):
    found = run(
        beside,
        *("--rounds", "1", "--calls", "2", "--only", "bare,ours", "--growth-rounds", "0"),
        *("--no-builds", "--no-instructions", "--no-supabase"),
    )
    ours = found["subjects"]["ours"]
    for kind in ("health", "initialize", "list", "call", "search"):
        assert ours["figures"][f"first.{kind}.cpu"]["median"] > 0
        assert ours["figures"][f"cold.{kind}.wall"]["median"] > 0
    for kind in ("health", "list", "call", "modern_list", "modern_call", "plain_call", "search"):
        assert ours["figures"][f"warm.{kind}.wall"]["count"] == 2
    assert ours["figures"]["init.cpu"]["count"] == 5
    assert ours["figures"]["memory"]["median"] > 5
    assert ours["size"]["files"] > 100
    assert ours["to_bare"]["init.cpu"]["median"] > 0
    assert found["subjects"]["bare"]["to_bare"]["cold.call.cpu"]["median"] == 1
    page.save(found, tmp_path / "kept")
    assert json.loads((tmp_path / "kept" / "starts.json").read_text()) == found
    assert "bare handler" in tables.text(found)


def test_growth_is_measured_at_each_size_that_is_built(beside):
    bare = Subjects(beside).make("bare")
    sizes = [growth.Grown(bare, 10, None, (LIST, CALL)), growth.Grown(bare, 99, None, (), "no")]
    measured = growth.measure(sizes, command.new_sandbox(), rounds=1, progress=lambda _step: None)
    built, failed = results.of_growth(asyncio.run(measured))
    assert built["figures"]["init.cpu"]["count"] == 2
    assert built["figures"]["first.call.cpu"]["median"] > 0
    assert (failed["failure"], failed["figures"]) == ("no", {})


def test_a_subject_that_there_is_not_is_named(beside):
    with pytest.raises(BenchmarkError, match=r"no subject nobody; there are bare, ours, "):
        run(beside, "--only", "bare,nobody")


def test_a_wrong_answer_is_no_measurement(folder):
    tree = folder / "wrong"
    tree.mkdir()
    wrong = '{"statusCode": 200, "body": \'{"error": {"message": "on purpose"}}\'}'
    (tree / "wrong.py").write_text(f"def handler(event, context):\n    return {wrong}\n")

    async def ask() -> None:
        async with LambdaInstance(Program(tree, "wrong.handler"), command.new_sandbox()) as one:
            await one.ask(CALL.ask)

    with pytest.raises(BenchmarkError, match="on purpose"):
        asyncio.run(ask())


def test_a_server_that_does_not_start_says_why(folder):
    tree = folder / "broken"
    tree.mkdir()
    (tree / "broken.py").write_text("raise ValueError('broken on purpose')\n")

    async def start() -> None:
        async with LambdaInstance(Program(tree, "broken.handler"), command.new_sandbox()):
            pass

    with pytest.raises(BenchmarkError, match="broken on purpose"):
        asyncio.run(start())


def test_a_cold_start_keeps_to_its_budget_of_instructions(beside):
    reason = instructions.missing()
    if reason is not None:
        pytest.skip(reason)
    found = asyncio.run(budget.counts(beside, Subjects(beside), thorough=False))
    over = [*budget.overruns(found, budget.read())]
    assert not over, "\n".join(over)


def test_peers_are_pinned_with_hashes():
    locks = sorted(trees.LOCKS.glob("*.txt"))
    assert {lock.stem for lock in locks} == {file.stem for file in trees.LOCKS.glob("*.in")}
    for lock in locks:
        text = lock.read_text()
        assert "--hash=sha256:" in text
        assert "://" not in text


def test_generated_tools_are_modules_that_compile():
    source = trees.tool_source(range(3))
    compile(source, "tools.py", "exec")
    assert source.count("@tool(annotations=READ_ONLY)\n") == 3
    compile(trees.more_tools(2), "more.py", "exec")


def test_help_says_what_it_is():
    done = subprocess.run(
        (sys.executable, "-m", "benchmarks.starts", "--help"),
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert "cold starts" in done.stdout
    assert "budget" in done.stdout
