"""The server card and the catalogue, answered without FastMCP and for everybody."""

from __future__ import annotations

from copy import replace
from typing import Any

import pytest

from mesh.runtime.access.access_control import DISCOVERY
from tests.local.runtime.fast_path.pair import event


@pytest.fixture(scope="module")
def pair(new_pair: Any, settings: Any) -> Any:
    """Both ways of a server that takes keys."""
    return new_pair(settings)


@pytest.mark.parametrize(("method", "path"), sorted(DISCOVERY))
def test_strangers_read_them_without_fastmcp(pair: Any, method: str, path: str) -> None:
    assert pair.check(event(method, path))
    assert pair.check(event(method, path, headers={"authorization": "Bearer wrong"}))


def test_what_lies_beside_them_still_needs_a_credential(pair: Any) -> None:
    for path in ("/mcp/server-cards", "/.well-known/ai-catalog.json/", "/.well-known/mcp"):
        refused = pair.fast(event("GET", path))
        assert refused is not None
        assert refused["statusCode"] == 401
    assert pair.fast(event("POST", "/mcp/server-card"))["statusCode"] == 401


def test_a_server_for_signed_requests_answers_them_too(new_pair: Any, settings: Any) -> None:
    signed = new_pair(replace(settings, auth="iam"))
    assert signed.check(event("GET", "/mcp/server-card", arn="arn:aws:iam::123456789012:user/a"))
