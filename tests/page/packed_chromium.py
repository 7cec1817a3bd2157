"""A Chromium out of npm's package `@sparticuz/chromium`, for machines that have none.

It is built for AWS Lambda: one program and the few libraries that a bare Linux lacks, packed
with Brotli. Node.js unpacks it, which Python's standard library cannot.
"""

from __future__ import annotations

import fcntl
import os
import platform
import shutil
import subprocess
import tarfile
from pathlib import Path

from mesh.installation import CACHE
from tests.node import MODULES, node

PLATFORM = ("Linux", "x86_64")
FOLDER = CACHE / "chromium"
UNPACK = (
    "const [from, to] = process.argv.slice(1), fs = require('fs'), zlib = require('zlib');"
    "require('stream').pipeline(fs.createReadStream(from), zlib.createBrotliDecompress(),"
    " fs.createWriteStream(to), error => { if (error) throw error; })"
)
FONTS = """<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig><dir>{0}/fonts</dir><cachedir>{0}/fonts-cache</cachedir></fontconfig>
"""


def unpacked() -> Path | None:
    """The program; None where npm's package does not run.

    Libraries and fonts lie beside it, see `environment`.
    """
    if (platform.system(), platform.machine()) != PLATFORM or shutil.which("npm") is None:
        return None
    node_path = node()
    packed = MODULES / "@sparticuz" / "chromium" / "bin"
    program = FOLDER / "chromium"
    CACHE.mkdir(parents=True, exist_ok=True)
    with (CACHE / "chromium.lock").open("w") as lock:
        # Workers of one test run unpack it once.
        fcntl.flock(lock, fcntl.LOCK_EX)
        stamp = FOLDER / "made-from"
        made_from = str((packed / "chromium.br").stat().st_size)
        if stamp.is_file() and stamp.read_text() == made_from:
            return program
        shutil.rmtree(FOLDER, ignore_errors=True)
        FOLDER.mkdir()
        for name in ("chromium", "al2023.tar", "fonts.tar"):
            source, target = packed / f"{name}.br", FOLDER / name
            subprocess.run([node_path, "-e", UNPACK, str(source), str(target)], check=True)
            if target.suffix == ".tar":
                with tarfile.open(target) as archive:
                    archive.extractall(FOLDER, filter="data")
                target.unlink()
        # The package's own names folders of Lambda's.
        (FOLDER / "fonts.conf").write_text(FONTS.format(FOLDER))
        program.chmod(0o755)
        stamp.write_text(made_from)
    return program


def environment() -> dict[str, str]:
    """What it is started with: its own libraries and fonts before the machine's."""
    return os.environ | {"LD_LIBRARY_PATH": str(FOLDER / "lib"), "FONTCONFIG_PATH": str(FOLDER)}
