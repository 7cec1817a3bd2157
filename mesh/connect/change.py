"""Changes a client's file: read, changed, kept beside, and put in its place at once."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from mesh.connect import formats
from mesh.connect.places import Format
from mesh.connect.refusal import BadTextError
from mesh.failure import CommandFailedError
from mesh.runtime.clients import Entry

BACKUP = ".mesh-backup"


@dataclass(frozen=True)
class Change:
    """What is to be done to a file.

    Attributes:
        file: the file itself, where the client's path is a link to it.
        before: its text; None where there is no file.
        after: its text afterwards.
        replaces: whether the file has another entry of this name.
    """

    file: Path
    before: str | None
    after: str
    replaces: bool

    @property
    def is_none(self) -> bool:
        """Whether all is there already."""
        return self.before == self.after

    def make(self) -> Path | None:
        """Write the file; give the copy of what was there before."""
        backup = None
        self.file.parent.mkdir(parents=True, exist_ok=True)
        scratch = self.file.with_name(f".{self.file.name}.{os.getpid()}")
        try:
            scratch.touch(mode=0o600)
            scratch.write_text(self.after, encoding="utf-8", newline="")
            if self.before is not None:
                backup = self.file.with_name(self.file.name + BACKUP)
                shutil.copy2(self.file, backup)
                shutil.copymode(self.file, scratch)
            # At once: a client that reads it meanwhile never sees half of it.
            scratch.replace(self.file)
        finally:
            scratch.unlink(missing_ok=True)
        return backup


def plan(path: Path, label: str, entry: Entry, form: Format, *, remove: bool = False) -> Change:
    """What has to be done to a file.

    Args:
        path: the client's file; it need not be there.
        label: the server's name in it.
        entry: what stands there for the server.
        form: what the file is written in.
        remove: whether the entry is to go.

    Raises:
        CommandFailedError: the file cannot be read, or has no such entry to remove.
    """
    file = path.resolve()
    before = None
    try:
        with file.open(encoding="utf-8", newline="") as opened:
            before = opened.read()
    except FileNotFoundError:
        pass
    except UnicodeDecodeError as error:
        raise CommandFailedError(f"{path} is no text in UTF-8, so it is left as it is.") from error
    try:
        there = formats.entries(before or "", entry, form)
        if remove and label not in there:
            known = ", ".join(there) or "none"
            raise CommandFailedError(
                f"{path} has no server {label!r} to remove; it has {known}. --name chooses one."
            )
        after = formats.changed(before or "", label, entry, form, remove=remove)
    except BadTextError as error:
        raise CommandFailedError(
            f"{path} is not valid {formats.FORMATS[form].title}, so it is left as it is: {error}. "
            "Mend it, and run this again."
        ) from error
    if not remove and there.get(label) == dict(entry.content) and before is not None:
        # Other words for the same: nothing is gained by writing them.
        after = before if not entry.inputs else after
    return Change(file, before, after, label in there)
