"""The real application over HTTP, and a browser to look at it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import cache
from typing import TYPE_CHECKING

import pytest

from mcp_app.knowledge.embedded.backend import EmbeddedBackend
from mcp_app.server import build_server
from mcp_app.settings import load
from mesh.runtime.http.app import build_app
from tests.fixtures.tested_servers import served

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from tests.conftest import Chromium

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
            app = build_app(build_server(settings, backend), settings, None)
            return stack.enter_context(served(app))

        yield start


@pytest.fixture(scope="session")
def url(serve: Serve) -> str:
    """A server that takes API keys."""
    return serve()


@pytest.fixture(scope="module")
def browser(chromium: Chromium) -> Iterator[Browser]:
    """One Chromium for a module: it holds the thread's event loop until it ends."""
    with chromium() as opened:
        yield opened
