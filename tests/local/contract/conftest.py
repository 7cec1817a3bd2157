"""The URLs under test: of a local AWS, or real ones that the command line names."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import httpx
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from mesh.local_aws.process import start, stop
from tests.fixtures.deployed import deploy

# As in README.md, for a real function.
TIMEOUT_SECONDS = 3
ORIGIN = "https://app.example"
CORS: dict[str, Any] = {
    "AllowOrigins": [ORIGIN],
    "AllowMethods": ["GET", "POST"],
    "AllowHeaders": ["Content-Type", "X-Team"],
    "ExposeHeaders": ["X-Shown"],
    "AllowCredentials": True,
    "MaxAge": 300,
}


def pytest_addoption(parser):
    group = parser.getgroup("contract", "a real Function URL instead of local AWS")
    group.addoption("--url", help="Function URL with auth NONE")
    group.addoption("--iam-url", help="Function URL with auth AWS_IAM; credentials as usual")


def pytest_configure(config):
    config.addinivalue_line(
        "markers", "only_on_aws(reason): AWS does this, and local AWS cannot; the reason is shown"
    )


def pytest_collection_modifyitems(config, items):
    if config.getoption("--url", None) or config.getoption("--iam-url", None):
        return
    for item in items:
        mark = item.get_closest_marker("only_on_aws")
        if mark is not None:
            item.add_marker(pytest.mark.skip(reason=f"cannot hold locally: {mark.args[0]}"))


@dataclass(frozen=True)
class Target:
    """A Function URL, and who signs requests to it."""

    url: str
    region: str
    credentials: Credentials

    def request(self, method: str, path: str = "", **options: Any) -> httpx.Response:
        # As a URL of its own: httpx must not tidy the path up.
        return httpx.request(method, httpx.URL(self.url + path), timeout=60, **options)

    def get(self, path: str = "", **options: Any) -> httpx.Response:
        return self.request("GET", path, **options)

    def post(self, path: str = "", **options: Any) -> httpx.Response:
        return self.request("POST", path, **options)

    def returning(self, result: Any, **options: Any) -> httpx.Response:
        """What the URL makes of a function's result."""
        headers = {"content-type": "application/json", **options.pop("headers", {})}
        return self.post("return", content=json.dumps(result), headers=headers, **options)

    def signed(
        self,
        path: str = "",
        *,
        method: str = "GET",
        body: bytes = b"",
        headers: dict[str, str] | None = None,
        **other: str,
    ) -> dict[str, str]:
        """Headers of a request, signed; `other` has key, secret, token, service, region."""
        own = self.credentials
        credentials = Credentials(
            other.get("key", own.access_key),
            other.get("secret", own.secret_key),
            other.get("token", own.token),
        )
        request = AWSRequest(method, self.url + path, data=body, headers=headers or {})
        service, region = other.get("service", "lambda"), other.get("region", self.region)
        SigV4Auth(credentials, service, region).add_auth(request)
        return dict(request.headers)


@pytest.fixture(scope="session")
def local(tmp_path_factory):
    """A local AWS of this run's own; only asked for when no URL is given."""
    folder = tmp_path_factory.mktemp("contract")
    running = start(folder / "state", endpoint_port=0, url_ports="0", log=folder / "log.txt")
    yield running
    stop(folder / "state")


def _target(request, option, auth):
    given = request.config.getoption(option, None)
    other = "--iam-url" if option == "--url" else "--url"
    if given:
        url = given.rstrip("/") + "/"
        named = re.search(r"\.lambda-url\.([a-z0-9-]+)\.on\.aws", url)
        session = boto3.Session()
        region = named[1] if named else session.region_name or "us-east-1"
        found = session.get_credentials()
        if found is None and auth == "AWS_IAM":
            pytest.fail(f"{option} needs AWS credentials, and none were found")
        return Target(url, region, found or Credentials("none", "none"))
    if request.config.getoption(other, None):
        pytest.skip(f"only {other} was given; this needs {option}")
    running = request.getfixturevalue("local")
    source = Path(__file__).with_name("handler.py").read_text()
    function = deploy(running, source, auth=auth, Timeout=TIMEOUT_SECONDS)
    function.api.update_function_url_config(FunctionName=function.name, Qualifier="live", Cors=CORS)
    return Target(function.url, running.region, Credentials("test", "test"))


@pytest.fixture(scope="session")
def url(request):
    """A Function URL that is open to everybody."""
    return _target(request, "--url", "NONE")


@pytest.fixture(scope="session")
def iam_url(request):
    """A Function URL that wants a signature."""
    return _target(request, "--iam-url", "AWS_IAM")
