"""The torture program finds what it is there for, and a sound server passes."""

from __future__ import annotations

import json
import logging
import operator
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mesh.build.environment import ROOT
from tests.local.runtime.fast_path.live_memory import Memory, memory
from tests.torture import generators, inputs, parsers, servers
from tests.torture.faults import Fault
from tests.torture.inputs import Input
from tests.torture.memory_growth import LIMIT_BYTES, Sample
from tests.torture.shrink import smallest
from tests.torture.summary import MB, WIDTH, Fuzzed, Run
from tests.torture.tally import Tally
from tests.torture.trial import Outcome
from tests.torture.workers import Plan, Workers

INPUTS = 300
TOO_SHORT = "Too short to tell whether memory grows: under 2,000 inputs for each worker."
COMMAND = [sys.executable, "-m", "tests.torture", "--no-atheris", "--seed", "2"]


def kinds(tally: Tally) -> set[str]:
    return {fault.kind for fault in tally.findings}


def sent_until(worker, kind: str) -> Tally:
    """What was seen until the first fault of this kind, or in some hundreds of inputs."""
    tally: Tally = worker.tally
    for number in range(3 * INPUTS):
        worker.send(number)
        if kind in kinds(tally):
            break
    return tally


@pytest.mark.promise("`make torture` counts inputs and faults")
def test_a_run_counts_its_inputs_and_finds_nothing_wrong():
    # As `make torture` starts it, without what tests/conftest.py sets.
    variables = {name: value for name, value in os.environ.items() if name != "MESH_SERVER"}
    done = subprocess.run(
        [*COMMAND, "--count", str(INPUTS), "--minutes", "10"],
        cwd=ROOT,
        env=variables,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    lines = done.stdout.splitlines()
    assert any(line.startswith(f"{INPUTS} inputs in ") for line in lines)
    assert lines[-1] == "Nothing is wrong."
    assert TOO_SHORT in lines
    assert "NOT RUN: the parsers under atheris. Left out with --no-atheris." in lines
    assert max(map(len, lines)) <= WIDTH


def test_a_seed_repeats_the_inputs_and_another_makes_others():
    def written(seed: str) -> list[str]:
        # Not the inputs: a number that is none equals nothing.
        return [repr(generators.make(seed, number)) for number in range(60)]

    assert written("a") == written("a") != written("b")
    made = {generators.make("a", number).kind for number in range(60)}
    assert made == set(generators.KINDS)


def raises(event: Any, _answer: Any) -> Any:
    raise KeyError(event)


def with_body(answer: Any, body: str) -> Any:
    headers = {name: value for name, value in answer["headers"].items() if name != "content-length"}
    return {**answer, "headers": headers, "body": body}


def has_a_wrong_length(_event: Any, answer: Any) -> Any:
    return {**answer, "headers": {**answer["headers"], "content-length": "7777"}}


def is_malformed(_event: Any, answer: Any) -> Any:
    return {**answer, "headers": {"x": 1}}


def fails(_event: Any, answer: Any) -> Any:
    return {**answer, "statusCode": 500}


def fails_within(_event: Any, answer: Any) -> Any:
    body = {"jsonrpc": "2.0", "id": 1, "error": {"code": -32603, "message": "x"}}
    return with_body(answer, json.dumps(body))


def leaks(_event: Any, answer: Any) -> Any:
    return with_body(answer, f"{answer['body']}{servers.KEY}")


def logs_the_origin_secret(_event: Any, answer: Any) -> Any:
    logging.getLogger("mesh.request").warning("asked with %s", servers.ORIGIN_SECRET)
    return answer


def shows_a_traceback(_event: Any, answer: Any) -> Any:
    return with_body(answer, "Traceback (most recent call last):\n")


def differs(_event: Any, answer: Any) -> Any:
    headers = {**answer["headers"], "x-way": "full"}
    return {**answer, "headers": headers}


def lets_anybody_in(_event: Any, answer: Any) -> Any:
    fields = {"fields": {"caller": "key:nobody"}}
    logging.getLogger("mesh.request").info("request", extra=fields)
    return {**answer, "statusCode": 200}


def never_ends(_event: Any, _answer: Any) -> Any:
    while True:
        pass


@pytest.mark.parametrize(
    ("wrong", "kind"),
    [
        (raises, "exception"),
        (is_malformed, "malformed answer"),
        (has_a_wrong_length, "malformed answer"),
        (fails, "server error"),
        (fails_within, "internal error"),
        (leaks, "secret in an answer"),
        (logs_the_origin_secret, "secret in the log"),
        (shows_a_traceback, "traceback in an answer"),
        (differs, "difference"),
        (differs, "streamed difference"),
        (lets_anybody_in, "let in without a credential"),
    ],
)
def test_a_planted_fault_is_found_and_its_smallest_input_repeats_it(
    plant, worker, trial, wrong, kind
):
    plant(wrong, both=wrong is lets_anybody_in)
    tally = sent_until(worker, kind)
    assert kind in kinds(tally)
    finding = next(one for fault, one in tally.findings.items() if fault.kind == kind)
    assert finding.file is not None
    again = trial.run(inputs.load(finding.file))
    assert finding.fault in again.faults
    first = generators.make("smoke", finding.number)
    assert finding.characters <= len(json.dumps(first.event))


def test_an_answer_that_takes_too_long_is_stopped_and_told(plant, trial, monkeypatch):
    monkeypatch.setattr("tests.torture.trial.LONGEST_SECONDS", 0.1)
    plant(never_ends)
    # This server has no fast path.
    outcome = trial.run(Input("events", "oauth", {"version": "2.0"}))
    assert [fault.kind for fault in outcome.faults] == ["out of time"]


def test_a_refusal_that_grows_with_the_body_is_found(plant, worker):
    def reads_the_body(event: Any, answer: Any) -> Any:
        body = event.get("body") if isinstance(event, dict) else None
        json.dumps([body] * 10)
        return {**answer, "statusCode": 401}

    plant(reads_the_body)
    assert "slow refusal" in kinds(sent_until(worker, "slow refusal"))


def test_the_cost_of_a_fast_answer_is_that_of_the_fast_path_alone(trial, started):
    # Writing a large event for the other process, and its answer's checks, are ours.
    event = {"version": "2.0", "body": "x" * 1_000_000}
    outcome = trial.run(Input("events", "api_key", event))
    assert outcome.way == "fast"
    assert outcome.seconds == started.get("api_key").fast_path.seconds > 0


def test_a_process_that_an_input_ends_is_replaced_and_the_input_is_told(tmp_path, monkeypatch):
    monkeypatch.setattr("tests.torture.workers._work", dies_at_four)
    plan = Plan("smoke", 20, time.monotonic() + 60, tmp_path, tmp_path)
    tally = Workers(plan).run(lambda _tally: None)
    (finding,) = tally.findings.values()
    assert finding.fault == Fault("process ended", "exit code 7")
    assert finding.number == 4
    assert tally.total == 19
    assert finding.file is not None
    assert repr(inputs.load(finding.file)) == repr(generators.make("smoke", 4))


def dies_at_four(plan: Plan, numbers: range, at: Any, stop: Any, told: Any) -> None:
    """A worker's main function that sends nothing."""
    tally = Tally()
    for number in numbers:
        at.value = number
        if number == 4:
            told.send(tally)
            os._exit(7)
        tally.inputs["events"] += 1
    told.send(tally)


def test_ctrl_c_ends_all_processes_and_the_summary_is_printed():
    running = subprocess.Popen(
        [*COMMAND, "--minutes", "5"], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    try:
        assert running.stdout is not None
        assert running.stdout.readline() == "seed 2\n"
        # Python's own, which looks after what processes share, and the two workers.
        children = until(lambda: _children(running.pid), lambda found: len(found) >= 3)
        running.send_signal(signal.SIGINT)
        told, _ = running.communicate(timeout=60)
    finally:
        running.kill()
        running.wait()
    assert running.returncode == 130
    assert re.search(r"^[\d,]+ inputs in \d+ s, seed 2$", told, re.MULTILINE)
    until(lambda: [pid for pid in children if Path(f"/proc/{pid}").exists()], operator.not_)


def until[Value](look: Callable[[], Value], fits: Callable[[Value], bool]) -> Value:
    """What there is once it fits; fails after a while."""
    deadline = time.monotonic() + 60
    while not fits(found := look()):
        assert time.monotonic() < deadline, found
        time.sleep(0.05)
    return found


def _children(pid: int) -> list[str]:
    return Path(f"/proc/{pid}/task/{pid}/children").read_text().split()


def test_the_smallest_input_is_found_in_a_body_of_json_too():
    event = {"body": json.dumps({"a": "needle and more", "c": ["x" * 500, {}]}), "d": [1, 2]}
    found = smallest(event, lambda one: "needle" in json.dumps(one) and "a" in one["body"], 2000)
    assert found == {"body": '{"a": "needle"}'}


@pytest.mark.parametrize("parser", parsers.PARSERS)
def test_every_parser_takes_what_the_fuzzer_begins_with(trial, parser):
    for sample in parsers.samples(parser):
        _, faults = parsers.try_parser(trial, parser, sample)
        assert faults == ()


def test_a_summary_says_what_is_wrong_and_how_to_repeat_it():
    tally = Tally()
    fault = Fault("exception", "KeyError at front.py:1")
    given = generators.make("s", 3)
    tally.add(3, given, Outcome(0, "none", 0.5, 10, (fault,)))
    fuzzed = (Fuzzed("jira", 100), Fuzzed("jira", 0, "exception: x", "python -m tests.torture x"))
    run = Run("s", 5.0, tally, fuzzed, None)
    assert run.is_wrong()
    said = "\n".join(run.lines())
    assert "WRONG: 2 kinds of fault" in said
    assert ".venv/bin/python -m tests.torture --seed s --input 3" in said
    assert "exception: x" in said
    assert not Run("s", 5.0, Tally(), (), None).is_wrong()
    unfuzzed = Run("s", 5.0, Tally(), (), "atheris could not be installed here.").lines()
    assert "NOT RUN: the parsers under atheris. atheris could not be installed here." in unfuzzed


def sampled(*figures: tuple[int, int], name: str = "full") -> list[Sample]:
    """Samples of one process: modules, and MB in use."""
    return [{name: Memory(modules, size * MB)} for modules, size in figures]


@pytest.mark.parametrize(
    ("samples", "growth"),
    [
        (sampled((9, 50), (9, 50), (9, 55), (9, 65)), 15),
        (sampled((9, 10), (9, 50), (9, 50), (9, 51)), 1),
        (sampled((8, 50), (8, 50), (9, 90), (9, 91)), 1),
        (
            [
                *sampled((9, 50), (9, 50), (9, 50)),
                sampled((9, 50))[0] | sampled((9, 90), name="oauth")[0],
            ],
            0,
        ),
    ],
    ids=["it grows", "before it settled", "an import", "a server started late"],
)
def test_memory_grows_only_by_what_is_kept_after_the_start(samples, growth):
    run = Run("s", 5.0, Tally(memory={0: sampled((9, 0)), 1: samples}), (), None)
    assert run.growth_bytes() == growth * MB
    assert run.is_wrong() is (growth * MB > LIMIT_BYTES)
    wrong = "WRONG: " if run.is_wrong() else ""
    told = f"{wrong}one process grew by {growth}.0 MB after 1,000 inputs, without imports"
    assert told in run.lines()
    assert ("Nothing is wrong." in run.lines()) is not run.is_wrong()


def test_a_short_run_says_that_it_cannot_tell_whether_memory_grows():
    samples = sampled((9, 0), (9, 0), (9, 900))
    run = Run("s", 5.0, Tally(memory={0: samples, 1: []}), (), None)
    assert not run.is_wrong()
    assert TOO_SHORT in run.lines()


def test_an_object_that_each_answer_leaves_behind_shows_as_growth(plant, worker, monkeypatch):
    monkeypatch.setattr("tests.torture.worker.SAMPLE_INPUTS", 20)
    kept: list[Any] = []

    def keeps_objects(_event: Any, answer: Any) -> Any:
        kept.append([[] for _ in range(10_000)])
        return answer

    plant(keeps_objects, both=True)
    worker.run(range(80), float("inf"), lambda _number: None, lambda _tally: True)
    run = Run("smoke", 5.0, worker.tally, (), None)
    assert (run.growth_bytes() or 0) > LIMIT_BYTES


@pytest.mark.parametrize("size", [50, 5000, 5_000_000])
def test_memory_counts_what_is_kept_of_any_size_and_nothing_that_is_gone(size):
    before = memory().live_bytes
    kept = [bytes(size) for _ in range(20_000_000 // size)]
    held = memory().live_bytes - before
    assert 15_000_000 < held < 60_000_000
    kept.clear()
    assert abs(memory().live_bytes - before) < MB


def test_the_memory_of_every_process_of_a_worker_is_measured(trial):
    trial.run(generators.make("smoke", 1))
    trial.run(generators.make("smoke", 2))
    measured = trial.memory()
    assert len(measured) >= 2
    assert all(one.modules > 100 and one.live_bytes > MB for one in measured.values())
    assert measured["full"].modules == len(sys.modules)
