"""Which events are measured, in which deployments."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from benchmarks.refusals.bodies import SHAPES, SIZES, TOO_LARGE
from benchmarks.starts.instance import Program
from benchmarks.starts.services import Services
from benchmarks.starts.subjects import by_domain, our_program
from benchmarks.starts.trees import Tree

HOST = {"host": "mesh.lambda-url.us-east-1.on.aws", "x-forwarded-proto": "https"}
JSON = {"content-type": "application/json", "accept": "application/json"}
WRONG = {"authorization": f"Bearer mesh_{'x' * 43}"}
ROUTES = (
    *(("POST", "/mcp"), ("POST", "/rpc"), ("GET", "/health"), ("GET", "/ready"), ("GET", "/")),
    *(("POST", "/health"), ("GET", "/nowhere")),
)
# With the same refusal: what else a stranger may choose, as far as Lambda lets it through.
HEADS: dict[str, dict[str, Any]] = {
    "as short as can be": {},
    "a header of 9 KB": {"headers": {"x-long": "a" * 9000}},
    "a credential of 9 KB": {"headers": {"authorization": "Bearer " + "a" * 9000}},
    "300 headers": {"headers": {f"x-{number:03}": "some value" for number in range(300)}},
    "200 cookies": {"cookies": [f"c{number}={'a' * 30}" for number in range(200)]},
    "a path of 8 KB": {"path": "/" + "a" * 8000},
    "a path of escapes": {"path": "/" + "%41" * 2600},
    "a query of 8 KB": {"query": "a=%41&" * 1300},
    "a trace of 8 KB": {"headers": {"x-amzn-trace-id": "Root=1-" * 1100}},
}
type Case = dict[str, Any]


@dataclass(frozen=True)
class Deployment:
    """A server that is measured.

    Attributes:
        name: In the tables.
        program: What it runs, and what its callers send.
        stranger: What everybody sends.
    """

    name: str
    program: Program
    stranger: Mapping[str, str]


def deployments(services: Services, tree: Tree) -> Iterator[Deployment]:
    """The fast way and the full one, with a domain and without, and with access tokens."""
    oauth = {"MESH_AUTH": "both", "MESH_OAUTH_ISSUER": "https://issuer.example.com"}
    for way, variables in (("fast", {}), ("full", {"MESH_FAST_PATH": "off"})):
        plain = our_program(services, tree, **variables)
        domain = by_domain(services, tree, **variables)
        tokens = our_program(services, tree, **variables, **oauth)
        for name, program, stranger in (
            ("", plain, {}),
            (", domain", domain, services.way),
            (", tokens", tokens, {}),
        ):
            environment = {
                **program.environment,
                # Without TLS: what is measured does not depend on it.
                "AWS_ENDPOINT_URL_SSM": services.plain_store.url,
                # Read once.
                "MESH_SECRETS_TTL_SECONDS": "3600",
                "AWS_ACCESS_KEY_ID": "test",
                "AWS_SECRET_ACCESS_KEY": "test",
                "AWS_REGION": "us-east-1",
                "HOME": "/tmp",
            }
            yield Deployment(f"{way}{name}", replace(program, environment=environment), stranger)


def _case(method: str, path: str, headers: Mapping[str, str], **more: Any) -> Case:
    return {
        "method": method,
        "path": path,
        "headers": {**HOST, **JSON, **headers},
        "shape": "plain text",
        "size": 0,
        "message": "ping",
        "loads": False,
        **more,
    }


def refusals(deployment: Deployment) -> list[Case]:
    """Every route, without a credential and with a wrong one, and every body; then every head."""
    made = [
        _case(
            method,
            path,
            {**deployment.stranger, **credential},
            shape=shape,
            size=size,
            group=f"{method} {path}, {kind}",
            body=f"{shape}, {name}",
        )
        for shape in SHAPES
        for name, size in (SIZES | TOO_LARGE).items()
        for method, path in ROUTES
        for kind, credential in (("no key", {}), ("wrong key", WRONG))
    ]
    for name, head in HEADS.items():
        case = _case("POST", "/mcp", deployment.stranger, group="heads", body=name)
        case["headers"] |= head.get("headers", {})
        made.append(case | {key: value for key, value in head.items() if key != "headers"})
    return made


def accepted(deployment: Deployment) -> list[Case]:
    """Calls and pings of a caller with a key, with every body."""
    return [
        _case(
            "POST",
            path,
            deployment.program.headers,
            shape=shape,
            size=size,
            message=message,
            loads=path == "/mcp",
            group=f"{path} {message}",
            body=name,
        )
        for shape in SHAPES
        for name, size in (SIZES | TOO_LARGE).items()
        for message in ("ping", "call")
        for path in ("/mcp", "/rpc")
    ]
