"""Plugins and bundles hold an address, ask for the key as a secret, and never have it."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import httpx
import pytest

from mesh.cli import run
from mesh.connect import bundles
from mesh.connect.bundles import Described
from mesh.runtime.clients import Connection

URL = "https://abc.lambda-url.eu-west-1.on.aws/mcp"
KEY = "mesh_" + "k" * 43


def server(way="api_key", name="Docs_1"):
    return Described(Connection(URL, way, name=name, key=KEY), "Docs", "Searches.", "1.2.3")


@pytest.fixture(autouse=True)
def _no_network(monkeypatch, tmp_path):
    def refuse(*_given, **_options):
        raise httpx.ConnectError("no network in unit tests")

    monkeypatch.setattr(httpx, "get", refuse)
    monkeypatch.setenv("MESH_API_KEY", KEY)
    monkeypatch.chdir(tmp_path)


def test_a_plugin_asks_for_the_key_as_a_secret():
    manifest = json.loads(bundles.plugin(server())[".claude-plugin/plugin.json"])
    assert manifest["userConfig"]["api_key"]["sensitive"] is True
    entry = manifest["mcpServers"]["Docs_1"]
    assert entry["headers"] == {"Authorization": "Bearer ${user_config.api_key}"}
    for way in ("oauth", "open", "iam"):
        other = json.loads(bundles.plugin(server(way))[".claude-plugin/plugin.json"])
        assert "userConfig" not in other
        assert URL in json.dumps(other["mcpServers"])


def test_a_bundle_hands_the_key_to_its_program_in_the_environment():
    manifest = json.loads(bundles.bundle(server())["manifest.json"])
    assert manifest["user_config"]["api_key"]["sensitive"] is True
    assert manifest["server"]["mcp_config"]["env"] == {
        "MCP_URL": URL,
        "MCP_API_KEY": "${user_config.api_key}",
    }
    assert "user_config" not in json.loads(bundles.bundle(server("open"))["manifest.json"])


def test_commands_write_them_and_no_key(capsys):
    given = [URL, "--name", "docs", "--auth", "api-key"]
    assert run(["bundle", "plugin", *given]) == 0
    assert run(["bundle", "mcpb", *given]) == 0
    assert "claude plugin install docs@docs" in capsys.readouterr().out
    files = [file for file in Path("docs-plugin").rglob("*") if file.is_file()]
    assert len(files) == 3
    with zipfile.ZipFile("docs.mcpb") as archive:
        packed = [archive.read(name).decode() for name in archive.namelist()]
    assert KEY not in "".join([*packed, *(file.read_text() for file in files)])
    before = Path("docs.mcpb").read_bytes()
    assert run(["bundle", "mcpb", *given]) == 0
    assert Path("docs.mcpb").read_bytes() == before
    # What somebody has changed by hand is not written over.
    assert run(["bundle", "plugin", *given]) == 1
    assert "name another with --output" in capsys.readouterr().err


def test_what_a_bundle_cannot_do_is_said(capsys):
    for auth, said in (("oauth", "custom connector"), ("iam", "mesh connect claude-desktop")):
        assert run(["bundle", "mcpb", URL, "--name", "x", "--auth", auth]) == 1
        assert said in capsys.readouterr().err
    assert run(["bundle", "mcpb", "https://silent.example.com"]) == 1
    assert "Say it with --auth" in capsys.readouterr().err
