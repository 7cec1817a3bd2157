"""docs/deploy.md says what the root really takes and gives."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "deploy.md").read_text()
VARIABLES = (ROOT / "terraform" / "variables.tf").read_text()
OUTPUTS = (ROOT / "terraform" / "outputs.tf").read_text()


def blocks(kind: str, text: str) -> dict[str, str]:
    """Give the body of each top-level block of `kind`, by its name."""
    return dict(re.findall(rf'^{kind} "(\w+)" {{\n(.*?)^}}', text, re.DOTALL | re.MULTILINE))


def argument(name: str, body: str) -> str | None:
    """Give the argument's expression, quotes of a plain string left out."""
    found = re.search(rf"^  {name}\s+= (.*)$", body, re.MULTILINE)
    return found[1].removeprefix('"').removesuffix('"') if found else None


def test_every_variable_is_documented_with_its_default() -> None:
    rows = [
        f"| `{name}` | `{argument('default', body)}` | {argument('description', body)} |"
        for name, body in blocks("variable", VARIABLES).items()
    ]

    missing = [row for row in rows if row not in PAGE.splitlines()]

    assert len(rows) > 10
    assert not missing, "docs/deploy.md needs these rows:\n" + "\n".join(missing)


def test_every_output_is_documented() -> None:
    rows = [
        f"| `{name}` | {argument('description', body)} |"
        for name, body in blocks("output", OUTPUTS).items()
    ]

    missing = [row for row in rows if row not in PAGE.splitlines()]

    assert len(rows) > 5
    assert not missing, "docs/deploy.md needs these rows:\n" + "\n".join(missing)


def test_nothing_is_documented_that_does_not_exist() -> None:
    documented = set(re.findall(r"^\| `(\w+)` \|", PAGE, re.MULTILINE))

    assert documented == blocks("variable", VARIABLES).keys() | blocks("output", OUTPUTS).keys()


def test_every_secret_that_the_workflow_reads_is_documented() -> None:
    workflow = (ROOT / ".github" / "workflows" / "deploy.yml").read_text()

    read = set(re.findall(r"secrets\.(\w+)", workflow))

    assert read
    assert {name for name in read if f"`{name}`" not in PAGE} == set()
