"""Releases under load: nothing is lost, and what does not pass is never live.

The zips have no fast path: what answers a call makes no difference to a release.
"""

from __future__ import annotations

import io
import itertools
import os
import subprocess
import threading
from collections import Counter
from copy import replace
from dataclasses import dataclass, field
from functools import partial
from typing import Self

import httpx
import pytest

from mesh.build.environment import ROOT
from mesh.cli.deployment.release import hold_only
from mesh.deploy.release import rollout
from mesh.deploy.release.rollback import BACK_STEPS, choose, known, roll_back
from mesh.deploy.release.rollout import STEPS, Options, release
from mesh.deploy.release.root import Root
from mesh.deploy.release.target import Target
from mesh.deploy.release.trial import NotReleasedError
from mesh.failure import CommandFailedError
from mesh.progress import Steps
from mesh.runtime.access.api_keys import generate
from mesh.smoke import credential
from mesh.stack import local_aws_client, terraform
from mesh.stack.lookup import configured_call

CALLERS = 2
PAUSE_SECONDS = 0.1  # at most 20 calls a second in all


@dataclass
class Load:
    """Callers that call a tool at the live URL one call after the other, each answer kept."""

    url: str
    key: str
    answers: list[tuple[int, str]] = field(default_factory=list)
    ended: threading.Event = field(default_factory=threading.Event)

    def __enter__(self) -> Self:
        self.callers = [threading.Thread(target=self._call) for _ in range(CALLERS)]
        for caller in self.callers:
            caller.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.ended.set()
        for caller in self.callers:
            caller.join()

    def since(self, mark: int) -> Counter[tuple[int, str]]:
        """Statuses and what the tool said, from the answer with this number on."""
        return Counter(self.answers[mark:])

    def _call(self) -> None:
        numbers = itertools.count()
        with httpx.Client(headers={"Authorization": f"Bearer {self.key}"}, timeout=100) as client:
            while not self.ended.wait(PAUSE_SECONDS):
                body = {
                    "jsonrpc": "2.0",
                    "id": next(numbers),
                    "method": "tools/call",
                    "params": {"name": "greet", "arguments": {"name": "Ada"}},
                }
                accept = {"Accept": "application/json, text/event-stream"}
                try:
                    answer = client.post(f"{self.url}mcp", json=body, headers=accept)
                    found = next(
                        (w for w in ("first", "second", "broken") if f"{w}, Ada!" in answer.text),
                        answer.text[:200],
                    )
                    self.answers.append((answer.status_code, found))
                except httpx.HTTPError as error:
                    self.answers.append((0, repr(error)))


@pytest.fixture
def target(aws, editable, tmp_path, monkeypatch) -> Target:
    """The root, applied once with the greeting `first`; the zip is the project's."""
    monkeypatch.setenv("TF_VAR_rate_limit_per_minute", "0")
    # Lambda gives an INIT ten seconds, then tries again as long as a request may take: on a
    # machine that is busy with other tests the first may not do.
    monkeypatch.setenv("TF_VAR_timeout_seconds", "90")
    editable.write_tool("first")
    editable.build(has_fast_path=False)
    root = Root(
        folder=ROOT / "terraform",
        variables=terraform.environment(tmp_path / "terraform-data", base=dict(os.environ)),
        arguments=(f"-state={tmp_path / 'terraform.tfstate'}",),
        log=tmp_path / "terraform.log",
    )
    root.run("init", "-input=false", "-lockfile=readonly")
    signature = credential.SigV4(local_aws_client.credentials(aws.environment), aws.region)
    return Target(
        root=root,
        where="local AWS",
        client=partial(local_aws_client.client, aws=aws.environment),
        sign=lambda _: signature,
        key=None,
        configured=configured_call(),
    )


def with_key(target: Target, key: str) -> Target:
    return replace(target, key=key)


def assert_no_changes(target: Target, *pins: str) -> None:
    """A plan with the same inputs finds nothing to do."""
    done = subprocess.run(
        [
            "terraform",
            f"-chdir={target.root.folder}",
            "plan",
            "-detailed-exitcode",
            "-input=false",
            "-no-color",
            *target.root.arguments,
            *pins,
        ],
        env=dict(target.root.variables),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def steps() -> Steps:
    return Steps(STEPS, io.StringIO())


def test_no_request_is_lost_and_what_fails_is_never_live(target, editable, make_key):
    options = Options(deadline_seconds=30)
    first = release(target, options, steps())
    assert (first.version, first.before) == ("1", None)
    url = first.outputs["function_url"]
    target = with_key(target, make_key(first.outputs["api_keys_parameter"]))

    with Load(url, target.key) as load:
        # A release: held, tried, promoted.
        editable.write_tool("second")
        editable.build(has_fast_path=False)
        second = release(target, options, steps())
        assert (second.version, second.before) == ("2", "1")
        assert httpx.get(f"{url}health", timeout=60).json()["function_version"] == "2"
        promoted = len(load.answers)
        assert_no_changes(target)

        # One whose code is broken: the candidate shows it, and live never has it.
        editable.write_tool("broken")
        editable.break_search("if True:")
        with pytest.raises(NotReleasedError) as refused:
            release(target, options, steps())
        assert "version 3 does not pass the smoke test" in str(refused.value)
        assert "Live is still version 2, and answers." in str(refused.value)
        assert_no_changes(target, "-var=live_version=2")

        # Back, without saying to what: not the one that was never live.
        found = known(target)
        assert (found.live, found.candidate, found.before) == ("2", "3", "1")
        rolling_back = len(load.answers)
        outputs = roll_back(
            target, choose(target, found, None), Steps(BACK_STEPS, io.StringIO()), 30
        )
        assert outputs["live_version"] == "1"
        rolled_back = len(load.answers)
        assert_no_changes(target, "-var=live_version=1")

    everything = load.since(0)
    print(f"{sum(everything.values())} calls: {dict(everything)}")  # noqa: T201 - pytest -s shows it
    assert everything.keys() == {(200, "first"), (200, "second")}, everything
    assert load.since(promoted + CALLERS)[200, "second"] > 0
    assert load.since(rolled_back + CALLERS).keys() == {(200, "first")}
    between = Counter(load.answers[promoted + CALLERS : rolling_back])
    assert between.keys() == {(200, "second")}
    assert [entry.version for entry in known(target).history] == ["1", "2", "1"]


def test_what_fails_only_where_it_is_live_is_taken_back(
    target, editable, make_key, monkeypatch, capsys, tmp_path
):
    options = Options(deadline_seconds=30)
    first = release(target, options, steps())
    key = make_key(first.outputs["api_keys_parameter"])

    # A key that live does not take is noticed before anything is applied.
    with pytest.raises(CommandFailedError, match="does not accept the key"):
        release(with_key(target, generate()), options, steps())
    assert known(target).candidate == "1"

    # It serves whoever signs, as the candidate's callers do, and nobody with a key.
    target = with_key(target, key)
    editable.write_tool("second")
    good = editable.break_search('if caller.current_caller().name.startswith("key:"):')
    with pytest.raises(NotReleasedError) as refused:
        release(target, options, steps())
    assert "version 2 does not pass the smoke test" in str(refused.value)
    assert "Version 1 passes its smoke test." in str(refused.value)
    assert "Live is again version 1, and answers." in str(refused.value)
    assert [entry.version for entry in known(target).history] == ["1", "2", "1"]

    # Ctrl-C before the promotion: live is untouched, and what to run is said.
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(rollout, "smoke_test", interrupted)
        with pytest.raises(KeyboardInterrupt):
            release(target, options, steps())
    said = capsys.readouterr().err
    assert "interrupted\n\nLive is still version 1, and answers." in said
    assert "mesh release" in said
    assert known(target).live == "1"

    editable.mend_search(good)
    # As the pipeline does it, from a plan that people have seen; with a canary first, of
    # which nothing is left.
    seen = tmp_path / "seen.tfplan"
    assert hold_only(target, seen) == "live is held at version 1"
    shared = release(target, replace(options, saved=seen, canary=0.5, canary_seconds=3), steps())
    assert shared.before == "1"
    alias = target.client("lambda").get_alias(
        FunctionName=shared.outputs["function_name"], Name="live"
    )
    assert alias["FunctionVersion"] == shared.version
    assert "RoutingConfig" not in alias
    assert_no_changes(target)
    with pytest.raises(CommandFailedError, match="make the plan again"):
        release(target, replace(options, saved=seen), steps())
