"""Addresses on the web of a folder's documents, as `--base-url` gives them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from urllib.parse import quote, urlsplit

from aoma.corpus.report import CorpusError

_GIVEN = re.compile(r"(?:(?P<folder>.+?)=)?(?P<url>https?://\S+)")
_PLACES = ("{path}", "{stem}")
_HOW = (
    "Write --base-url https://docs.example.com, or FOLDER=https://docs.example.com for one of "
    "several folders. {path} stands for a document's path, {stem} for its path without extension."
)


@dataclass(frozen=True, slots=True)
class BaseUrl:
    """The address of the documents below a folder."""

    folder: Path
    url: str

    def link(self, path: str) -> str:
        """The address of a document.

        Args:
            path: its path below the folder, or what stands for it below the address.
        """
        known = quote(path, safe="/?=&")
        if not any(place in self.url for place in _PLACES):
            return f"{self.url.rstrip('/')}/{known}"
        stem = quote(PurePosixPath(path).with_suffix("").as_posix())
        return self.url.replace("{path}", known).replace("{stem}", stem)

    def link_of(self, place: Path, path: str | None = None) -> str | None:
        """The address of the file at `place`; None for one that is not below the folder.

        Args:
            place: the file.
            path: what stands for it below the address, if not its path.
        """
        if place == self.folder:
            return self.link(path or place.name)
        if not place.is_relative_to(self.folder):
            return None
        return self.link(path or place.relative_to(self.folder).as_posix())


def base_urls(given: Sequence[str], folders: Sequence[Path]) -> tuple[BaseUrl, ...]:
    """The addresses as given on the command line, longest folder first.

    Args:
        given: `URL`, or `FOLDER=URL`.
        folders: those whose documents are read.

    Raises:
        CorpusError: one is no address, or belongs to none or to several of the folders.
    """
    known = {folder.resolve() for folder in folders}
    found = []
    for one in given:
        match = _GIVEN.fullmatch(one.strip())
        parts = urlsplit(match["url"]) if match else None
        if match is None or parts is None or not parts.hostname or parts.username is not None:
            raise CorpusError(f"--base-url {one}: not an address with http or https. {_HOW}")
        if match["folder"] is None and len(known) != 1:
            raise CorpusError(f"--base-url {one}: {len(known)} folders are named. {_HOW}")
        folder = Path(match["folder"]).resolve() if match["folder"] else next(iter(known))
        if folder not in known:
            raise CorpusError(f"--base-url {one}: {match['folder']} is none of the folders. {_HOW}")
        found.append(BaseUrl(folder, match["url"]))
    return tuple(sorted(found, key=lambda one: -len(one.folder.parts)))
