import pytest

from mcp_app.settings import SettingsError, load

CLOSED = {"MESH_API_KEYS_PARAMETER": "/mesh/dev/api-keys"}


def test_a_deployment_that_says_nothing_about_access_is_closed():
    assert load(CLOSED).auth == "api_key"


def test_api_keys_without_their_parameter_are_refused():
    with pytest.raises(SettingsError, match="MESH_API_KEYS_PARAMETER is not set"):
        load({})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("MESH_AUTH", "open"),
        ("MESH_BACKEND", "sqlite"),
        ("MESH_LOG_LEVEL", "loud"),
        ("MESH_SECRETS_TTL_SECONDS", "soon"),
        ("MESH_SECRETS_TTL_SECONDS", "0"),
        ("MESH_SECRETS_TTL_SECONDS", "3601"),
        ("MESH_SECRETS_TTL_SECONDS", "nan"),
    ],
)
def test_a_value_that_does_not_fit_is_named(name, value):
    with pytest.raises(SettingsError, match=f"{name} is '{value}'"):
        load(CLOSED | {name: value})


def test_origins_are_a_comma_separated_list():
    settings = load(CLOSED | {"MESH_ALLOWED_ORIGINS": "https://a.example, https://b.example,"})
    assert settings.allowed_origins == ("https://a.example", "https://b.example")
