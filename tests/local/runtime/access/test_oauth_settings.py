"""What Terraform sets is read as it was meant, or refused with what to do."""

import pytest

from mcp_app.settings import SettingsError, load
from mesh.runtime.config.oauth_settings import OAuthSettings

ISSUER = "https://abc.supabase.co/auth/v1"
BOTH = {
    "MESH_AUTH": "both",
    "MESH_API_KEYS_PARAMETER": "/mesh/api-keys",
    "MESH_OAUTH_ISSUER": ISSUER,
}


def test_an_issuer_is_all_it_takes():
    assert load(BOTH).oauth == OAuthSettings(ISSUER)


def test_every_setting_is_read():
    settings = load(
        BOTH
        | {
            "MESH_OAUTH_JWKS_URL": f"{ISSUER}/.well-known/jwks.json",
            "MESH_OAUTH_AUDIENCES": "authenticated,https://mesh.example.com/mcp",
            "MESH_OAUTH_CLIENT_IDS": "one,two",
            "MESH_OAUTH_ISSUER_CA": "-----BEGIN CERTIFICATE-----\n",
            "MESH_OAUTH_PUBLIC_CLIENT_ID": "everybody",
            "MESH_OAUTH_CALLBACK_PORT": "8088",
            "MESH_OAUTH_SCOPES": "api://app/mesh offline_access",
            "MESH_OAUTH_SCOPE_CLAIMS": "roles,permissions",
            "MESH_OAUTH_REQUIRED_SCOPES": "mesh email",
            "MESH_TOOL_SCOPES": '{"search_code_files": ["code:read"], "x": "a b"}',
            "MESH_OAUTH_MAX_LIFETIME_SECONDS": "3600",
            "MESH_RATE_LIMIT_PER_MINUTE": "60",
        }
    )
    assert settings.oauth == OAuthSettings(
        issuer=ISSUER,
        jwks_url=f"{ISSUER}/.well-known/jwks.json",
        audiences=("authenticated", "https://mesh.example.com/mcp"),
        client_ids=("one", "two"),
        issuer_ca="-----BEGIN CERTIFICATE-----",
        public_client_id="everybody",
        callback_port=8088,
        scopes=("api://app/mesh", "offline_access"),
        scope_claims=("roles", "permissions"),
        required_scopes=("mesh", "email"),
        tool_scopes={"search_code_files": frozenset({"code:read"}), "x": frozenset({"a", "b"})},
        max_lifetime_seconds=3600,
    )
    assert settings.rate_limit_per_minute == 60


def test_only_who_takes_tokens_trusts_an_issuer():
    assert load(BOTH | {"MESH_AUTH": "api_key"}).oauth is None
    oauth = load({"MESH_AUTH": "oauth", "MESH_OAUTH_ISSUER": ISSUER})
    assert oauth.oauth == OAuthSettings(ISSUER)
    assert oauth.api_keys_parameter is None


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("MESH_OAUTH_ISSUER", ""),
        ("MESH_OAUTH_ISSUER", "abc.supabase.co"),
        ("MESH_OAUTH_ISSUER", "http://abc.supabase.co"),
        ("MESH_OAUTH_ISSUER", "https://user:pw@abc.supabase.co"),
        ("MESH_OAUTH_JWKS_URL", "file:///keys"),
        ("MESH_OAUTH_REQUIRED_SCOPES", 'a"b'),
        ("MESH_OAUTH_CALLBACK_PORT", "0"),
        ("MESH_TOOL_SCOPES", "nope"),
        ("MESH_TOOL_SCOPES", "[]"),
        ("MESH_TOOL_SCOPES", '{"search_code_files": 1}'),
        ("MESH_TOOL_SCOPES", '{"search_code_files": ["a b"]}'),
        ("MESH_OAUTH_MAX_LIFETIME_SECONDS", "1"),
        ("MESH_RATE_LIMIT_PER_MINUTE", "-1"),
        ("MESH_RATE_LIMIT_PER_MINUTE", "many"),
        ("MESH_API_KEYS_PARAMETER", ""),
    ],
)
def test_what_does_not_fit_is_named(variable, value):
    with pytest.raises(SettingsError, match=variable):
        load(BOTH | {variable: value})


def test_a_password_in_an_address_is_not_repeated():
    with pytest.raises(SettingsError) as refused:
        load(BOTH | {"MESH_OAUTH_ISSUER": "https://user:hunter2@id.example"})
    assert "hunter2" not in str(refused.value)


@pytest.mark.parametrize("way", ["FastMCP"], indirect=True)
def test_scopes_of_a_tool_that_there_is_not_stop_the_server(oauth_server):
    with pytest.raises(
        SettingsError, match=r"MESH_TOOL_SCOPES names serach_code_files; .*search_c"
    ):
        oauth_server(tool_scopes={"serach_code_files": frozenset({"code:read"})})


def test_scopes_of_a_tool_without_its_source_are_fine(oauth_server):
    server = oauth_server(tool_scopes={"search_jira_tickets": frozenset({"tickets:read"})})
    assert server.request("POST", "/rpc", {"method": "ping"}).status == 200
