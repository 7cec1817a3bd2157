"""Imports every module of an unpacked bundle's packages: `python -I -S importing.py BUNDLE`.

Prints as JSON the top-level modules that were missing, each with who asked for it, and
the files that had to be compiled.
"""

from __future__ import annotations

import importlib
import json
import os
import pkgutil
import sys
import warnings
from typing import Any

BUNDLE = sys.argv[1]
PACKAGES = sys.argv[2].split(",")
sys.path.insert(0, BUNDLE)
compiled: list[str] = []


def watch(event: str, arguments: tuple[Any, ...]) -> None:
    """Note each source file that Python compiles; strings that packages compile are theirs."""
    if event == "compile" and isinstance(arguments[1], str | os.PathLike):
        name = os.fspath(arguments[1])
        if name.startswith((BUNDLE, "/var/task")):
            compiled.append(name)


def walk(name: str, missing: dict[str, list[str]]) -> None:
    """Import a module and those below it; note the packages that it lacks.

    Command lines may end the program on import.
    """
    try:
        module = importlib.import_module(name)
    except ImportError as error:
        missing.setdefault((error.name or "?").partition(".")[0], []).append(name)
        return
    except (Exception, SystemExit):  # noqa: BLE001 - not for want of a package
        return
    for one in pkgutil.iter_modules(getattr(module, "__path__", []), f"{name}."):
        if "__main__" not in one.name:
            walk(one.name, missing)


def main() -> None:
    """Import everything that the zip has."""
    warnings.simplefilter("ignore")
    # At the interpreter's level, where every import passes, however it is done.
    sys.addaudithook(watch)
    missing: dict[str, list[str]] = {}
    for package in PACKAGES:
        importlib.import_module(package)
        walk(package, missing)
    sys.stdout.write("\n" + json.dumps({"missing": missing, "compiled": compiled}))


main()
