"""`mesh connect`: clients' files get one entry, keep all else, and never hold a key needlessly."""

from __future__ import annotations

import json
import sys
import tomllib
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner, Result

from mesh.cli import command_line, run
from mesh.connect import formats, json_text
from mesh.connect.places import PLACES, path_of
from mesh.connect.refusal import BadTextError
from mesh.runtime import clients
from mesh.runtime.clients import Connection, Entry
from mesh.runtime.clients.connection import WAYS

URL = "https://abc.lambda-url.eu-west-1.on.aws/mcp"
KEY = "mesh_" + "k" * 43
ONE = Entry(("mcpServers",), {"url": URL})
# Each with its format, and what has to be there afterwards, byte for byte.
KEPT = {
    "json": """\
// Mine; hands off.
{
    "theme": "dark", // at night
    "mcpServers": {
        /* the first */
        "other": {"command": "x", "args": ["a,b", "}"]}, // "url": no
    },
    "last": [1, 2,],
}
""",
    "toml": """\
# Mine; hands off.
model = "o9"  # the best

[mcp_servers.other] # the first
command = 'x'
args = [ "a", "b" ]

[profiles.night]
theme = "dark"
""",
    "yaml": """\
# Mine; hands off.
GOOSE_MODEL: "best"  # the best
extensions:
  other:   # the first
    args:
      - 'a b'
      - c
    enabled: yes
last: [1, 2]
""",
}


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home without anything in it, on Linux."""
    for name in ("XDG_CONFIG_HOME", "CLAUDE_CONFIG_DIR", "CODEX_HOME", "MESH_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def connect(*words: str, key: str | None = None) -> Result:
    """One command line, for a server that is not asked."""
    known = ("--name", "my-server", "--auth", "api-key")
    variables = {"MESH_API_KEY": key}
    return CliRunner().invoke(command_line, ["connect", *words, *known], env=variables)


@pytest.mark.parametrize("form", ["json", "toml", "yaml"])
def test_what_else_stands_in_a_file_stays_as_it_is(form):
    under = {"json": "mcpServers", "toml": "mcp_servers", "yaml": "extensions"}[form]
    entry = Entry((under,), {"url": URL, "env": {"A": "b"}})
    before = KEPT[form]
    with_it = formats.changed(before, "my server", entry, form)
    there = formats.entries(with_it, entry, form)
    assert set(there) == {"other", "my server"}
    assert there["my server"] == entry.content
    # Every line of before is there, in its order.
    lines = iter(with_it.splitlines())
    assert all(any(line == found for found in lines) for line in before.splitlines())
    replaced = formats.changed(with_it, "my server", Entry((under,), {"url": "x"}), form)
    assert formats.entries(replaced, entry, form)["my server"] == {"url": "x"}
    assert formats.changed(replaced, "my server", entry, form, remove=True) == before


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{}",
        "{ }\n",
        '{"mcpServers": {}}',
        '{\n\t"a": 1\n}\n',
        '{"a": 1, }',
        '{"mcpServers": {"other": 1}}',
        '{\r\n  "mcpServers": {\r\n    "other": {} // note\r\n  }\r\n}\r\n',
        '\ufeff{"a": "\\"}{,"}',
        "{ // only a remark\n}",
    ],
)
def test_json_of_every_shape_takes_an_entry_and_loses_it_again(text):
    with_it = json_text.put(text, ("mcpServers", "new"), {"url": URL})
    expected = json_text.read(text)
    others = dict(expected.get("mcpServers", {}))
    assert json_text.read(with_it) == expected | {"mcpServers": others | {"new": {"url": URL}}}
    without = json_text.remove(with_it, ("mcpServers", "new"))
    assert json_text.read(without) == expected | {"mcpServers": others}
    assert ("\r\n" in text) == ("\r\n" in with_it)
    assert with_it.count("\n") - with_it.count("\r\n") in {0, with_it.count("\n")}


@pytest.mark.parametrize(
    ("form", "text", "said"),
    [
        ("json", '{\n  "a": 1\n  "b": 2\n}', "line 3, column 3: a comma or } was expected"),
        ("json", '{"a": nope}', "line 1, column 7: a value was expected"),
        ("json", '{"a": 1', "column 8"),
        ("json", "{} {}", "nothing more was expected"),
        ("json", "[]", "no table of names"),
        ("json", '{"mcpServers": []}', "mcpServers is no table"),
        ("toml", "a = ", "Invalid value"),
        ("toml", "mcpServers = 1", "no table"),
        ("yaml", "a: [1", "line"),
        ("yaml", "- a", "no table"),
    ],
)
def test_a_malformed_file_is_left_alone_and_the_place_is_named(tmp_path, capsys, form, text, said):
    slug = {"json": "cursor", "toml": "codex", "yaml": "goose"}[form]
    file = tmp_path / "file"
    make = clients.by_slug(slug).entry
    assert make is not None
    under = make(Connection(URL, "open")).under
    text = text.replace("mcpServers", under[0])
    file.write_text(text)
    words = ["connect", slug, URL, "--name", "x", "--auth", "none", "--file", str(file)]
    assert run(words) == 1
    error = capsys.readouterr().err
    assert "is left as it is" in error
    assert said.replace("mcpServers", under[0]) in error
    assert file.read_text() == text
    assert [*tmp_path.iterdir()] == [file]


@pytest.mark.parametrize("slug", sorted(PLACES.keys() - {"claude-desktop", "librechat"}))
def test_a_clients_own_file_names_the_variable_and_holds_no_key(home, slug):
    done = connect(slug, URL, key=KEY)
    assert done.exit_code == 0, done.output
    file = path_of(slug, None)
    assert file.is_relative_to(home)
    text = file.read_text()
    assert URL in text
    assert KEY not in text
    assert "MESH_API_KEY" in text or "${input:my-server-key}" in text
    assert connect(slug, URL).output.startswith(f"{file} has my-server already")
    assert connect(slug, "--remove").exit_code == 0
    assert URL not in file.read_text()


def test_files_are_in_the_form_that_their_clients_read(home):
    for slug in ("codex", "goose", "vs-code", "librechat", "claude-code"):
        assert connect(slug, URL, "--file", str(home / slug)).exit_code == 0
    codex = tomllib.loads((home / "codex").read_text())["mcp_servers"]["my-server"]
    assert codex == {"url": URL, "bearer_token_env_var": "MESH_API_KEY"}
    goose = yaml.safe_load((home / "goose").read_text())["extensions"]["my-server"]
    assert goose["type"] == "streamable_http"
    code = json.loads((home / "vs-code").read_text())
    assert [one["id"] for one in code["inputs"]] == ["my-server-key"]
    # Once, however often it is written; and gone with the server.
    assert connect("vs-code", URL, "--file", str(home / "vs-code")).exit_code == 0
    assert json.loads((home / "vs-code").read_text()) == code
    connect("vs-code", "--remove", "--file", str(home / "vs-code"))
    assert json.loads((home / "vs-code").read_text()) == {"inputs": [], "servers": {}}


def test_claude_desktops_file_holds_the_key_that_it_must(home, monkeypatch):
    assert "MESH_API_KEY is not set" in str(connect("claude-desktop", URL, "--file", "d").exception)
    shown = connect("claude-desktop", URL, "--file", "d", "--dry-run", key=KEY).output
    assert "<your API key>" in shown
    assert KEY not in shown
    assert not Path("d").exists()
    assert "keep it to yourself" in connect("claude-desktop", URL, "--file", "d", key=KEY).output
    assert f"Bearer {KEY}" in Path("d").read_text()
    assert Path("d").stat().st_mode & 0o077 == 0
    monkeypatch.setattr(sys, "platform", "darwin")
    assert "Application Support/Claude" in str(path_of("claude-desktop", None))


def test_what_was_there_is_kept_beside_and_links_stay_links(home):
    kept = home / "dotfiles.json"
    kept.write_text("{}\n")
    kept.chmod(0o640)
    (home / ".cursor").mkdir()
    link = home / ".cursor" / "mcp.json"
    link.symlink_to(kept)
    assert connect("cursor", URL).exit_code == 0
    assert link.is_symlink()
    assert kept.stat().st_mode & 0o777 == 0o640
    assert (home / "dotfiles.json.mesh-backup").read_text() == "{}\n"


def test_a_project_has_its_own_file(home):
    assert connect("claude-code", URL, "--project").exit_code == 0
    assert URL in (home / ".mcp.json").read_text()
    assert "one file for all projects" in str(connect("windsurf", URL, "--project").exception)
    assert "add --project" in str(connect("librechat", URL).exception)


def test_unknown_clients_and_servers_are_told(home, capsys):
    assert run(["connect", "emacs", URL]) == 2
    assert "it knows claude-code, claude-desktop, cursor" in " ".join(
        capsys.readouterr().err.split()
    )
    assert run(["connect", "chatgpt", URL]) == 2
    assert "#chatgpt" in capsys.readouterr().err
    assert run(["connect", "cursor", "--remove", "--name", "gone"]) == 1
    assert "has no server 'gone' to remove; it has none" in capsys.readouterr().err


def test_every_client_with_an_entry_has_a_place():
    assert {client.slug for client in clients.ALL if client.entry} == PLACES.keys()
    for slug in PLACES:
        make = clients.by_slug(slug).entry
        assert make is not None
        for way in WAYS:
            entry = make(Connection(URL, way))
            assert URL in json.dumps(entry.file("it"))
            with_it = formats.changed("", "it", entry, PLACES[slug].format)
            assert formats.entries(with_it, entry, PLACES[slug].format)["it"] == entry.content


def test_a_text_that_is_no_object_is_told():
    with pytest.raises(BadTextError, match="inputs is no list"):
        json_text.add('{"inputs": 1}', "inputs", {})
