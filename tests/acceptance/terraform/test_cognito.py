"""A Cognito pool for the server's users, applied on a local AWS, whose tokens the server takes."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import httpx
import pytest

from mesh.build.environment import ROOT
from mesh.runtime.config import oauth_settings
from mesh.runtime.oauth.claims import InvalidTokenError
from mesh.runtime.oauth.signing_keys import SigningKeys
from mesh.runtime.oauth.tokens import TokenVerifier
from tests.acceptance.terraform.test_fargate import applied, root_in
from tests.acceptance.terraform.test_root_on_local_aws import Cli, write_zip

if TYPE_CHECKING:
    from mesh.local_aws.process import Running

MCP_URL = "https://mesh.example.com/mcp"
VARIABLES = {"domain_prefix": "mesh-test", "deletion_protection": False}


def program(pool: str) -> tuple[str, str]:
    """The id and secret of a program without a person, made as the README says."""
    made = boto3.client("cognito-idp").create_user_pool_client(
        UserPoolId=pool,
        ClientName="nightly",
        GenerateSecret=True,
        AllowedOAuthFlowsUserPoolClient=True,
        AllowedOAuthFlows=["client_credentials"],
        AllowedOAuthScopes=[f"{MCP_URL}/use"],
    )["UserPoolClient"]
    return made["ClientId"], made["ClientSecret"]


def program_token(running: Running, credentials: tuple[str, str]) -> str:
    """What a program gets for its id and secret."""
    answer = httpx.post(
        f"{running.endpoint}/oauth2/token",
        data={"grant_type": "client_credentials", "scope": f"{MCP_URL}/use"},
        auth=credentials,
    )
    assert answer.status_code == 200, answer.text
    return str(answer.json()["access_token"])


def verifier(running: Running, pool: str, settings: dict[str, Any]) -> TokenVerifier:
    """The runtime's own, told what Terraform would tell it; local AWS has the pool's keys."""
    taken = oauth_settings.load(
        {
            "MESH_OAUTH_ISSUER": settings["oauth_issuer"],
            "MESH_OAUTH_CLIENT_IDS": ",".join(settings["oauth_client_ids"]),
            "MESH_OAUTH_SCOPES": " ".join(settings["oauth_scopes"]),
            "MESH_OAUTH_REQUIRED_SCOPES": " ".join(settings["oauth_required_scopes"]),
        }
    )
    keys = SigningKeys(taken.issuer, f"{running.endpoint}/{pool}/.well-known/jwks.json")
    return TokenVerifier(taken, keys)


def test_a_pool_is_applied_and_the_server_takes_its_tokens(
    aws: Running, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    repository = tmp_path / "repository"
    # It names the module by its place.
    shutil.copytree(ROOT / "terraform" / "modules", repository / "terraform" / "modules")
    root = root_in(repository / "examples" / "cognito", ROOT / "examples" / "cognito")
    applied(root, **VARIABLES)
    assert root.outputs()["settings"]["oauth_scopes"] == ["openid", "mesh/use"]
    applied(root, **VARIABLES, mcp_url=MCP_URL)
    nightly = program(root.outputs()["user_pool_id"])
    applied(root, **VARIABLES, mcp_url=MCP_URL, further_client_ids=[nightly[0]])
    # No secret is in the state.
    assert nightly[1] not in (root.folder / "terraform.tfstate").read_text()
    outputs = root.outputs()
    settings, pool = outputs["settings"], outputs["user_pool_id"]
    assert settings["oauth_scopes"] == ["openid", f"{MCP_URL}/use"]
    assert settings["oauth_required_scopes"] == [f"{MCP_URL}/use"]

    cognito = boto3.client("cognito-idp")
    public: Any = cognito.describe_user_pool_client(UserPoolId=pool, ClientId=outputs["client_id"])
    public = public["UserPoolClient"]
    assert "ClientSecret" not in public
    assert public["AllowedOAuthFlows"] == ["code"]
    assert "https://claude.ai/api/mcp/auth_callback" in public["CallbackURLs"]

    token = program_token(aws, nightly)
    holder = verifier(aws, pool, settings).verify(token, [MCP_URL])
    assert holder.scopes == {f"{MCP_URL}/use"}
    with pytest.raises(InvalidTokenError, match="a client that this server does not take"):
        verifier(aws, pool, settings | {"oauth_client_ids": ["other"]}).verify(token, [MCP_URL])

    # The server's own root takes the settings as they are.
    write_zip(tmp_path / "function.zip", "fine")
    monkeypatch.setenv("TF_VAR_zip_path", str(tmp_path / "function.zip"))
    server = Cli(ROOT / "terraform", tmp_path / "server.tfstate")
    Cli(server.folder).run("init", "-input=false", "-lockfile=readonly")
    planned = server.planned(tmp_path / "plan", **settings)
    (function,) = [
        change["change"]["after"]
        for change in planned["resource_changes"]
        if change["type"] == "aws_lambda_function"
    ]
    told = function["environment"][0]["variables"]
    assert told["MESH_OAUTH_ISSUER"] == settings["oauth_issuer"]
    root.run("destroy", "-auto-approve", **VARIABLES)
