"""The real application over HTTP, and a headless Chromium to look at its page with."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import cache

import pytest

from mcp_app.asgi.app import build_app
from mcp_app.knowledge.embedded.backend import EmbeddedBackend
from mcp_app.server import build_server
from mcp_app.settings import load
from tests.ops.tested_servers import served
from tests.page import packed_chromium
from tests.page.chromium import Browser, launched

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
VARIABLES = {
    "MESH_API_KEYS_PARAMETER": "/mesh/test/api-keys",
    "MESH_ENVIRONMENT": "test",
    "MESH_OAUTH_ISSUER": "https://id.example.com",
    "AWS_LAMBDA_FUNCTION_VERSION": "7",
}

type Serve = Callable[..., str]


@pytest.fixture(scope="session")
def serve(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serve]:
    """Serves the application with settings from these environment variables; gives its URL.

    There is no index: every source is then taken to be configured, and every tool is there.
    """
    missing = tmp_path_factory.mktemp("page") / "no-index.sqlite3"
    with ExitStack() as stack:

        @cache
        def start(**variables: str) -> str:
            settings = load(VARIABLES | variables)
            backend = EmbeddedBackend(missing)
            app = build_app(build_server(settings, backend), settings, backend, None)
            return stack.enter_context(served(app))

        yield start


@pytest.fixture(scope="session")
def url(serve: Serve) -> str:
    """A server that takes API keys."""
    return serve()


def chromium() -> str | None:
    """Path of a Chromium: `MESH_CHROMIUM`, or the first under its usual names."""
    chosen = os.environ.get("MESH_CHROMIUM")
    return chosen or next(filter(None, map(shutil.which, NAMES)), None)


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    path, variables = chromium(), dict(os.environ)
    if path is None:
        packed = packed_chromium.unpacked()
        if packed is None:
            reason = (
                f"no Chromium on this machine (looked for {', '.join(NAMES)} and MESH_CHROMIUM; "
                "npm has one for Linux on x86_64 only): the page was not looked at in a browser"
            )
            if os.environ.get("CI"):
                pytest.fail(reason)
            pytest.skip(reason)
        path, variables = str(packed), packed_chromium.environment()
    with launched(path, tmp_path_factory.mktemp("chromium"), variables) as opened:
        yield opened
