"""The docs say what the roots really take and give, which commands there are, and what rings."""

from __future__ import annotations

import re
from dataclasses import dataclass

import click
import pytest

from mesh.build.environment import ROOT
from mesh.cli import command_line
from tests.unit.docs.test_runbook import alarms

COMMANDS = (ROOT / "docs" / "reference" / "commands.md").read_text()
ALARMS = (ROOT / "docs" / "how-to" / "alarms.md").read_text()
SECRETS = (ROOT / "docs" / "how-to" / "github-actions.md").read_text()


@dataclass(frozen=True)
class Documented:
    """A root, and the page that lists what it takes and gives."""

    folder: str
    page: str

    @property
    def lines(self) -> list[str]:
        return (ROOT / "docs" / "reference" / self.page).read_text().splitlines()

    def blocks(self, kind: str) -> dict[str, str]:
        """Give the body of each top-level block of `kind`, by its name."""
        files = sorted((ROOT / self.folder).glob("*.tf"))
        text = "\n".join(file.read_text() for file in files)
        return dict(re.findall(rf'^{kind} "(\w+)" {{\n(.*?)^}}', text, re.DOTALL | re.MULTILINE))


ROOTS = [
    Documented("terraform", "terraform.md"),
    Documented("terraform/bootstrap", "bootstrap.md"),
    Documented("terraform/fargate", "fargate.md"),
]
each_root = pytest.mark.parametrize("root", ROOTS, ids=lambda root: root.folder)


def argument(name: str, body: str) -> str | None:
    """Give the argument's expression, or the text of a plain string."""
    found = re.search(rf"^  {name}\s+= (.*)$", body, re.MULTILINE)
    if found is None:
        return None
    return found[1].removeprefix('"').removesuffix('"').replace('\\"', '"')


def default(body: str) -> str:
    """Give a variable's default as a page shows it."""
    value = argument("default", body)
    return "none" if value is None else f"`{value}`"


def test_no_root_is_left_out() -> None:
    locks = ROOT.glob("terraform/**/.terraform.lock.hcl")

    found = {str(lock.parent.relative_to(ROOT)) for lock in locks}
    assert found == {root.folder for root in ROOTS}


@each_root
def test_every_variable_is_documented_with_its_default(root: Documented) -> None:
    rows = [
        f"| `{name}` | {default(body)} | {argument('description', body)} |"
        for name, body in root.blocks("variable").items()
    ]

    missing = [row for row in rows if row not in root.lines]

    assert len(rows) >= 10
    assert not missing, (
        f"run `make docs`: docs/reference/{root.page} needs these rows:\n" + "\n".join(missing)
    )


@each_root
def test_every_output_is_documented(root: Documented) -> None:
    rows = [
        f"| `{name}` | {argument('description', body)} |"
        for name, body in root.blocks("output").items()
    ]

    missing = [row for row in rows if row not in root.lines]

    assert len(rows) > 5
    assert not missing, (
        f"run `make docs`: docs/reference/{root.page} needs these rows:\n" + "\n".join(missing)
    )


@each_root
def test_nothing_is_documented_that_does_not_exist(root: Documented) -> None:
    documented = set(re.findall(r"^\| `(\w+)` \|", "\n".join(root.lines), re.MULTILINE))

    assert documented == root.blocks("variable").keys() | root.blocks("output").keys()


def test_every_command_is_documented_with_what_its_help_says() -> None:
    context = click.Context(command_line, **command_line.context_settings)
    rows = {
        f"| `mesh {name}` | {found.short_help} |"
        for name in command_line.list_commands(context)
        if (found := command_line.get_command(context, name))
    }

    documented = {line for line in COMMANDS.splitlines() if line.startswith("| `mesh ")}

    assert documented == rows, "run `make docs`; every command:\n" + "\n".join(sorted(rows))


def test_every_alarm_is_documented() -> None:
    documented = set(re.findall(r"^\| `NAME-([a-z0-9-]+)` \|", ALARMS, re.MULTILINE))

    assert documented == alarms()


def test_every_secret_and_variable_that_the_workflows_read_is_documented() -> None:
    workflows = (ROOT / ".github" / "workflows").glob("*.yml")

    used = re.compile(r"(?:secrets|vars)\.(\w+)")
    read = {name for file in workflows for name in used.findall(file.read_text())}

    assert read
    assert {name for name in read if f"`{name}`" not in SECRETS} == set()
