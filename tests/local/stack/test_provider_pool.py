"""Runs of Terraform in tests share a provider's process, where sharing makes no difference."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from mesh.local_aws.process_identity import OWNER, identity
from tests.fixtures import provider_pool
from tests.fixtures.deployed import wait_until

# Says how to attach, as the provider does: https://developer.hashicorp.com/terraform/plugin/debugging
PROVIDER = """\
#!{python}
import json, os, signal, socket, sys
place = f"{folder}/{{os.getpid()}}.sock"
listening = socket.socket(socket.AF_UNIX)
listening.bind(place)
listening.listen()
told = {{"aws": {{"Pid": os.getpid(), "Addr": {{"String":place}}}}}}
print("TF_REATTACH_PROVIDERS='" + json.dumps(told, separators=(",", ":")) + "'", flush=True)
signal.pause()
"""
TERRAFORM = '#!/bin/sh\necho "$TF_REATTACH_PROVIDERS"\n'


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An initialised root, and a Terraform on PATH that says what it was told to attach to."""
    programs, root, pool = (tmp_path / name for name in ("programs", "root", "pool"))
    installed = provider_pool.PROVIDER.replace("*/*", "5.100.0/here").rstrip("*")
    provider = root / ".terraform" / installed
    for folder in (programs, provider.parent, pool):
        folder.mkdir(parents=True)
    provider.write_text(PROVIDER.format(python=sys.executable, folder=tmp_path))
    (programs / "terraform").write_text(TERRAFORM)
    for program in (provider, programs / "terraform"):
        program.chmod(0o755)
    monkeypatch.setenv("PATH", str(programs), prepend=os.pathsep)
    on_path = provider_pool.install(pool, f"{OWNER}={os.environ[OWNER]}")
    monkeypatch.setenv("PATH", str(on_path), prepend=os.pathsep)
    yield root
    provider_pool.end(pool)


def attached(root: Path, *arguments: str, **variables: str) -> str:
    """What a run was told to attach to; nothing where it starts a provider itself."""
    done = subprocess.run(
        ["terraform", f"-chdir={root}", *arguments],
        env=os.environ | variables,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


def test_runs_in_one_environment_share_a_process(root: Path) -> None:
    first = attached(root, "plan")
    assert "Pid" in first
    assert attached(root, "apply", "-auto-approve") == first
    assert attached(root, "show", "-json", "plan") == first


def test_other_credentials_have_a_process_of_their_own_and_the_unused_one_ends(root: Path) -> None:
    first = attached(root, "plan")
    second = attached(root, "plan", AWS_ACCESS_KEY_ID="somebody")
    assert second not in {"", first}
    assert attached(root, "plan") not in {"", first, second}
    ended = json.loads(first)["aws"]["Pid"]
    wait_until(lambda: identity(ended) is None)


def test_a_run_that_needs_a_provider_of_its_own_starts_it(root: Path, tmp_path: Path) -> None:
    assert attached(root, "init") == ""
    assert attached(root, "plan", "-var=region=eu-central-1") == ""
    assert attached(root, "plan", TF_VAR_region="eu-central-1") == ""
    # Not initialised: Terraform says so itself.
    assert attached(tmp_path / "pool", "plan") == ""
