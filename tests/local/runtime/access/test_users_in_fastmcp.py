"""FastMCP's own means to know a caller find the access token that Mesh has verified."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from fastmcp import FastMCP
from fastmcp.dependencies import CurrentHeaders, TokenClaim
from fastmcp.server.auth import require_scopes
from fastmcp.server.dependencies import get_access_token
from fastmcp.server.sessions import UserSession
from key_value.aio.stores.memory import MemoryStore
from starlette.requests import Request
from starlette.responses import JSONResponse

from mesh.runtime.config.settings import load
from mesh.runtime.http.app import build_app
from mesh.runtime.http.instance import Instance
from tests.fixtures.instances import Client
from tests.fixtures.issuer import Issuer
from tests.local.runtime.access.conftest import AUDIENCE

type User = Callable[..., Client]


def server(store: MemoryStore | None) -> FastMCP[None]:
    """A server that asks who calls, in each way that FastMCP has."""
    made: FastMCP[None] = FastMCP("Users", session_state_store=store)

    @made.tool
    def who(subject: str = TokenClaim("sub")) -> str:
        return subject

    @made.tool
    def granted() -> list[str]:
        token = get_access_token()
        return [] if token is None else token.scopes

    @made.tool(auth=require_scopes("notes:write"))
    def write() -> str:
        return "written"

    @made.tool
    async def remember(session: UserSession) -> str:
        before = await session.get("calls", 0)
        await session.set("calls", before + 1)
        return str(before)

    @made.tool
    def headers(given: dict[str, str] = CurrentHeaders()) -> list[str]:  # noqa: B008 - FastMCP's way
        return sorted(given)

    @made.custom_route("/me", methods=["GET"])
    async def me(_request: Request) -> JSONResponse:
        token = get_access_token()
        return JSONResponse({"subject": token and token.subject})

    return made


@pytest.fixture
def store() -> MemoryStore | None:
    """Where the server keeps sessions; None where it has no place for them."""
    return None


@pytest.fixture
def signed_in(issuer: Issuer, store: MemoryStore | None) -> User:
    """A user of the server, by what the user's token says."""
    settings = load(
        {
            "MESH_NAME": "users",
            "MESH_AUTH": "oauth",
            "MESH_OAUTH_ISSUER": issuer.url,
        }
    )
    instance = Instance(build_app(server(store), settings, None))

    def answer(event: dict[str, Any]) -> dict[str, Any]:
        return instance.answer(event, None)

    return lambda **claims: Client(answer, issuer.token(AUDIENCE, **claims))


def call(user: Client, tool: str) -> Any:
    """What the tool's result holds, or its error."""
    body = {"method": "tools/call", "params": {"name": tool, "arguments": {}}}
    result = user.request("POST", "/rpc", body).json["result"]
    return result["content"][0]["text"] if result.get("isError") else result["structuredContent"]


def test_a_tool_finds_the_user_and_what_was_granted(signed_in: User) -> None:
    user = signed_in(sub="ada", scope="notes:read notes:write")
    assert call(user, "who") == {"result": "ada"}
    assert call(user, "granted") == {"result": ["notes:read", "notes:write"]}
    assert user.request("GET", "/me").json == {"subject": "ada"}


def test_fastmcps_check_of_a_tool_asks_the_token(signed_in: User) -> None:
    writer, reader = signed_in(scope="notes:write"), signed_in(scope="notes:read")
    assert call(writer, "write") == {"result": "written"}
    assert call(reader, "write") == "Unknown tool: 'write'"
    listed = reader.request("POST", "/rpc", {"method": "tools/list"}).json["result"]["tools"]
    assert "write" not in {tool["name"] for tool in listed}


def test_the_token_is_no_header_any_more(signed_in: User) -> None:
    assert "authorization" not in call(signed_in(), "headers")["result"]


def test_a_users_session_needs_a_store_that_all_instances_share(signed_in: User) -> None:
    assert "FastMCP(session_state_store=...)" in call(signed_in(), "remember")


@pytest.mark.parametrize("store", [MemoryStore()])
def test_a_users_session_is_the_users_own(signed_in: User) -> None:
    ada, grace = signed_in(sub="ada"), signed_in(sub="grace")
    answers = [call(user, "remember")["result"] for user in (ada, ada, grace)]
    assert answers == ["0", "1", "0"]
