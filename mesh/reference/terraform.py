"""docs/reference/terraform.md, bootstrap.md and fargate.md: what a root takes and gives.

`terraform fmt` puts every top-level block and argument on a line of its own, and `make check` runs
it, so lines are enough to find them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

BLOCK = re.compile(r'^(variable|output) "(\w+)" \{\n(.*?)^\}', re.DOTALL | re.MULTILINE)
ARGUMENT = r"^  {}\s+= (.*)$"
# The first comment of a file says what its variables are about.
TOPIC = re.compile(r"\A((?:# .*\n)+)")
ROOT_HEAD = """\
# Terraform variables and outputs

<!-- Written by `make docs` from the .tf files of terraform/. -->

Write values into a `.tfvars` file.
[Settings and values](../how-to/settings.md#write-values) shows how.
"""
BOOTSTRAP_HEAD = """\
# Variables and outputs of bootstrap

<!-- Written by `make docs` from the .tf files of terraform/bootstrap/. -->

`mesh bootstrap` sets most of them. Others follow `--`, as
[Deploy with GitHub Actions](../how-to/github-actions.md#roles) shows.
"""
FARGATE_HEAD = """\
# Variables and outputs of Fargate

<!-- Written by `make docs` from the .tf files of terraform/fargate/. -->

[Run on Fargate](../how-to/fargate.md) shows how to use them.
"""


TABLES = "<!-- Written by `make docs` from the .tf files here. -->"


def module_page(folder: Path) -> str:
    """The README of a module: what people wrote, and then what it takes and gives.

    Args:
        folder: The module's folder.
    """
    written = (folder / "README.md").read_text("utf-8").partition(f"\n{TABLES}")[0]
    return page(folder, f"{written.rstrip()}\n\n{TABLES}\n")


def page(root: Path, head: str) -> str:
    """The whole page.

    Args:
        root: The folder with the `.tf` files.
        head: The beginning of the page.
    """
    files = sorted(root.glob("*.tf"))
    parts = [head]
    tables = [(file, list(_variables(file))) for file in files]
    tables = [(file, rows) for file, rows in tables if rows]
    for file, rows in tables:
        parts.append("\n## Variables\n" if len(tables) == 1 else f"\n## {_topic(file)}\n")
        parts += ["\n| Variable | Default | What it is |\n|---|---|---|\n", *rows]
    parts.append("\n## Outputs\n\n| Output | What it is |\n|---|---|\n")
    parts += [row for file in files for row in _outputs(file)]
    return "".join(parts)


def _topic(file: Path) -> str:
    """The heading for a file's variables: the first sentence of its comment."""
    found = TOPIC.match(file.read_text("utf-8"))
    if found is None:
        return "Variables"
    text = " ".join(line.removeprefix("# ") for line in found[1].splitlines())
    return re.split(r"[.:;,] ", text)[0].rstrip(".")


def _variables(file: Path) -> Iterator[str]:
    for kind, name, body in BLOCK.findall(file.read_text("utf-8")):
        if kind == "variable":
            default = _argument("default", body)
            shown = "none" if default is None else f"`{default}`"
            yield f"| `{name}` | {shown} | {_argument('description', body)} |\n"


def _outputs(file: Path) -> Iterator[str]:
    for kind, name, body in BLOCK.findall(file.read_text("utf-8")):
        if kind == "output":
            yield f"| `{name}` | {_argument('description', body)} |\n"


def _argument(name: str, body: str) -> str | None:
    """An argument's expression, or the text of a plain string."""
    found = re.search(ARGUMENT.format(name), body, re.MULTILINE)
    if found is None:
        return None
    return found[1].removeprefix('"').removesuffix('"').replace('\\"', '"')
