"""Makes a new server's folder."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from mesh import __version__
from mesh.failure import CommandFailedError
from mesh.settings.settings import NAME, NAME_RULE, deployable_name

TEMPLATE = Path(__file__).with_name("project")
# Files whose own names begin with a dot would be left out of a wheel or be used here.
PLACES = {
    "gitignore": ".gitignore",
    "workflows/deploy.yml": ".github/workflows/deploy.yml",
    "workflows/rollback.yml": ".github/workflows/rollback.yml",
}
SERVER, TITLE, VERSION = "SERVER_NAME", "SERVER_TITLE", "MESH_VERSION"


def make(place: Path) -> list[Path]:
    """Write a small server with its settings, tests and workflows.

    Args:
        place: The folder, which must be empty or not be there; its name is the server's.

    Returns:
        The files, relative to the folder.

    Raises:
        CommandFailedError: the folder holds something, cannot be written, or has a name that
            AWS would not take.
    """
    name = place.resolve().name
    if not NAME.fullmatch(name):
        raise CommandFailedError(
            f"{name!r} cannot be a server's name: {NAME_RULE}. For example {deployable_name(name)}."
        )
    if place.exists() and (not place.is_dir() or any(place.iterdir())):
        raise CommandFailedError(f"{place} is there and not an empty folder; nothing was written.")
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=place.parent, prefix=f".{name}-") as scratch:
            made = Path(scratch) / name
            files = [*_write(made, name)]
            if place.exists():
                place.rmdir()
            made.rename(place)
    except OSError as error:
        raise CommandFailedError(f"{place} cannot be written: {error.strerror}.") from error
    return files


def _write(folder: Path, name: str) -> list[Path]:
    values = {
        SERVER: name,
        TITLE: name.replace("-", " ").capitalize(),
        VERSION: __version__,
    }
    written = []
    for source in sorted(TEMPLATE.rglob("*")):
        if source.is_dir() or source.suffix == ".pyc":
            continue
        below = source.relative_to(TEMPLATE).as_posix()
        target = folder / PLACES.get(below, below)
        target.parent.mkdir(parents=True, exist_ok=True)
        text = source.read_text(encoding="utf-8")
        for word, value in values.items():
            text = text.replace(word, value)
        target.write_text(text, encoding="utf-8")
        shutil.copymode(source, target)
        written.append(target.relative_to(folder))
    return sorted(written)
