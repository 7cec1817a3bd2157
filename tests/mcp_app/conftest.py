"""A whole instance in this process: events in, Function URL responses out, no AWS."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from copy import replace
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from mcp_app.deployment import current, set_current
from mcp_app.knowledge.embedded.backend import EmbeddedBackend
from mcp_app.server import build_server
from mcp_app.settings import Settings, load
from mesh.runtime.access.api_keys import KeyRing, digest, generate
from mesh.runtime.config.settings import WITH_API_KEYS
from mesh.runtime.domain.origin_secret import OriginSecrets
from mesh.runtime.http.app import build_app
from mesh.runtime.http.instance import Instance
from tests.mcp_app.sample_index import write_sample_index

KEY = generate()


@dataclass(frozen=True)
class Reply:
    """A Function URL response, its body decoded."""

    status: int
    headers: dict[str, str]
    text: str

    @property
    def json(self) -> Any:
        return json.loads(self.text)

    @property
    def events(self) -> list[Any]:
        """The messages of an event stream."""
        lines = self.text.splitlines()
        return [json.loads(line[6:]) for line in lines if line.startswith("data: {")]


class Client:
    """Calls an instance as a Function URL does, with the API key unless told otherwise."""

    def __init__(self, answer: Callable[[dict[str, Any]], dict[str, Any]], key: str | None) -> None:
        self._answer = answer
        self.key = key

    def request(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        headers: dict[str, str] | None = None,
        iam_arn: str | None = None,
    ) -> Reply:
        sent = {"host": "abc.lambda-url.us-east-1.on.aws", "x-forwarded-proto": "https"}
        if self.key:
            sent["authorization"] = f"Bearer {self.key}"
        if body is not None:
            sent["content-type"] = "application/json"
        sent |= headers or {}
        context: dict[str, Any] = {
            "http": {"method": method, "path": path, "sourceIp": "192.0.2.1"}
        }
        if iam_arn:
            context["authorizer"] = {"iam": {"userArn": iam_arn}}
        event = {
            "version": "2.0",
            "rawPath": path,
            "rawQueryString": "",
            "headers": {name: value for name, value in sent.items() if value is not None},
            "requestContext": context,
            "isBase64Encoded": isinstance(body, bytes),
        }
        if isinstance(body, bytes):
            event["body"] = base64.b64encode(body).decode()
        elif body is not None:
            event["body"] = body if isinstance(body, str) else json.dumps(body)
        response = self._answer(event)
        text = response.get("body", "")
        if response["isBase64Encoded"]:
            text = base64.b64decode(text).decode()
        return Reply(response["statusCode"], response.get("headers", {}), text)

    def rpc(self, method: str, params: Any = None, path: str = "/rpc") -> Any:
        """The answer to one JSON-RPC request, checked to have come with 200."""
        message = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params or {}}
        reply = self.request("POST", path, message)
        assert reply.status == 200, reply
        return reply.json

    def call(self, tool: str, **arguments: Any) -> Any:
        """The structured result of a tool call that must succeed."""
        result = self.rpc("tools/call", {"name": tool, "arguments": arguments})["result"]
        assert not result.get("isError"), result
        return result["structuredContent"]


@pytest.fixture(scope="session")
def index(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An index over a small repository, two documents, a code file, one commit, and two tickets."""
    return write_sample_index(tmp_path_factory.mktemp("index"))


def settings_of(index: Path) -> Settings:
    """A deployment that takes API keys and answers from this index."""
    variables = {
        "MESH_API_KEYS_PARAMETER": "/mesh/test/api-keys",
        "MESH_ENVIRONMENT": "test",
        "MESH_ALLOWED_ORIGINS": "https://app.example.com",
    }
    return replace(load(variables), index=str(index), function_version="7")


@pytest.fixture(scope="session")
def settings(index) -> Settings:
    return settings_of(index)


def instance_of(
    settings: Settings, keys: Callable[[], str], origin: OriginSecrets | None = None
) -> Instance:
    """An instance of a deployment.

    Args:
        settings: What the deployment is.
        keys: Gives the document of the API keys.
        origin: What proves that requests came through a domain.
    """
    ring = KeyRing(keys, source="SSM parameter /p", ttl_seconds=60)
    backend = EmbeddedBackend(settings.index)
    app = build_app(
        build_server(settings, backend),
        settings,
        ring if settings.auth in WITH_API_KEYS else None,
        origin_secrets=origin,
    )
    return Instance(app)


@pytest.fixture(scope="session")
def new_instance():
    """Starts instances of given settings, and closes them at the end."""
    instances = []

    def start(
        settings: Settings,
        keys: Callable[[], str] | None = None,
        origin: OriginSecrets | None = None,
    ) -> Instance:
        entry = {"name": "tests", "sha256": digest(KEY), "last4": KEY[-4:], "created": "2026"}
        stored = json.dumps({"keys": [entry]})
        instance = instance_of(settings, keys or (lambda: stored), origin)
        instances.append(instance)
        return instance

    yield start
    for instance in instances:
        instance.close()


@pytest.fixture(scope="session")
def start_instance(new_instance):
    """Starts instances of given settings, to be called as a Function URL does."""

    def start(
        settings: Settings,
        keys: Callable[[], str] | None = None,
        origin: OriginSecrets | None = None,
    ) -> Client:
        instance = new_instance(settings, keys, origin)
        own = current()

        def answer(event: dict[str, Any]) -> Any:
            # One deployment is current in a process, and several instances are in this one.
            set_current(own)
            return instance.answer(event, None)

        return Client(answer, KEY)

    return start


@pytest.fixture(scope="session")
def client(start_instance, settings):
    return start_instance(settings)


@pytest.fixture
def stranger(client) -> Client:
    """The same instance, called without a key."""
    return Client(client._answer, None)
