"""The workflow files keep the rules that only GitHub enforces, and the rehearsal knows them all."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from mesh.build.environment import ROOT
from rehearsal import workflows
from rehearsal.runs import REPLACED, STAND_INS, USED

FILES = [
    *sorted((ROOT / ".github" / "workflows").glob("*.yml")),
    *sorted((ROOT / "mesh" / "init" / "project" / "workflows").glob("*.yml")),
]
OURS = [file for file in FILES if file.is_relative_to(ROOT / ".github")]
README = (ROOT / "rehearsal" / "README.md").read_text()
GUIDE = (ROOT / "docs" / "how-to" / "github-actions.md").read_text()


def jobs(file: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    yield from yaml.safe_load(file.read_text())["jobs"].items()


def commands(job: dict[str, Any]) -> str:
    return "\n".join(step.get("run", "") for step in job.get("steps", ()))


def all_jobs() -> list[Any]:
    return [
        pytest.param(file, name, job, id=f"{file.parent.parent.name}-{file.stem}-{name}")
        for file in FILES
        for name, job in jobs(file)
    ]


each_job = pytest.mark.parametrize(("file", "name", "job"), all_jobs())


@each_job
def test_no_job_that_builds_can_get_a_token(file: Path, name: str, job: dict[str, Any]) -> None:
    builds = re.search(r"mesh build|make |pytest", commands(job))

    assert not builds or "id-token" not in job["permissions"]


@each_job
def test_whoever_becomes_an_environment_s_role_waits_in_its_group(
    file: Path, name: str, job: dict[str, Any]
) -> None:
    if "AWS_APPLY_ROLE_ARN" not in str(job):
        return
    group = job["concurrency"]

    assert group["group"].startswith("environment-")
    assert group["cancel-in-progress"] is False
    assert group["queue"] == "max"
    assert job["environment"]


@each_job
def test_a_job_that_waits_for_reviewers_is_in_no_group_and_does_nothing(
    file: Path, name: str, job: dict[str, Any]
) -> None:
    if "-approval" not in str(job.get("environment", "")):
        return

    assert "concurrency" not in job
    assert job["permissions"] == {}
    assert [*job["steps"][0]] == ["name", "run"]


def test_every_apply_of_a_reviewed_plan_needs_the_approval() -> None:
    for file in FILES:
        for _, job in jobs(file):
            if "--plan d" in commands(job) or (
                "mesh destroy" in commands(job) and "preview" not in file.stem
            ):
                assert "approve" in job["needs"], file


def test_who_starts_what_needs_an_approval_looks_for_its_environment_first() -> None:
    asked = {
        file
        for file in FILES
        if any("-approval" in str(job.get("environment", "")) for _, job in jobs(file))
    }
    assert asked
    for file in asked:
        # A workflow that others call is looked at through those.
        callers = [one for one in FILES if f"workflows/{file.name}" in one.read_text()]
        for first in callers or [file]:
            looks = re.search(r"gh api --silent \S+/environments/\S+-approval", first.read_text())
            assert looks, first


def test_regions_and_buckets_are_no_secrets() -> None:
    read = {name for file in FILES for name in re.findall(r"secrets\.(\w+)", file.read_text())}

    assert read <= {
        *("AWS_PLAN_ROLE_ARN", "AWS_REFRESH_ROLE_ARN", "AWS_APPLY_ROLE_ARN", "MESH_API_KEY"),
    }


def test_each_zip_that_is_fetched_is_compared_before_it_is_used() -> None:
    for file in FILES:
        for name, job in jobs(file):
            steps = [str(step) for step in job.get("steps", ())]
            fetched = [
                n
                for n, step in enumerate(steps)
                if "download-artifact" in step and "'comment'" not in step
            ]
            checked = [n for n, step in enumerate(steps) if "sha256sum --check --strict" in step]
            assert not fetched or (checked and checked[0] == fetched[-1] + 1), (file, name)


def test_the_rehearsal_has_a_stand_in_for_every_action_and_lists_it() -> None:
    used = {
        action
        for file in (ROOT / ".github").rglob("*.yml")
        for action, _ in USED.findall(file.read_text())
    }

    assert used - {"actions/checkout"} == REPLACED.keys()
    for action, stand_in in REPLACED.items():
        assert f"`{action}`" in README or "the actions of that name" in README
        assert f"`stand_ins/{stand_in}`" in README or f"`{stand_in}`" in README
        assert (STAND_INS / stand_in / "action.yml").is_file()


def test_every_workflow_is_in_the_guide() -> None:
    called = {"environment"}

    assert {file.stem for file in OURS} - called == set(
        re.findall(r"^\| \[`(\w+)`\]", GUIDE, re.MULTILINE)
    )


def test_a_called_job_has_no_more_than_its_callers_give() -> None:
    apply = workflows.find(ROOT, "environment", "apply")

    assert apply.may("id-token", "write")
    assert apply.may("attestations", "read")
    assert not apply.may("attestations", "write")
    assert apply.environment_named("staging") == "staging"
    assert not workflows.find(ROOT, "deploy", "build").may("id-token", "write")


def test_the_pipeline_s_packages_are_those_of_the_command_without_local_aws() -> None:
    def names(lines: list[str]) -> set[str]:
        return {re.split(r"[\[=<> ]", line)[0] for line in lines if re.match(r"[a-z]", line)}

    declared = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    files = [ROOT / "requirements" / f"{name}.in" for name in ("deploy", "uv")]
    installed = names([line for file in files for line in file.read_text().splitlines()])

    # Local AWS, sign-in, and the files of clients.
    local = {"h11", "httpx2", "hypercorn", "ministack", "pyjwt", "ruamel.yaml", "tomlkit"}
    assert names(declared) - installed == local
    assert installed <= names(declared)
