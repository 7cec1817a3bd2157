"""A copy of a root whose files may be edited, with its providers and its values."""

from __future__ import annotations

import json
import os
import re
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

# What a root consists of besides its modules.
FILES = ("*.tf", "*.tf.json", "*.tfvars", "*.tfvars.json", ".terraform.lock.hcl")
BACKEND = "backend.tf"
BACKEND_RECORD = "terraform.tfstate"
PROTECTED = re.compile(r"\b(prevent_destroy)\s*=\s*true\b")
OVERRIDE = "kept_override.tf.json"


@dataclass(frozen=True)
class Files:
    """Where Terraform finds a root: its folder, the environment of runs, and their arguments."""

    folder: Path
    variables: Mapping[str, str]
    arguments: tuple[str, ...]


def state_file(root: Files) -> Path | None:
    """The file with a root's state; None where it is in a backend."""
    named = [one for one in root.arguments if one.startswith("-state=")]
    if named:
        return Path(named[-1].removeprefix("-state="))
    return None if (root.folder / BACKEND).is_file() else root.folder / "terraform.tfstate"


def copied(root: Files, folder: Path, state: Path) -> Files:
    """Copy a root; runs of the copy take its state from a file.

    Args:
        root: an initialised one.
        folder: an empty folder.
        state: the file; there may be none yet.
    """
    target = _copied(root, folder)
    (target / BACKEND).unlink(missing_ok=True)
    return _moved(root, target, _own_data(root, folder), state)


@contextmanager
def unprotected(root: Files) -> Iterator[Files]:
    """Give a root with the same state that may be destroyed, while the body runs.

    `prevent_destroy` cannot be a variable: whoever means to destroy takes a copy without it.
    """
    with tempfile.TemporaryDirectory(prefix="mesh-destroy-") as folder:
        target = _copied(root, Path(folder))
        data = _own_data(root, Path(folder))
        # Which backend it was initialised with.
        if (_data(root) / BACKEND_RECORD).is_file():
            shutil.copy(_data(root) / BACKEND_RECORD, data)
        for file in target.rglob("*.tf"):
            text = file.read_text("utf-8")
            if PROTECTED.search(text):
                file.write_text(PROTECTED.sub(r"\1 = false", text), "utf-8")
        yield _moved(root, target, data, state_file(root))


def _copied(root: Files, folder: Path) -> Path:
    target = folder / "terraform"
    target.mkdir()
    for pattern in FILES:
        for file in root.folder.glob(pattern):
            shutil.copy(file, target / file.name)
    shutil.copytree(root.folder / "modules", target / "modules")
    # Relative paths of zips lead there.
    (folder / "dist").symlink_to(root.folder.parent / "dist")
    return target


def _data(root: Files) -> Path:
    return Path(root.variables.get("TF_DATA_DIR") or root.folder / ".terraform").absolute()


def _own_data(root: Files, folder: Path) -> Path:
    """What `terraform init` made, for a copy: the same providers, and the copy's own modules.

    Where the root's modules are behind a link, Terraform has noted where that leads.
    """
    data, own = _data(root), folder / "data"
    shutil.copytree(data / "modules", own / "modules")
    (own / "providers").symlink_to(data / "providers")
    record = own / "modules" / "modules.json"
    listed = json.loads(record.read_text())
    places = {"": "."}
    for module in sorted(listed["Modules"], key=lambda one: one["Key"].count(".")):
        above = places.get(module["Key"].rpartition(".")[0])
        # Not the root itself, and not what only the root's tests use.
        if module["Key"] and above:
            module["Dir"] = os.path.normpath(f"{above}/{module['Source']}")
            places[module["Key"]] = module["Dir"]
    record.write_text(json.dumps(listed))
    return own


def _moved(root: Files, target: Path, data: Path, state: Path | None) -> Files:
    kept = [one for one in root.arguments if not one.startswith("-state=")]
    return Files(
        target,
        {**root.variables, "TF_DATA_DIR": str(data)},
        (*kept, *([f"-state={state.absolute()}"] if state else [])),
    )


def override(folder: Path, resources: Iterable[tuple[str, str, str]], **lifecycle: Any) -> None:
    """Give resources of a copy other rules of their life.

    Args:
        folder: the copy's.
        resources: the folder of the module below the root, type and name of each.
        lifecycle: arguments of the block.
        https://developer.hashicorp.com/terraform/language/files/override
    """
    by_folder: dict[str, dict[str, dict[str, Mapping[str, Any]]]] = {}
    for module, kind, name in resources:
        kinds = by_folder.setdefault(module, {})
        kinds.setdefault(kind, {})[name] = {"lifecycle": lifecycle}
    for module, kinds in by_folder.items():
        text = json.dumps({"resource": kinds}, indent=2)
        (folder / module / OVERRIDE).write_text(text)
