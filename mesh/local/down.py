"""`mesh down`: nothing of the stack is left on this machine."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from mesh.failure import CommandFailedError
from mesh.local_aws import LocalAwsError, process
from mesh.stack.stack import exclusive

if TYPE_CHECKING:
    from mesh.progress import Steps
    from mesh.stack.stack import Stack

STEPS = 3


def down(here: Stack, *, keep_state: bool, steps: Steps) -> bool:
    """Stop what runs and remove the stack's files; what Terraform made is all in local AWS.

    Args:
        here: the stack.
        keep_state: only stop; the next `mesh up` has the same URL, key and data.
        steps: where to show the progress.

    Returns:
        False when there was nothing to do.

    Raises:
        CommandFailedError: a process could not be ended, or a file not be removed.
    """
    with exclusive(here.lock, "mesh down"):
        if not here.folder.exists():
            here.environment_file.unlink(missing_ok=True)
            return False
        # Not before it is known that there is something to do.
        from mesh.local.extension import extensions  # noqa: PLC0415 - see above

        with steps.step("stop local AWS") as step:
            try:
                stopped = process.stop(here.aws)
            except LocalAwsError as error:
                raise CommandFailedError(f"local AWS: {error}") from error
            step.detail = "" if stopped else "(was not running)"
        with steps.step("stop other services") as step:
            ended = [one.title for one in extensions() if one.stop(here)]
            step.detail = f"(of {', '.join(ended)})" if ended else "(none was running)"
        if not keep_state:
            with steps.step("remove their files"):
                for one in extensions():
                    one.remove(here)
                remove(here.folder)
                here.environment_file.unlink(missing_ok=True)
    return True


def remove(folder: Path) -> None:
    """Remove a folder, the read-only folders of unpacked zips too."""
    for parent, _, _ in os.walk(folder):
        Path(parent).chmod(0o700)
    shutil.rmtree(folder)
