"""What clients are told before they connect: valid by its schema, and all of it public."""

from __future__ import annotations

import json
from pathlib import Path

import httpx
import pytest
from click.testing import CliRunner
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]  # it has no types

from mcp_app.settings import load
from mesh.cli import command_line, run
from mesh.runtime.config.build_info import BuildInfo
from mesh.runtime.http import discovery
from mesh.runtime.http.discovery import server_name

URL = "https://mcp.example.com/"
SCHEMA = json.loads(Path("tests/fixtures/schemas/server-card.schema.json").read_text())
VALID = Draft202012Validator({**SCHEMA, "$ref": "#/$defs/ServerCard"})
INTRODUCED = "Parcels", f"Counts parcels. {'And more. ' * 200}"
AUTHS = ["api_key", "oauth", "both", "iam", "none"]


def settings(auth="api_key", name="parcels"):
    issuer = {"MESH_OAUTH_ISSUER": "https://id.example.com"} if auth in {"oauth", "both"} else {}
    own = {"MESH_AUTH": auth, "MESH_NAME": name, "MESH_API_KEYS_PARAMETER": "/mesh/secret/keys"}
    return load(own | issuer)


@pytest.mark.parametrize("auth", AUTHS)
@pytest.mark.parametrize("url", [URL, "http://127.0.0.1:8787/", f"https://{'a' * 200}.test/"])
def test_the_card_is_one_by_its_schema(auth, url):
    for introduced in (INTRODUCED, ("FastMCP-1a2b", None), ("x" * 300, "y" * 300)):
        card = discovery.card(settings(auth), BuildInfo(), introduced, url)
        if len(card["name"]) <= 200:
            VALID.validate(card)
        assert card["remotes"][0]["url"] == f"{url}mcp"
        assert "secret" not in json.dumps(card).replace("isSecret", "")


def test_the_schema_refuses_what_is_none():
    card = discovery.card(settings(), BuildInfo(), INTRODUCED, URL)
    for broken in ({"name": "no slash"}, {"description": "x" * 101}, {"$schema": "x"}):
        assert not VALID.is_valid(card | broken)


def test_it_says_what_the_server_is_and_that_a_key_is_needed():
    card = discovery.card(settings(), BuildInfo(), INTRODUCED, URL)
    assert (card["name"], card["title"]) == ("com.example.mcp/parcels", "Parcels")
    assert card["description"] == "Counts parcels."
    (header,) = card["remotes"][0]["headers"]
    assert header["value"] == "Bearer {api_key}"
    assert header["isRequired"] is header["isSecret"] is True
    assert (
        "headers"
        not in discovery.card(settings("oauth"), BuildInfo(), INTRODUCED, URL)["remotes"][0]
    )


def test_the_catalogue_leads_to_the_card():
    (entry,) = discovery.catalogue(settings(), URL)["entries"]
    assert entry == {
        "identifier": "urn:air:mcp.example.com:mcp:parcels",
        "type": "application/mcp-server-card+json",
        "url": f"{URL}mcp/server-card",
    }


def test_names_are_in_reverse_but_for_addresses_in_numbers():
    assert server_name("http://127.0.0.1:80/", "a b") == "127.0.0.1/a-b"
    assert server_name("https://a.b.test/", "--") == "test.b.a/server"


@pytest.fixture
def served(monkeypatch):
    """Every server card that is asked for is this one."""
    card = discovery.card(settings(), BuildInfo(), INTRODUCED, URL)
    card["remotes"][0]["supportedProtocolVersions"] = ["2025-11-25"]

    def get(address, **_options):
        found = address == f"{URL}mcp/server-card"
        return httpx.Response(200, json=card) if found else httpx.Response(404, text="<p>")

    monkeypatch.setattr(httpx, "get", get)


@pytest.mark.usefixtures("served")
def test_the_registry_is_told_the_same_under_a_name_of_ones_own():
    for url in (URL, f"{URL}mcp"):
        done = CliRunner().invoke(command_line, ["server-json", url, "--name", "io.github.me/p"])
        said = json.loads(done.output)
        assert said["name"] == "io.github.me/p"
        # By the registry's format, of which a card is a part.
        VALID.validate({**said, "$schema": discovery.SCHEMA})
        assert said["remotes"][0].keys() == {"type", "url", "headers"}
        assert said["$schema"].endswith("/server.schema.json")


@pytest.mark.usefixtures("served")
def test_what_cannot_be_published_is_refused(capsys):
    assert run(["server-json", URL, "--name", "me"]) == 1
    assert "write it like io.github.you/weather" in capsys.readouterr().err
    assert run(["server-json", "https://other.example.com"]) == 1
    assert "is no server card (HTTP status 404)" in capsys.readouterr().err
