"""What keeps a server from being imported, in a line for its author: module, line, and remedy."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mesh.runtime.config.variables import SettingsError

# The exit status of a process whose last line on standard error is such a line.
STATUS = 3


@contextmanager
def explained(root: Path) -> Iterator[None]:
    """End the process with one line for the author, should their code fail within.

    Args:
        root: The folder that the author's modules are in.
    """
    try:
        yield
    except SettingsError as error:
        _end(str(error))
    except Exception as error:  # noqa: BLE001 - whatever a module raises
        _end(f"{_place(error, root.resolve())}{_said(error)}{_remedy(error)}")


def _end(line: str) -> None:
    sys.stderr.write(f"\n{' '.join(line.split())}\n")
    sys.exit(STATUS)


def _place(error: Exception, root: Path) -> str:
    """The author's line that was running last."""
    if isinstance(error, SyntaxError) and error.filename:
        return f"{_below(Path(error.filename), root)}, line {error.lineno}: "
    frames = traceback.extract_tb(error.__traceback__)
    own = [one for one in frames if Path(one.filename).is_relative_to(root)]
    return f"{_below(Path(own[-1].filename), root)}, line {own[-1].lineno}: " if own else ""


def _below(file: Path, root: Path) -> str:
    return str(file.relative_to(root) if file.is_relative_to(root) else file.name)


def _said(error: Exception) -> str:
    text = error.msg if isinstance(error, SyntaxError) else str(error)
    return f"{type(error).__name__}: {text}".rstrip(": ").rstrip(".") + "."


def _remedy(error: Exception) -> str:
    if isinstance(error, ModuleNotFoundError) and error.name:
        package = error.name.partition(".")[0]
        return f" Add the package that has {package!r} to the server's requirements."
    if isinstance(error, NameError):
        return " Import the name, or define it above."
    if "*args" in str(error):
        return " Give each parameter of the tool a name."
    return ""
