"""Callers are checked over TLS without what makes that slow, in the bundle as it is deployed."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from benchmarks.starts.authority import chain
from benchmarks.starts.parameter_store import ParameterStore
from mcp_app import origin_secret
from mcp_app.api_keys import ApiKey, digest, generate, stored


@pytest.mark.parametrize(
    ("domain", "questions"),
    [
        ({}, ["AmazonSSM.GetParameter"]),
        # Both are asked for at one time.
        (
            {
                "MESH_PUBLIC_URL": "https://mesh.example.com/",
                "MESH_ORIGIN_SECRET_PARAMETER": "/test/origin-secret",
            },
            ["AmazonSSM.GetParameters"],
        ),
    ],
    ids=["key", "key and domain"],
)
def test_a_key_is_checked_without_the_library_s_tls_and_without_fastmcp(
    run_clean: Callable[..., subprocess.CompletedProcess[str]],
    tmp_path: Path,
    domain: dict[str, str],
    questions: list[str],
) -> None:
    key = generate()
    entry = stored(ApiKey("test", digest(key), key[-4:], created="2026-01-01T00:00:00+00:00"))
    root, server = chain()
    (tmp_path / "root.pem").write_bytes(root)
    (tmp_path / "server.pem").write_bytes(server)
    way = {"sha256": origin_secret.digest("through"), "created": "2026-01-01T00:00:00+00:00"}
    values = {
        "/test/api-keys": json.dumps({"keys": [entry]}),
        "/test/origin-secret": json.dumps({"secrets": [way]}),
    }
    headers = {"authorization": f"Bearer {key}", origin_secret.HEADER: "through"}
    with ParameterStore(values, tmp_path / "server.pem") as store:
        variables = {
            "MESH_AUTH": "api_key",
            "MESH_API_KEYS_PARAMETER": "/test/api-keys",
            "AWS_ENDPOINT_URL_SSM": store.url,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_REGION": "us-east-1",
            **domain,
        }
        script = Path(__file__).with_name("with_a_key.py")
        given = json.dumps(variables), json.dumps(headers)
        done = run_clean(script, *given, str(tmp_path / "root.pem"))
        asked = list(store.requests)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout.splitlines()[-1]) == {"status": 200, "heavy": []}
    assert asked == questions
