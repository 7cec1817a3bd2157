"""The migrations of this checkout, in order, each with its digest."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).resolve().parent / "migrations"
NAME = re.compile(r"\d{4}_[a-z0-9_]+\.sql")


@dataclass(frozen=True)
class Migration:
    """One file; `sha256` is the same on every platform, whatever its line ends."""

    name: str
    sql: str

    @property
    def sha256(self) -> str:
        """What tells that an applied migration was changed since."""
        return hashlib.sha256(self.sql.encode()).hexdigest()


def read_migrations(folder: Path = FOLDER) -> list[Migration]:
    """Give the folder's migrations in the order in which they are applied.

    Raises:
        ValueError: a file is not called NNNN_name.sql, or two have the same number.
    """
    files = sorted(folder.glob("*.sql"))
    numbers: dict[str, str] = {}
    for file in files:
        if not NAME.fullmatch(file.name):
            raise ValueError(f"{file.name}: migrations are called NNNN_name.sql")
        first = numbers.setdefault(file.name[:4], file.name)
        if first != file.name:
            raise ValueError(f"{first} and {file.name} have the same number")
    # read_text gives every line end as \n.
    return [Migration(file.name, file.read_text(encoding="utf-8")) for file in files]
