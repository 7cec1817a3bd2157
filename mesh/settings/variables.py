"""Variables of Terraform in the shell: `TF_VAR_...` sets one that exists, or nothing at all."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from mesh.failure import CommandFailedError
from mesh.settings.settings import nearest

PREFIX = "TF_VAR_"
VARIABLE = re.compile(r'^variable "(\w+)"', re.MULTILINE)


def variables(root: Path) -> frozenset[str]:
    """The names of the variables that a root of Terraform declares."""
    return frozenset(
        name for file in root.glob("*.tf") for name in VARIABLE.findall(file.read_text("utf-8"))
    )


def refuse_unknown(environment: Mapping[str, str], root: Path) -> None:
    """Refuse a `TF_VAR_...` that Terraform would ignore without a word.

    Raises:
        CommandFailedError: names it, and the most similar variable.
    """
    known = variables(root)
    for name in sorted(environment):
        if name.startswith(PREFIX) and name.removeprefix(PREFIX) not in known:
            raise CommandFailedError(
                f"{name} is set, and there is no such variable."
                f"{nearest(name, [f'{PREFIX}{one}' for one in known])} Unset it; "
                f"the variables are in the .tf files of {root}."
            )


def refuse_replaced(
    values: Mapping[str, object], environment: Mapping[str, str], file: Path
) -> None:
    """Refuse a person's value that what `mesh up` starts would replace without a word.

    Args:
        values: What the services beside the server set.
        environment: The shell's variables.
        file: The values beside the server; it need not exist.

    Raises:
        CommandFailedError: names the variable and where it is set.
    """
    text = file.read_text("utf-8") if file.is_file() else ""
    for name in values:
        where = f"{PREFIX}{name}" if f"{PREFIX}{name}" in environment else None
        if re.search(rf"^{name}\s*=", text, re.MULTILINE):
            where = f"{name} in {file}"
        if where:
            raise CommandFailedError(
                f"{where} is set, and so it is by what runs beside the server: Terraform takes one "
                "value only. Remove yours."
            )
