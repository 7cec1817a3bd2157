"""The function at CloudFront's edge, run by Node.js with a key value store of the test's own."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from mesh.build.environment import ROOT
from mesh.credentials.origin_secret import KEY
from mesh.runtime.domain.origin_secret import HEADER, VIEWER_HEADER
from tests.fixtures import node

MODULE = ROOT / "terraform" / "modules" / "custom_domain" / "viewer_request.tf"
SOURCE = re.compile(r"<<-JAVASCRIPT\n(.*)^ *JAVASCRIPT$", re.DOTALL | re.MULTILINE)
# CloudFront's own module, whose `get` fails for a key that there is not.
# https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/functions-custom-methods.html
STORE = """
const values = JSON.parse(process.env.STORE);
export default {
  kvs: () => ({
    get: async (key) => {
      if (!(key in values)) throw new Error('KeyNotFound');
      return values[key];
    },
  }),
};
"""
RUN = """
import { handler } from './function.mjs';
console.log(JSON.stringify(await handler(JSON.parse(process.argv[2]))));
"""
SECRET = "mesh_origin_tested"


@pytest.fixture
def edge(tmp_path: Path):
    """Runs the function for a request, with what the store holds."""
    module = tmp_path / "node_modules" / "cloudfront"
    module.mkdir(parents=True)
    (module / "package.json").write_text('{"type": "module", "main": "index.js"}')
    (module / "index.js").write_text(STORE)
    # CloudFront finds the handler by its name; here it is asked for.
    (source,) = SOURCE.findall(MODULE.read_text())
    (tmp_path / "function.mjs").write_text(source + "\nexport { handler };\n")
    (tmp_path / "run.mjs").write_text(RUN)

    def run(store: dict[str, str], **headers: Any) -> Any:
        request = {"method": "POST", "uri": "/mcp", "querystring": {}, "headers": headers}
        event = {"version": "1.0", "viewer": {"ip": "203.0.113.9"}, "request": request}
        done = subprocess.run(
            [node.node(), "run.mjs", json.dumps(event)],
            cwd=tmp_path,
            env=node.environment() | {"STORE": json.dumps(store)},
            capture_output=True,
            text=True,
            check=True,
        )
        return json.loads(done.stdout)

    return run


def test_a_request_goes_on_with_the_secret_and_the_viewers_address(edge: Any) -> None:
    sent = {"authorization": {"value": "Bearer k"}}
    request = edge({KEY: SECRET}, **sent)
    assert request["headers"] == {
        "authorization": {"value": "Bearer k"},
        HEADER: {"value": SECRET},
        VIEWER_HEADER: {"value": "203.0.113.9"},
    }
    assert (request["method"], request["uri"]) == ("POST", "/mcp")


def test_what_the_viewer_sent_under_these_names_is_gone(edge: Any) -> None:
    guess = {"value": "guess", "multiValue": [{"value": "guess"}, {"value": "again"}]}
    request = edge({KEY: SECRET}, **{HEADER: guess, VIEWER_HEADER: guess})
    assert request["headers"] == {
        HEADER: {"value": SECRET},
        VIEWER_HEADER: {"value": "203.0.113.9"},
    }


def test_without_a_secret_nothing_goes_on(edge: Any) -> None:
    answer = edge({})
    assert answer["statusCode"] == 503
    assert "mesh domain rotate" in json.loads(answer["body"])["error"]["message"]
