"""The project with the suite's fixtures in it, deployed to answer buffered and streamed."""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from aoma import build_hook as bundle
from aoma.build_hook import aoma
from mesh.build.environment import ROOT
from mesh.local_aws.process import Running, start, stop
from tests.local_aws.deployed import client, deploy_zip

FIXTURES = Path(__file__).with_name("fixtures")
STATE_KEY = "/conformance/state-key"
# What invoke_mode sets in Terraform: terraform/streaming.tf.
MODES = {
    "BUFFERED": {},
    "RESPONSE_STREAM": {"AWS_LAMBDA_EXEC_WRAPPER": "/var/task/mesh/runtime/bootstrap"},
}


def project_with_fixtures(root: Path, *folders: str) -> Path:
    """These folders of the project, the suite's tools, resources and prompts beside our own."""
    ignored = shutil.ignore_patterns("__pycache__")
    for name in ("mcp_app", "mesh", *folders):
        shutil.copytree(ROOT / name, root / name, ignore=ignored)
    for kind in ("tools", "resources", "prompts"):
        shutil.copy(FIXTURES / f"{kind}.py", root / "mcp_app" / kind / "conformance.py")
    return root


def _deploy(running: Running, name: str, code: bytes, mode: str) -> str:
    """The open Function URL of a new function with this zip."""
    settings = {
        "AOMA_BACKEND": "embedded",
        # Rounds of one call may reach several instances.
        "MESH_STATE_KEY_PARAMETER": STATE_KEY,
        **MODES[mode],
    }
    return deploy_zip(running, code, name=name, mode=mode, MESH_AUTH="none", **settings).url


@contextmanager
def deployed(folder: Path, modes: Iterable[str] = tuple(MODES)) -> Generator[dict[str, str]]:
    """Function URLs by how they answer, each open to everybody: the suite has no credential.

    Args:
        folder: empty; for state, log and zip.
        modes: those of `MODES` that are wanted.
    """
    running = start(folder / "state", endpoint_port=0, url_ports="0", log=folder / "log.txt")
    try:
        client(running, "ssm").put_parameter(
            Name=STATE_KEY, Value=secrets.token_hex(32), Type="SecureString"
        )
        root, target = folder / "project", folder / "mesh.zip"
        project_with_fixtures(root, "requirements", "docs")
        bundle.build(architecture="host", project=replace(aoma(), root=root), output=target)
        code = target.read_bytes()
        yield {mode: _deploy(running, mode.lower(), code, mode) for mode in modes}
    finally:
        stop(folder / "state")
