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


def main() -> None:
    """Import everything but command lines, which end the program on import."""
    warnings.simplefilter("ignore")
    # At the interpreter's level, where every import passes, however it is done.
    sys.addaudithook(watch)
    missing: dict[str, list[str]] = {}
    for package in PACKAGES:
        names = [package]
        path = getattr(importlib.import_module(package), "__path__", [])
        found = pkgutil.walk_packages(path, f"{package}.", onerror=lambda _name: None)
        names += [one.name for one in found if "__main__" not in one.name]
        for name in names:
            try:
                importlib.import_module(name)
            except ImportError as error:
                missing.setdefault((error.name or "?").partition(".")[0], []).append(name)
            except Exception:  # noqa: BLE001, S112 - not for want of a package
                continue
    sys.stdout.write("\n" + json.dumps({"missing": missing, "compiled": compiled}))


main()
