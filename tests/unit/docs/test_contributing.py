"""What contributors are told is what CI runs, and what `make check` and pre-commit run is alike."""

from __future__ import annotations

import re
import subprocess

import yaml

from mesh.build.environment import ROOT


def recipe(target: str) -> list[str]:
    found = re.search(
        rf"^{target}:.*\n((?:\t.*\n)+)", (ROOT / "Makefile").read_text(), re.MULTILINE
    )
    assert found is not None
    lines = found[1].replace("\\\n", " ").splitlines()
    return [line.strip().removeprefix("@") for line in lines]


def test_the_five_commands_are_those_that_ci_runs() -> None:
    page = (ROOT / "CONTRIBUTING.md").read_text().partition("```sh\n")[2].partition("```")[0]
    commands = [line.partition("#")[0].strip() for line in page.splitlines()]

    run = (ROOT / ".ci" / "run").read_text().splitlines()
    workflow = (ROOT / ".github" / "workflows" / "ci.yml").read_text()

    assert commands == ["make setup", "make check", "make test", "make up", "make down"]
    # The other commands make the environment first: they depend on `setup`.
    assert [command for command in commands[1:] if command not in run] == []
    assert [command for command in commands[1:] if command not in workflow] == []
    assert "check: setup" in (ROOT / "Makefile").read_text()


def test_pre_commit_runs_the_commands_of_make_check() -> None:
    config = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())
    hooks = [hook["entry"] for repo in config["repos"] for hook in repo["hooks"]]

    # `make check` shows what import-linter says only if it fails.
    checks = [command.partition(" > ")[0] for command in recipe("check")]

    assert sorted(hooks) == sorted(checks)
    assert {repo["repo"] for repo in config["repos"]} == {"local"}


def test_each_lint_suppression_says_why() -> None:
    found = subprocess.run(
        ["git", "grep", "-hE", "# (ruff: )?noqa", "--", "*.py"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    lines = [line for line in found.stdout.splitlines() if '"# (ruff' not in line]

    assert lines
    reason = re.compile(r"noqa: [A-Z0-9]+(, [A-Z0-9]+)* - \S")
    assert [line for line in lines if not reason.search(line)] == []
