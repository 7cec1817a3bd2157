"""Node.js programs for tests, installed once below `.mesh/cache/node` from a lock with hashes.

The lock names no registry: npm's own setting does. Scripts of packages are never run.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
from functools import cache
from pathlib import Path

import pytest

from mesh.build.environment import ROOT
from mesh.installation import CACHE

SOURCE = ROOT / "requirements" / "node"
FOLDER = CACHE / "node"
MODULES = FOLDER / "node_modules"
# The inspector needs it: https://www.npmjs.com/package/@modelcontextprotocol/inspector
NODE = 22
INSTALL_SECONDS = 600


def _wanted() -> str:
    return hashlib.sha256((SOURCE / "package-lock.json").read_bytes()).hexdigest()


def _install(npm: str) -> None:
    stamp = FOLDER / "made-from"
    CACHE.mkdir(parents=True, exist_ok=True)
    with (CACHE / "node.lock").open("w") as lock:
        # Workers of one test run, and runs side by side, make it once.
        fcntl.flock(lock, fcntl.LOCK_EX)
        if stamp.is_file() and stamp.read_text() == _wanted():
            return
        shutil.rmtree(FOLDER, ignore_errors=True)
        FOLDER.mkdir()
        for name in ("package.json", "package-lock.json"):
            shutil.copy(SOURCE / name, FOLDER)
        done = subprocess.run(
            [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"],
            cwd=FOLDER,
            capture_output=True,
            text=True,
            timeout=INSTALL_SECONDS,
            check=False,
        )
        if done.returncode != 0:
            pytest.fail(f"npm ci of requirements/node failed:\n{done.stdout}{done.stderr}")
        stamp.write_text(_wanted())


def _new_enough(node: str) -> bool:
    said = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout
    return said[1:].partition(".")[0].isdigit() and int(said[1:].partition(".")[0]) >= NODE


@cache
def node() -> str:
    """The path of Node.js 22 or newer, with the packages of requirements/node beside it.

    The machine's own where it is new enough, else the one that npm's packages `node-*` hold.
    Skips the test where there is no npm at all; where CI is set, that is a failure.
    """
    npm = shutil.which("npm")
    if npm is None:
        reason = "npm is not installed; with Node.js 20 or newer these tests run by themselves"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    _install(npm)
    own = shutil.which("node")
    if own is not None and _new_enough(own):
        return own
    packed = next(MODULES.glob("node-*/bin/node"), None)
    if packed is None:
        pytest.fail(f"Node.js {NODE} is needed; there is no package of it for this platform")
    return str(packed)


def without_aws() -> dict[str, str]:
    """This process's environment, without AWS's variables and without proxies for loopback."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    return kept | {"NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1"}


def environment() -> dict[str, str]:
    """The same, in which `node` is the one above."""
    kept = without_aws()
    return kept | {"PATH": f"{Path(node()).parent}{os.pathsep}{kept.get('PATH', '')}"}
