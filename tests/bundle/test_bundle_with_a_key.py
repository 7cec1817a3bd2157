"""A key is checked over TLS without what makes that slow, in the bundle as it is deployed."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

from benchmarks.starts.authority import chain
from benchmarks.starts.parameter_store import ParameterStore
from mcp_app.api_keys import ApiKey, digest, generate, stored


def test_a_key_is_checked_without_the_library_s_tls_and_without_fastmcp(
    run_clean: Callable[..., subprocess.CompletedProcess[str]], tmp_path: Path
) -> None:
    key = generate()
    entry = stored(ApiKey("test", digest(key), key[-4:], created="2026-01-01T00:00:00+00:00"))
    root, server = chain()
    (tmp_path / "root.pem").write_bytes(root)
    (tmp_path / "server.pem").write_bytes(server)
    keys = {"/test/api-keys": json.dumps({"keys": [entry]})}
    with ParameterStore(keys, tmp_path / "server.pem") as store:
        variables = {
            "MESH_AUTH": "api_key",
            "MESH_API_KEYS_PARAMETER": "/test/api-keys",
            "AWS_ENDPOINT_URL_SSM": store.url,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_REGION": "us-east-1",
        }
        script = Path(__file__).with_name("with_a_key.py")
        done = run_clean(script, json.dumps(variables), key, str(tmp_path / "root.pem"))
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout.splitlines()[-1]) == {"status": 200, "heavy": []}
