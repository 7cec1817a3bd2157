"""The workflow files, run with act: what `make rehearse` runs beyond the common scenarios."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from rehearsal.runs import Run
from tests.acceptance.rehearsal.conftest import Rehearsal, jobs

pytestmark = pytest.mark.rehearsal

FUNCTION = "aoma-mesh-staging"
# Whoever calls with a key, as callers of live do and the candidate's smoke test does not.
FAILS_FOR_KEYS = (
    "from mesh.runtime.access import caller; "
    'assert not caller.current_caller().name.startswith("key:"), "broken where it is live"'
)


@pytest.fixture(scope="module")
def environments() -> tuple[str, ...]:
    return ("staging", "production", "preview")


@pytest.fixture(scope="module")
def released(rehearsal: Rehearsal) -> Rehearsal:
    """Version 1 is live in both environments, by a push."""
    run = rehearsal.run("deploy.yml", "push", payload={"ref": "refs/heads/main"})
    assert run.ok, run.log
    rehearsal.make_key("production", "staging")
    return rehearsal


def lock_of(rehearsal: Rehearsal) -> dict[str, Any] | None:
    """Who holds the lock of staging's state."""
    try:
        found = rehearsal.account.client("s3").get_object(
            Bucket=rehearsal.account.bucket, Key="staging.tfstate.tflock"
        )
    except ClientError:
        return None
    content: dict[str, Any] = json.loads(found["Body"].read())
    return content


def ended(run: Run, job: str) -> Callable[[], bool]:
    """Whether a job of a run that is under way has passed."""

    def seen() -> bool:
        text = (run.folder / "log").read_text(errors="replace")
        return any(
            '"jobResult":"success"' in line and f'"jobID":"{job}"' in line
            for line in text.splitlines()
        )

    return seen


def test_a_push_gives_both_environments_the_same_zip(released: Rehearsal) -> None:
    functions = released.account.client("lambda")
    digests = {
        functions.get_function(FunctionName=f"aoma-mesh-{name}")["Configuration"]["CodeSha256"]
        for name in ("staging", "production")
    }

    assert len(digests) == 1
    (run,) = released.ended
    names = [name for name, result in run.jobs.items() if result == "success"]
    assert names.index("staging/environment/apply, try, promote") < names.index(
        "production/environment/plan"
    )
    assert len([name for name in names if "build" in name]) == 1


def test_nothing_is_deployed_while_ci_has_failed(released: Rehearsal) -> None:
    released.repository.serve("Not tested")
    live = released.alias("live")
    run = released.start("deploy.yml", inputs={"environment": "staging"})
    (ci,) = released.github.read("runs")
    released.github.write("runs", [ci | {"conclusion": "failure"}])

    run.wait()

    assert not run.ok
    assert jobs(run)["wait for ci of this commit"] == "failure"
    assert "plan" not in jobs(run)
    assert released.alias("live") == live


def test_a_version_that_fails_where_it_is_live_is_rolled_back(released: Rehearsal) -> None:
    live, said = released.alias("live"), released.greeting()
    released.repository.serve("Good day", broken=FAILS_FOR_KEYS)

    run = released.deploy()

    assert not run.ok
    assert f"Live is again version {live}, and answers." in run.text
    assert released.alias("live") == live
    assert released.greeting() == said


def test_drift_is_in_the_plan_and_an_issue_follows_it(released: Rehearsal) -> None:
    functions = released.account.client("lambda")
    quiet = released.run("drift.yml", "schedule")
    assert quiet.ok, quiet.log
    assert released.github.read("issues") == []
    functions.update_function_configuration(FunctionName=FUNCTION, MemorySize=1024)

    for _ in range(2):
        found = released.run("drift.yml", "workflow_dispatch", inputs={"environment": "staging"})
        assert found.ok, found.log

    (issue,) = released.github.read("issues")
    assert (issue["title"], issue["state"]) == ("Drift in staging", "open")
    assert "`memory_size`" in issue["body"]
    released.repository.serve("Good evening")
    run = released.deploy()
    assert run.ok, run.log
    assert "**Drift:**" in run.summary
    assert "`memory_size`" in run.summary
    assert functions.get_function_configuration(FunctionName=FUNCTION)["MemorySize"] == 512
    after = released.run("drift.yml", "workflow_dispatch", inputs={"environment": "staging"})
    assert after.ok, after.log
    assert released.github.read("issues")[0]["state"] == "closed"


def test_a_plan_that_would_change_the_address_ends_before_anybody_is_asked(
    released: Rehearsal,
) -> None:
    values = released.repository.folder / "terraform" / "staging.tfvars"
    kept, address = values.read_text(), released.address()
    released.repository.write("terraform/staging.tfvars", kept + 'name = "another"\n')

    run = released.deploy()

    released.repository.write("terraform/staging.tfvars", kept)
    assert not run.ok
    assert jobs(run)["plan"] == "failure"
    assert "approve" not in jobs(run)
    # A name is in every right of the environment's roles: they cannot even read another's function.
    assert "reading Lambda Function (another-staging)" in run.text
    assert "`mesh bootstrap`" in run.text
    assert released.address() == address


def test_a_plan_that_the_guard_stops_ends_before_anybody_is_asked(released: Rehearsal) -> None:
    values = released.repository.folder / "terraform" / "staging.tfvars"
    kept, live = values.read_text(), released.alias("live")
    released.repository.write("terraform/staging.tfvars", kept + "alarms = false\n")

    run = released.deploy()

    released.repository.write("terraform/staging.tfvars", kept)
    assert not run.ok
    assert jobs(run)["plan"] == "failure"
    assert "approve" not in jobs(run)
    assert "STOP" in run.text
    assert "**Guard:** stopped" in run.summary
    assert released.alias("live") == live


def test_a_stale_plan_is_refused(released: Rehearsal) -> None:
    live = released.alias("live")
    released.repository.serve("Planned too early")
    run = released.start("deploy.yml", inputs={"environment": "staging"})
    run.wait_for(ended(run, "plan"))
    # As if another release had been applied while this one waited for its reviewers.
    s3, place = (
        released.account.client("s3"),
        {"Bucket": released.account.bucket, "Key": "staging.tfstate"},
    )
    state = json.loads(s3.get_object(**place)["Body"].read())
    s3.put_object(**place, Body=json.dumps(state | {"serial": state["serial"] + 1}).encode())

    run.wait()

    assert not run.ok
    assert "Saved plan is stale" in run.text
    assert released.alias("live") == live
    assert lock_of(released) is None


def test_two_deploys_at_once_leave_one_of_them_live(released: Rehearsal) -> None:
    address = released.address()
    released.repository.serve("One of two")
    runs = [released.start("deploy.yml", inputs={"environment": "staging"}) for _ in range(2)]

    for run in runs:
        run.wait()

    assert any(run.ok for run in runs), "\n".join(run.log for run in runs)
    for run in runs:
        refused = ("Saved plan is stale", "state lock", "make the plan again")
        assert run.ok or any(reason in run.text for reason in refused), run.log
    assert released.greeting() == "One of two, Ada!"
    assert released.address() == address
    assert lock_of(released) is None


def test_a_runner_that_is_lost_during_an_apply_is_recovered(released: Rehearsal) -> None:
    address, said = released.address(), released.greeting()
    released.repository.serve("After the loss")
    run = released.start("deploy.yml", inputs={"environment": "staging"})
    functions = released.account.client("lambda")

    def code() -> str:
        return str(functions.get_function_configuration(FunctionName=FUNCTION)["CodeSha256"])

    before = code()
    # The worst moment: AWS has the new code, and the state does not know.
    run.wait_for(lambda: code() != before)

    run.lose()

    assert released.greeting() == said
    lock = lock_of(released)
    assert lock is not None
    shown = released.run("unlock.yml", inputs={"environment": "staging"})
    assert f"locked by {lock['Who']}" in shown.text, shown.log
    assert lock_of(released) == lock
    freed = released.run("unlock.yml", inputs={"environment": "staging", "lock": lock["ID"]})
    assert freed.ok, freed.log
    assert lock_of(released) is None
    again = released.deploy()
    assert again.ok, again.log
    assert released.greeting() == "After the loss, Ada!"
    assert released.address() == address


def test_a_pull_request_is_told_what_it_would_change(released: Rehearsal) -> None:
    base = released.repository.commit
    released.repository.serve("Proposed")
    payload = {
        "pull_request": {
            "number": 8,
            "base": {"sha": base, "ref": "main"},
            "head": {"sha": released.repository.commit, "ref": "proposal"},
        }
    }

    run = released.run("plan.yml", "pull_request", payload=payload)

    assert run.ok, run.log
    (comment,) = released.github.read("comments")
    assert comment["number"] == 8
    for told in (
        "**Plan:**",
        "**Guard:** nothing to object",
        "| Zip, arm64 |",
        "Cold start",
        "Month",
    ):
        assert told in comment["body"]
    assert released.machine.issuer.issued[-1] == "repo:my-company/aoma-mesh:pull_request"


def test_a_labelled_pull_request_has_a_preview_until_it_is_closed(released: Rehearsal) -> None:
    functions = released.account.client("lambda")
    pull = {
        "number": 9,
        "labels": [{"name": "preview"}],
        "head": {"repo": {"full_name": "my-company/aoma-mesh"}, "ref": "proposal"},
    }

    def names() -> set[str]:
        return {one["FunctionName"] for one in functions.list_functions()["Functions"]}

    other = released.run(
        "preview.yml",
        "pull_request",
        payload={"action": "labeled", "pull_request": pull | {"labels": [{"name": "bug"}]}},
    )
    assert other.ok, other.log
    assert jobs(other) == {}
    made = released.run(
        "preview.yml", "pull_request", payload={"action": "labeled", "pull_request": pull}
    )
    assert made.ok, made.log
    assert "aoma-mesh-preview-pr9" in names()
    (comment,) = [one for one in released.github.read("comments") if one["number"] == 9]
    assert "Preview of this pull request: http" in comment["body"]
    gone = released.run(
        "preview.yml", "pull_request", payload={"action": "closed", "pull_request": pull}
    )
    assert gone.ok, gone.log
    assert names() == {"aoma-mesh-staging", "aoma-mesh-production"}


def test_an_environment_is_destroyed_only_by_its_typed_name(released: Rehearsal) -> None:
    functions = released.account.client("lambda")

    refused = released.run(
        "destroy.yml", inputs={"environment": "staging", "confirmation": "destroy production"}
    )
    assert not refused.ok
    assert "destroy" not in jobs(refused)
    assert functions.get_function(FunctionName=FUNCTION)

    confirmed = {"environment": "staging", "confirmation": "destroy staging"}
    environments = released.github.read("environments")
    released.github.write("environments", [])
    unasked = released.run("destroy.yml", inputs=confirmed)
    released.github.write("environments", environments)
    assert jobs(unasked) == {"confirm": "failure"}
    assert unasked.failed_steps == ["Look for who approves"]

    run = released.run("destroy.yml", inputs=confirmed)
    assert run.ok, run.log
    names = {one["FunctionName"] for one in functions.list_functions()["Functions"]}
    assert names == {"aoma-mesh-production"}
