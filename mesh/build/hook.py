"""A server's build hook: a function that adds files to the zip, such as an index of documents."""

from __future__ import annotations

import importlib
import sys
import tempfile
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mesh.build.bundle.archive import Entry
from mesh.build.failure import BuildError


@dataclass(frozen=True)
class Report:
    """What a hook says about its files; a hook may return None instead.

    Attributes:
        title: Their line in the table of sizes.
        lines: What the build prints about them, such as `knowledge   12 documents`.
        details: The same for `--json`, by key.
        notes: What the person who builds should know, a sentence each.
        offers: What the server offers because of these files; see `Catalogues.servers` in
            `mesh.build.fast_path.answers`. None where that does not depend on them.
        content_date: The latest date of anything in the files, ISO 8601, for `/health`.
    """

    title: str = "build hook"
    lines: tuple[str, ...] = ()
    details: Mapping[str, Any] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    offers: frozenset[str] | None = None
    content_date: str | None = None


# Writes files into an empty folder; each goes to the same place in the zip.
type Hook = Callable[[Path], Report | None]


@dataclass(frozen=True)
class Added:
    """What a hook made: files for the zip, and what it says about them."""

    entries: tuple[Entry, ...]
    report: Report


def run(hook: Hook, scratch: Path) -> Added:
    """Let a hook write its files.

    Args:
        hook: Called with an empty folder.
        scratch: Where that folder is made.

    Raises:
        BuildError: the hook failed; names its last line of code.
    """
    with tempfile.TemporaryDirectory(dir=scratch) as folder:
        place = Path(folder)
        try:
            report = hook(place)
        except BuildError:
            raise
        except Exception as error:
            last = traceback.extract_tb(error.__traceback__)[-1]
            raise BuildError(
                f"The build hook failed: {Path(last.filename).name}, line {last.lineno}: "
                f"{type(error).__name__}: {error}"
            ) from error
        entries = tuple(
            Entry(path.relative_to(place).as_posix(), path.read_bytes())
            for path in sorted(place.rglob("*"))
            if path.is_file()
        )
    return Added(entries, report or Report())


def load(named: str, folder: Path) -> Hook:
    """The hook of that name.

    Args:
        named: A module and a function, such as `hooks:add_index`.
        folder: The project's folder, where the module is looked for first.

    Raises:
        BuildError: there is no such function, or its module cannot be imported.
    """
    module, _, name = named.partition(":")
    sys.path.insert(0, str(folder))
    try:
        found = getattr(importlib.import_module(module), name, None)
    except Exception as error:
        raise BuildError(
            f"The build hook {named} cannot be imported: {type(error).__name__}: {error}"
        ) from error
    finally:
        sys.path.remove(str(folder))
    if not callable(found):
        raise BuildError(f"The build hook {named}: the module {module} has no function {name}.")
    hook: Hook = found
    return hook
