"""The real root, released to a local AWS with a server of forty lines, so that releases are quick.

What a release does to live is under test here, not the server.
"""

from __future__ import annotations

import io
import json
import os
import subprocess
import zipfile
from copy import replace
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest

from mesh.build.environment import ROOT
from mesh.deploy.release.rollout import STEPS, Options, Released, release
from mesh.deploy.release.root import Root
from mesh.deploy.release.target import Target
from mesh.local_aws import host
from mesh.local_aws.process import Running
from mesh.progress import Steps
from mesh.smoke import credential
from mesh.stack import local_aws_client, terraform

KEY = "tests"
HANDLER = """\
import json


def handler(event, context):
    signed = event["requestContext"].get("authorizer")
    path, headers = event["rawPath"], event["headers"]
    if path == "/health":
        state = {"status": "ok", "name": "stand-in", "auth": "api_key"}
        return answer(200, state | {"function_version": context.function_version})
    if not signed and headers.get("authorization") != "Bearer %(key)s":
        return answer(401, {})
    %(broken)s
    if not event.get("body"):
        return answer(404, {})
    message = json.loads(event["body"])
    if "id" not in message:
        return answer(202, {})
    results = {
        "initialize": {"protocolVersion": "2025-11-25", "serverInfo": {"name": "stand-in"}},
        "tools/list": {"tools": []},
    }
    result = results.get(message["method"], {})
    return answer(200, {"jsonrpc": "2.0", "id": message["id"], "result": result})


def answer(status, body):
    headers = {"content-type": "application/json"}
    return {"statusCode": status, "headers": headers, "body": json.dumps(body)}
"""
FINE = "pass"
BROKEN = 'raise ValueError("broken")'
BROKEN_FOR_KEYS = f"if not signed: {BROKEN}"


@dataclass(frozen=True)
class Deployed:
    """A deployment, and the zip that the next release takes."""

    target: Target
    zip: Path
    running: Running

    def write(self, broken: str = FINE, *, note: str = "") -> None:
        """Write the zip of a version that does this with requests to its tools."""
        handler = HANDLER % {"key": KEY, "broken": broken} + f"# {note}\n"
        with zipfile.ZipFile(self.zip, "w") as archive:
            archive.writestr(zipfile.ZipInfo("mesh/runtime/handler.py"), handler)

    def release(self, **options: Any) -> Released:
        """Release the zip."""
        steps = Steps(STEPS, io.StringIO())
        return release(self.target, Options(**{"deadline_seconds": 30, **options}), steps)

    def given(self, *allowed: str, **values: object) -> Deployed:
        """The same, with values of variables, and what the guard finds at addresses allowed."""
        variables = {
            f"TF_VAR_{name}": value if isinstance(value, str) else json.dumps(value)
            for name, value in values.items()
        }
        root = self.target.root
        root = replace(root, allowed=allowed, variables={**root.variables, **variables})
        return replace(self, target=replace(self.target, root=root))

    def client(self, service: str) -> Any:
        """A client of this AWS."""
        return local_aws_client.client(service, self.running.environment)

    @property
    def function(self) -> str:
        """The function's name."""
        return str(self.target.root.outputs()["function_name"])

    @property
    def live(self) -> str:
        """The version that the alias leads to."""
        return self.alias_of(self.function)

    def alias_of(self, function: str) -> str:
        """The version that a function's live alias leads to, without asking Terraform's state."""
        alias = self.client("lambda").get_alias(FunctionName=function, Name="live")
        return str(alias["FunctionVersion"])

    def answers(self) -> int:
        """The status of a call with the key at the live address."""
        return self.answers_at(self.target.root.outputs()["mcp_url"])

    def answers_at(self, url: str) -> int:
        """The status of a call with the key at an `/mcp`."""
        ping = {"jsonrpc": "2.0", "id": 1, "method": "ping"}
        authorization = {"Authorization": f"Bearer {KEY}"}
        return httpx.post(url, json=ping, headers=authorization, timeout=60).status_code

    def changes(self, *arguments: str) -> str:
        """What a plan would change, in Terraform's words; empty when nothing."""
        root = self.target.root
        command = ["terraform", f"-chdir={root.folder}", "plan", "-detailed-exitcode"]
        done = subprocess.run(
            [*command, "-input=false", "-no-color", *root.arguments, *arguments],
            env=dict(root.variables),
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode in {0, 2}, done.stdout + done.stderr
        return done.stdout if done.returncode else ""


@pytest.fixture
def new(aws: Running, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Deployed:
    """The root with a zip, not applied yet."""
    zip_file = tmp_path / "function.zip"
    monkeypatch.setenv("TF_VAR_architecture", host.architecture())
    monkeypatch.setenv("TF_VAR_zip_path", str(zip_file))
    monkeypatch.setenv("TF_VAR_environment", "test")
    root = Root(
        folder=ROOT / "terraform",
        variables=terraform.environment(tmp_path / "terraform-data", base=dict(os.environ)),
        arguments=(f"-state={tmp_path / 'terraform.tfstate'}",),
        log=tmp_path / "terraform.log",
    )
    root.run("init", "-input=false", "-lockfile=readonly")
    signature = credential.SigV4(local_aws_client.credentials(aws.environment), aws.region)
    target = Target(
        root=root,
        where="local AWS",
        client=partial(local_aws_client.client, aws=aws.environment),
        sign=lambda _: signature,
        key=KEY,
    )
    made = Deployed(target, zip_file, aws)
    made.write()
    return made


@pytest.fixture
def deployed(new: Deployed) -> Deployed:
    """The same, released once: version 1 is live."""
    assert new.release().version == "1"
    return new
