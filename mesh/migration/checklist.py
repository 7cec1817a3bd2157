"""A list of what to do, in Markdown, in which commands and people tick what is done."""

from __future__ import annotations

import re
from pathlib import Path

from mesh.failure import CommandFailedError

NAME = "checklist.md"
STEPS = {
    "read": "Read the old service: `mesh migrate`.",
    "obstacles": "Settle each obstacle of report.md.",
    "build": "Run the server on your machine: `mesh up`.",
    "deploy": "Deploy it: `mesh deploy --environment ENVIRONMENT`.",
    "secrets": "Copy the secrets: `mesh secrets --environment ENVIRONMENT copy secrets.json`.",
    "keys": "Make a key for each client: `mesh keys --environment ENVIRONMENT create NAME`.",
    "compare": "Compare old and new: `mesh compare OLD NEW --checklist checklist.md`.",
    "tell": "Tell the owners of clients the new address, and a date.",
    "cutover": "Wait until nobody calls the old address: `mesh cutover --checklist checklist.md`.",
    "retire": "Remove the old service: `mesh retire --checklist checklist.md`.",
    "data": "Remove old secrets and images once nobody needs the way back.",
}
LINE = re.compile(r"^- \[( |x)\] (.*) <!-- ([a-z]+) -->(.*)$")


def write(file: Path, title: str, environment: str) -> None:
    """Write the list, with what is ticked already; a person's own lines stay.

    Raises:
        CommandFailedError: the file cannot be written.
    """
    if _text(file):
        return
    lines = [
        f"- [ ] {text.replace('ENVIRONMENT', environment)} <!-- {step} -->"
        for step, text in STEPS.items()
    ]
    head = (
        f"# {title}\n\nCommands of `mesh` tick their own lines. Tick the others yourself, and add "
        "lines of yours.\n\n"
    )
    _save(file, head + "\n".join(lines) + "\n")


def tick(file: Path, step: str, note: str) -> None:
    """Tick a step, with a note of what was seen.

    Raises:
        CommandFailedError: the file is not there, has no such step, or cannot be written.
    """
    text = _text(file)
    if not text:
        raise CommandFailedError(f"there is no checklist {file}: `mesh migrate` writes it.")
    found, lines = False, []
    for line in text.splitlines():
        seen = LINE.match(line)
        if seen and seen[3] == step:
            found = True
            lines.append(f"- [x] {seen[2]} <!-- {step} --> {note}")
        else:
            lines.append(line)
    if not found:
        raise CommandFailedError(f"{file} has no line with <!-- {step} -->.")
    _save(file, "\n".join(lines) + "\n")


def state(file: Path) -> dict[str, bool]:
    """Which steps are ticked."""
    return {
        seen[3]: seen[1] == "x" for line in _text(file).splitlines() if (seen := LINE.match(line))
    }


def _text(file: Path) -> str:
    try:
        return file.read_text("utf-8")
    except FileNotFoundError:
        return ""
    except OSError as error:
        raise CommandFailedError(f"{file} cannot be read: {error.strerror}.") from error


def _save(file: Path, text: str) -> None:
    try:
        file.write_text(text, "utf-8")
    except OSError as error:
        raise CommandFailedError(f"{file} cannot be written: {error.strerror}.") from error
