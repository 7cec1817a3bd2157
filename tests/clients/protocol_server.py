"""This project's own zip behind a Function URL that takes an API key, for MCP's clients."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from aoma import build_hook as bundle
from mcp_app.resource_handlers import PAGE
from mesh.build.environment import ROOT
from mesh.credentials import api_keys
from mesh.local_aws.process import start, stop
from mesh.runtime.access.api_keys import generate
from tests.local_aws.deployed import HERE, ROLE, client, grant, wait_until

PARAMETER = "/clients/api-keys"
# More than a page of them.
DOCUMENTS = PAGE + 30


@dataclass(frozen=True)
class ProtocolServer:
    """The address of `/mcp`, and the key that it takes."""

    mcp_url: str
    key: str


@contextmanager
def protocol_server(folder: Path) -> Generator[ProtocolServer]:
    """Build, start and deploy; all of it ends with the context.

    Args:
        folder: empty; for state, log and zip.
    """
    running = start(folder / "state", endpoint_port=0, url_ports="0", log=folder / "log.txt")
    try:
        target, many = folder / "mesh.zip", folder / "many"
        many.mkdir()
        for number in range(DOCUMENTS):
            (many / f"note-{number:03}.md").write_text(f"# Note {number}\n\nNothing much.\n")
        bundle.build(architecture="host", output=target, documents=[ROOT / "docs", many])
        api, key = client(running, "lambda"), generate()
        ssm = client(running, "ssm")
        ssm.put_parameter(Name=PARAMETER, Value="{}", Type="SecureString")
        api_keys.store(api_keys.Parameter(ssm, PARAMETER), "clients", key)
        created = api.create_function(
            FunctionName="mesh",
            Role=ROLE,
            Runtime="python3.13",
            Handler="mesh.runtime.handler.handler",
            Architectures=[HERE],
            MemorySize=512,
            Timeout=30,
            Code={"ZipFile": target.read_bytes()},
            Environment={
                "Variables": {"AOMA_BACKEND": "embedded", "MESH_API_KEYS_PARAMETER": PARAMETER}
            },
            Publish=True,
        )
        api.create_alias(FunctionName="mesh", Name="live", FunctionVersion=created["Version"])
        url = api.create_function_url_config(FunctionName="mesh", Qualifier="live", AuthType="NONE")
        grant(api, "mesh")
        # Warm: clients that ask which protocol is spoken do not wait long for the answer.
        health = f"{url['FunctionUrl']}health"
        # A busy machine may need more than the ten seconds that AWS gives an INIT.
        wait_until(lambda: httpx.get(health, timeout=60).is_success, seconds=120)
        yield ProtocolServer(f"{url['FunctionUrl']}mcp", key)
    finally:
        stop(folder / "state")
