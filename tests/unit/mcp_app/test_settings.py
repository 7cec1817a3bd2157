import json

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
        ("AOMA_BACKEND", "sqlite"),
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


@pytest.mark.parametrize(
    "origin",
    ["https://a.example", "http://localhost:3000", "http://127.0.0.1:1", "https://b_c.local:65535"],
)
def test_an_origin_is_taken_as_browsers_send_it(origin):
    assert load(CLOSED | {"MESH_ALLOWED_ORIGINS": origin}).allowed_origins == (origin,)


@pytest.mark.parametrize(
    "origin",
    [
        *("*", "null", "https://*.example.com", "app.example.com", "https://", "https://:8080"),
        *("https://app.example.com/", "https://app.example.com/page", "https://a.example?x"),
        *("https://App.example.com", "HTTPS://app.example.com", "https://bücher.example"),
        *("https://app.example.com:443", "http://app.example.com:80", "https://a.example:08443"),
        *(
            "https://a.example:",
            "https://a.example:65536",
            "https://a.example:0",
            "https://a.example:²",
            "https://a:1:2",
        ),
        *("https://user@a.example", "ftp://a.example", "https://a.example https://b.example"),
    ],
)
def test_an_origin_that_no_browser_sends_is_refused(origin):
    with pytest.raises(SettingsError) as refused:
        load(CLOSED | {"MESH_ALLOWED_ORIGINS": f"https://good.example, {origin}"})
    assert f"MESH_ALLOWED_ORIGINS has {origin!r}" in str(refused.value)
    assert "such as https://app.example.com" in str(refused.value)


def test_a_public_address_ends_with_a_slash():
    assert load(CLOSED).public_url is None
    assert (
        load(CLOSED | {"MESH_PUBLIC_URL": "https://m.example"}).public_url == "https://m.example/"
    )


@pytest.mark.parametrize(
    "url", ["https://m.example", "https://m.example/", "https://a-b.m.example/", "https://1.2.3.4"]
)
def test_a_plain_public_address_is_known_without_parsing_it(url, monkeypatch):
    monkeypatch.setattr("urllib.parse.urlsplit", None)
    said = load(CLOSED | {"MESH_PUBLIC_URL": url}).public_url
    assert said == f"{url.removesuffix('/')}/"


@pytest.mark.parametrize("url", ["https://M.example:8443", "https://M.example:8443/"])
def test_any_other_public_address_is_parsed(url):
    assert load(CLOSED | {"MESH_PUBLIC_URL": url}).public_url == "https://M.example:8443/"


@pytest.mark.parametrize(
    "url",
    [
        *("http://m.example/", "m.example", "https://m.example/mcp", "https://m.example//"),
        *("https://", "https:///", "https:///m.example", "https://a@m.example", "xhttps://m"),
        *("https://m.example/?a", "https://m.example/#a"),
    ],
)
def test_a_public_address_that_is_none_is_refused(url):
    with pytest.raises(SettingsError, match="MESH_PUBLIC_URL"):
        load(CLOSED | {"MESH_PUBLIC_URL": url})


def test_an_origin_secret_without_an_address_to_go_to_is_refused():
    with pytest.raises(SettingsError, match="MESH_PUBLIC_URL is not"):
        load(CLOSED | {"MESH_ORIGIN_SECRET_PARAMETER": "/mesh/dev/origin-secret"})


SUPABASE = CLOSED | {
    "AOMA_BACKEND": "supabase",
    "SUPABASE_URL": "https://abc.supabase.co",
    "MESH_SECRETS": json.dumps(
        {
            "SUPABASE_KEY": "/mesh/dev/supabase-key",
            "SUPABASE_TOKEN": "/mesh/dev/supabase-token",
            "OPENAI_API_KEY": "/mesh/dev/openai-api-key",
        }
    ),
}


def test_the_embedded_backend_needs_no_address_and_no_secret():
    assert load(CLOSED).supabase is None


def test_supabase_has_a_default_for_everything_that_is_nobodys_own():
    chosen = load(SUPABASE).supabase
    assert chosen is not None
    assert chosen.openai_url == "https://api.openai.com/v1"
    assert (chosen.embedding_model, chosen.embedding_dimensions) == ("text-embedding-3-small", 1536)
    assert chosen.answer_model is None
    assert chosen.vector_store_id is None
    assert chosen.sources == ("documents", "tickets", "commits", "code")
    assert chosen.thresholds["comprehensive"] < chosen.thresholds["rapid"]
    assert chosen.secrets_ttl_seconds == 60


@pytest.mark.parametrize("name", ["SUPABASE_URL"])
def test_supabase_says_what_it_lacks(name):
    with pytest.raises(SettingsError, match=f"{name} is not set; AOMA_BACKEND=supabase needs it"):
        load(SUPABASE | {name: ""})


@pytest.mark.parametrize("name", ["SUPABASE_KEY", "SUPABASE_TOKEN", "OPENAI_API_KEY"])
def test_supabase_names_the_secret_that_terraform_was_not_told(name):
    secrets = json.loads(SUPABASE["MESH_SECRETS"])
    del secrets[name]
    message = f"There is no secret {name}, .* Add it to Terraform's variable secrets"
    with pytest.raises(SettingsError, match=message):
        load(SUPABASE | {"MESH_SECRETS": json.dumps(secrets)})


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("SUPABASE_URL", "abc.supabase.co", "SUPABASE_URL is no address"),
        ("SUPABASE_URL", "http://abc.supabase.co", "SUPABASE_URL is no address"),
        ("OPENAI_BASE_URL", "ftp://models.example", "OPENAI_BASE_URL is no address"),
        ("AOMA_EMBEDDING_DIMENSIONS", "3072", "'3072'; it must be a number from 1 to 2000"),
        ("AOMA_VECTOR_STORE_ID", "../files", "it must look like vs_abc123"),
        ("AOMA_SOURCES", "documents,emails", "AOMA_SOURCES has emails; it takes documents,"),
        ("AOMA_THRESHOLDS", "focused=70", "AOMA_THRESHOLDS focused is '70'"),
        ("AOMA_THRESHOLDS", "quick=0.7", "AOMA_THRESHOLDS has 'quick'; it takes search,"),
    ],
)
def test_a_setting_of_supabase_that_does_not_fit_is_named(name, value, message):
    with pytest.raises(SettingsError, match=message):
        load(SUPABASE | {name: value})


def test_a_password_in_an_address_is_not_repeated():
    with pytest.raises(SettingsError) as caught:
        load(SUPABASE | {"SUPABASE_URL": "https://me:hunter2@abc.supabase.co"})
    assert "hunter2" not in str(caught.value)


def test_thresholds_change_one_by_one():
    chosen = load(SUPABASE | {"AOMA_THRESHOLDS": "focused=0.7"}).supabase
    default = load(SUPABASE).supabase
    assert chosen is not None
    assert default is not None
    assert chosen.thresholds == {**default.thresholds, "focused": 0.7}


def test_the_address_may_be_given_with_its_path():
    chosen = load(SUPABASE | {"SUPABASE_URL": "https://abc.supabase.co/rest/v1/"}).supabase
    assert chosen is not None
    assert chosen.url == "https://abc.supabase.co"
