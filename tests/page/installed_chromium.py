"""Which Chromium the tests start."""

from __future__ import annotations

import os
import shutil

import pytest

from tests.page import packed_chromium

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")


def find() -> tuple[str, dict[str, str]]:
    """Its path, and the environment that it needs.

    `MESH_CHROMIUM`, or the first under its usual names, or the one that npm has. Skips the test
    where there is none; where CI is set, that is a failure.
    """
    chosen = os.environ.get("MESH_CHROMIUM")
    path = chosen or next(filter(None, map(shutil.which, NAMES)), None)
    if path is not None:
        return path, dict(os.environ)
    packed = packed_chromium.unpacked()
    if packed is not None:
        return str(packed), packed_chromium.environment()
    reason = (
        f"no Chromium on this machine (looked for {', '.join(NAMES)} and MESH_CHROMIUM; "
        "npm has one for Linux on x86_64 only): nothing was tried in a browser"
    )
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)
