"""Any FastMCP server is deployed by `mesh up` from a folder of its own, and from nothing else."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from mesh.build.environment import ROOT
from mesh.installation import BIN
from mesh.local_aws import process
from mesh.stack import local_aws_client
from mesh.stack.stack import Stack
from tests.fixtures.signing_in import SignInIssuer

RPC = {"jsonrpc": "2.0", "id": 1}


@dataclass(frozen=True)
class Folder:
    """An author's folder, and the `mesh` command in it."""

    root: Path

    def mesh(self, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [str(BIN / "mesh"), *arguments],
            cwd=self.root,
            env=os.environ | variables,
            capture_output=True,
            text=True,
            check=False,
        )

    def up(self, *arguments: str, **variables: str) -> str:
        done = self.mesh("up", *arguments, **variables)
        assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
        return done.stdout

    def stop(self) -> None:
        """End local AWS; what is deployed there ends with it."""
        process.stop(Stack(self.root).aws)

    @property
    def variables(self) -> dict[str, str]:
        return Stack(self.root).read_environment()

    def post(self, path: str, method: str, **params: object) -> dict[str, object]:
        variables = self.variables
        answer = httpx.post(
            f"{variables['MESH_URL']}{path}",
            headers={"Authorization": f"Bearer {variables['MESH_API_KEY']}"},
            json={**RPC, "method": method, "params": params},
            timeout=60,
        )
        assert answer.status_code == 200, answer.text
        result: dict[str, object] = answer.json()["result"]
        return result

    def call(self, tool: str, **arguments: object) -> object:
        result = self.post("rpc", "tools/call", name=tool, arguments=arguments)
        structured = result["structuredContent"]
        assert isinstance(structured, dict)
        return structured["result"]


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Folder]:
    """A folder with nothing but examples/hello."""
    root = tmp_path / "greetings"
    shutil.copytree(ROOT / "examples" / "hello", root)
    made = Folder(root)
    yield made
    made.stop()


@pytest.mark.promise("`mesh up server.py` runs any FastMCP server")
def test_a_plain_server_is_up_with_one_command(folder: Folder) -> None:
    before = {path for path in (ROOT / "terraform").iterdir() if path.name != ".terraform"}
    said = folder.up("server.py")

    # The smoke test called a tool of this server, and so does the line to paste.
    assert re.search(r"live 5 checks, candidate 5 checks; \d+ fast\)", said)
    assert '"name":"now","arguments":{}' in said
    assert "claude mcp add --transport http greetings " in said
    assert "aoma" not in said.lower()
    assert folder.variables["MESH_URL"] in said

    listed = folder.post("mcp", "tools/list")["tools"]
    assert isinstance(listed, list)
    assert [tool["name"] for tool in listed] == ["now", "hello", "add"]
    assert str(folder.call("hello", name="Ada")).startswith("Hello, Ada! This is Python 3.13")
    assert folder.call("add", numbers=[1, 2.5]) == 3.5
    refused = httpx.post(f"{folder.variables['MESH_URL']}mcp", json=RPC, timeout=60)
    assert refused.status_code == 401

    # Everything it keeps is in `.mesh`; Python keeps bytecode of what the build imports.
    names = {path.name for path in folder.root.iterdir()}
    assert names - {"__pycache__"} == {"server.py", ".mesh"}
    assert {p for p in (ROOT / "terraform").iterdir() if p.name != ".terraform"} == before
    status = json.loads(folder.mesh("status", "--json").stdout)
    assert status["function_name"] == "greetings-local"
    assert status["function_url"] == folder.variables["MESH_URL"]

    # The other commands are about this server, too.
    smoke = folder.mesh("smoke")
    assert smoke.returncode == 0, smoke.stdout
    assert "3 tools" in smoke.stdout
    logs = folder.mesh("logs")
    assert "hello" in logs.stdout
    created = folder.mesh("keys", "create", "somebody")
    assert created.returncode == 0, created.stderr
    narrow = folder.mesh("keys", "create", "narrow", "--tool", "helo", "--tool", "add")
    assert narrow.returncode == 0, narrow.stderr
    assert "warning: the server has no tool helo. The key is made" in narrow.stderr
    known = folder.mesh("keys", "create", "known", "--tool", "hello")
    assert "warning" not in known.stderr

    # After an edit, at the same address.
    server = folder.root / "server.py"
    server.write_text(server.read_text().replace("Hello, {name}", "Good evening, {name}"))
    address = folder.variables["MESH_URL"]
    assert "version 2 is live" in folder.up()
    assert folder.variables["MESH_URL"] == address
    assert str(folder.call("hello", name="Ada")).startswith("Good evening, Ada!")

    # Down, nothing of it runs or is kept.
    down = folder.mesh("down")
    assert down.returncode == 0, down.stderr
    assert process.find(Stack(folder.root).aws) is None
    assert not (folder.root / ".mesh" / "local").exists()


def test_settings_packages_and_the_configured_call_are_used(folder: Folder) -> None:
    (folder.root / "server.py").write_text(
        "import inspect\n\nimport pyfiglet\nfrom fastmcp import FastMCP\n\n"
        'art = FastMCP("Art")\n\n\n@art.tool\ndef draw(text: str) -> str:\n'
        "    return pyfiglet.figlet_format(text, font='slant')\n\n\n"
        "@art.tool\ndef source() -> str:\n    return inspect.getsource(pyfiglet.Figlet)\n"
    )
    (folder.root / "pyproject.toml").write_text(
        '[project]\nname = "drawings"\nversion = "1.2"\ndependencies = ["pyfiglet"]\n'
        '[tool.mesh]\nsmoke = { tool = "draw", arguments = { text = "Hi" } }\n'
    )
    said = folder.up(TF_VAR_name="shop-desk")

    assert '"name":"draw","arguments":{"text":"Hi"}' in said
    status = json.loads(folder.mesh("status", "--json").stdout)
    assert status["function_name"] == "shop-desk-local"
    assert "class Figlet" in str(folder.call("source"))
    assert "/" in str(folder.call("draw", text="Hi"))
    config = folder.mesh("config", TF_VAR_name="shop-desk").stdout
    for words in ("server:art", "TF_VAR_name", "pyproject.toml [project]", "draw"):
        assert words in config


@pytest.mark.parametrize(
    ("file", "content", "said"),
    [
        ("requirements.txt", "fastmcp==3.4.10\n", "Mesh runs servers with fastmcp >=4.0,<4.3"),
        ("mesh.toml", "nmae = 'x'\n", "Did you mean name?"),
        ("mcp.py", "", "Rename it"),
    ],
)
def test_what_cannot_be_deployed_is_said_before_terraform_runs(
    folder: Folder, file: str, content: str, said: str
) -> None:
    (folder.root / file).write_text(content)
    done = folder.mesh("up")
    assert done.returncode == 1
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert not (folder.root / ".mesh" / "local").exists()


def test_an_unknown_variable_of_terraform_is_refused(folder: Folder) -> None:
    done = folder.mesh("up", TF_VAR_nmae="shop")
    assert done.returncode == 1
    assert "Did you mean TF_VAR_name?" in done.stderr


def test_a_value_that_terraform_refuses_is_the_whole_error(folder: Folder) -> None:
    done = folder.mesh("up", TF_VAR_memory_mb="1")
    assert done.returncode == 1
    assert "memory_mb" in done.stderr
    # Nothing has to be made again.
    assert "start afresh" not in done.stderr


def test_a_server_that_takes_access_tokens_alone_is_up_and_its_issuer_is_asked(
    folder: Folder,
) -> None:
    with SignInIssuer() as issuer:
        oauth = {"TF_VAR_api_keys": "false", "TF_VAR_oauth_issuer": issuer.url}
        said = folder.up(**oauth)
        assert f"none is taken; access tokens of {issuer.url} are" in said
        assert "live 2 checks, candidate 5 checks" in said
        assert folder.variables["MESH_API_KEY"] not in said
        assert "sign-in," not in said
        doctor = folder.mesh("doctor", "auth", "--json", folder.variables["MESH_URL"])
        answers = json.loads(doctor.stdout)["answers"]
        assert answers["function"]["state"] == answers["call"]["state"] == "ok", answers
    # Nobody listens there any more.
    told = " ".join(folder.up(**oauth).split())
    assert "sign-in, issuer: its metadata cannot be read" in told
    assert "connection refused" in told


READS_ON_IMPORT = """\
import os

from fastmcp import FastMCP

mcp = FastMCP("Shop")
PLACE = os.environ["SHOP_PLACE"]


@mcp.tool(annotations={"readOnlyHint": True}, description=f"Where the shop of {PLACE} is.")
def place() -> str:
    return PLACE
"""


def test_a_variable_that_is_read_on_import_is_taken_from_the_values(folder: Folder) -> None:
    (folder.root / "server.py").write_text(READS_ON_IMPORT)
    done = folder.mesh("up")
    assert done.returncode == 1
    assert "KeyError: 'SHOP_PLACE'. Set it in `environment_variables`" in done.stderr

    for name, place in (("local", "Rome"), ("production", "Oslo")):
        (folder.root / f"{name}.tfvars").write_text(
            f'environment_variables = {{\n  SHOP_PLACE = "{place}"\n}}\nmemory_mb = 512\n'
        )
    assert re.search(r"\d+ fast\)", folder.up())
    assert folder.call("place") == "Rome"
    listed = folder.post("mcp", "tools/list")["tools"]
    assert isinstance(listed, list)
    assert listed[0]["description"] == "Where the shop of Rome is."

    built = folder.mesh("build", "--environment", "production", "--architecture", "host")
    assert built.returncode == 0, built.stderr
    (made,) = (folder.root / ".mesh" / "dist").glob("mesh-*.zip")
    with zipfile.ZipFile(made) as opened:
        assert b"Where the shop of Oslo is." in opened.read("mesh/runtime/fast_path/listed.pyc")


LARGE = '''

@mcp.tool
def size() -> int:
    """How many bytes the data has."""
    return pathlib.Path(__file__).with_name("data.bin").stat().st_size
'''


def test_a_zip_over_50_mb_goes_through_a_bucket(folder: Folder) -> None:
    data = folder.root / "data.bin"
    # Random bytes do not become smaller.
    data.write_bytes(os.urandom(55 * 1024 * 1024))
    server = folder.root / "server.py"
    server.write_text(f"import pathlib\n{server.read_text()}{LARGE}")

    said = folder.up()

    assert "Lambda takes a zip over 50 MB only from S3" in " ".join(said.split())
    assert folder.call("size") == data.stat().st_size
    s3 = local_aws_client.client("s3", folder.variables)
    put = s3.head_object(Bucket="mesh-zips", Key="zips/greetings-local.zip")
    assert put["ContentLength"] > 55 * 1024 * 1024

    # Another zip at the same place is another version.
    server.write_text(server.read_text().replace("Hello, {name}", "Good evening, {name}"))
    assert "version 2 is live" in folder.up()
    assert str(folder.call("hello", name="Ada")).startswith("Good evening, Ada!")

    # Small again, it goes to Lambda directly, at the same address.
    address = folder.variables["MESH_URL"]
    data.write_bytes(b"small")
    assert "version 3 is live" in folder.up()
    assert folder.variables["MESH_URL"] == address
    assert folder.call("size") == 5
