"""The workflow files, run with act: a release, what stops one, and the way back."""

from __future__ import annotations

from tests.acceptance.rehearsal.conftest import Rehearsal, jobs

BUILT = {
    "which environments": "success",
    "wait for ci of this commit": "success",
    "build both zips": "success",
    "execute the arm64 zip": "success",
    "attest where the zips come from": "success",
}
# Whoever calls with a role, as the candidate's smoke test does and nobody else here.
FAILS_FOR_ROLES = (
    "from mesh.runtime.access import caller; "
    'assert not caller.current_caller().name.startswith("arn:"), "broken on purpose"'
)
APPLIED = {"plan": "success", "approve": "success", "apply, try, promote": "success"}


def test_a_deploy_that_nobody_would_be_asked_about_ends_at_once(rehearsal: Rehearsal) -> None:
    run = rehearsal.deploy("production")

    assert not run.ok
    assert jobs(run) == {"which environments": "failure"}
    assert run.failed_steps == ["Look for who approves"]


def test_the_first_deploy_needs_no_key(rehearsal: Rehearsal) -> None:
    run = rehearsal.deploy()

    assert run.ok, run.log
    assert jobs(run) == BUILT | APPLIED
    assert rehearsal.alias("live") == "1"
    # Each job was the role that it may be: plans write nothing, and applies are the environment's.
    assert rehearsal.machine.issuer.issued == [
        "repo:my-company/aoma-mesh:ref:refs/heads/main",
        "repo:my-company/aoma-mesh:environment:staging",
    ]
    assert "no key was given (MESH_API_KEY)" in run.text
    assert "**Guard:** nothing to object" in run.summary
    rehearsal.make_key("staging")


def test_a_release_is_tried_and_put_live_at_the_same_address(released: Rehearsal) -> None:
    address = released.address()
    released.repository.serve("Good day")

    run = released.deploy()

    assert run.ok, run.log
    assert released.alias("live") == released.alias("candidate") == "2"
    assert released.greeting() == "Good day, Ada!"
    assert released.address() == address


def test_a_zip_that_does_not_work_reaches_no_environment(released: Rehearsal) -> None:
    candidate = released.alias("candidate")
    released.repository.serve("Good day", broken='raise RuntimeError("broken on purpose")')

    run = released.deploy()

    assert not run.ok
    assert jobs(run)["execute the arm64 zip"] == "failure"
    assert jobs(run).keys() <= BUILT.keys()
    assert released.alias("candidate") == candidate


def test_a_candidate_that_fails_never_becomes_live(released: Rehearsal) -> None:
    live, said = released.alias("live"), released.greeting()
    released.repository.serve("Good day", broken=FAILS_FOR_ROLES)

    run = released.deploy()

    assert not run.ok
    assert jobs(run)["apply, try, promote"] == "failure"
    assert f"Live is still version {live}, and answers." in run.text
    assert "broken on purpose" in run.text
    assert released.alias("live") == live
    assert released.alias("candidate") != live
    assert released.greeting() == said


def test_a_rollback_puts_the_version_before_live_again(released: Rehearsal) -> None:
    if released.alias("live") == "1":
        released.repository.serve("Good day")
        assert released.deploy().ok
    address = released.address()

    run = released.run("rollback.yml", inputs={"environment": "staging", "version": "previous"})

    assert run.ok, run.log
    assert released.alias("live") == "1"
    assert released.greeting() == "Hello, Ada!"
    assert released.address() == address


def test_a_pull_request_of_a_fork_gets_no_credentials(released: Rehearsal) -> None:
    issued = [*released.machine.issuer.issued]
    base = released.repository.commit
    released.repository.serve("Hello from a fork")
    payload = {
        "pull_request": {
            "number": 7,
            "base": {"sha": base, "ref": "main"},
            "head": {"sha": released.repository.commit, "ref": "fork"},
        }
    }

    run = released.run("plan.yml", "pull_request", payload=payload, secrets={})

    assert run.ok, run.log
    assert jobs(run) == {"build and compare": "success", "plan": "success"}
    assert released.machine.issuer.issued == issued
    assert released.github.read("comments") == []
    assert "| Zip, arm64 |" in run.summary
