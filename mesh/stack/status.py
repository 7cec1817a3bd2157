"""`mesh status`: what of the stack runs on this machine."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from mesh.local_aws import LocalAwsError, process
from mesh.stack.local_aws_client import logs
from mesh.stack.request_ways import read_ways

if TYPE_CHECKING:
    from mesh.stack.stack import Stack


@dataclass(frozen=True)
class Status:
    """The stack at one moment; addresses and versions are None before they exist.

    Versions are those that the aliases point to now, as local AWS says, whoever moved them.
    `instances` and `requests` come from local AWS's `GET /_local_aws/status`. `ways` counts the
    requests in the function's log by what answered them: FastMCP or the fast path.
    """

    running: bool
    pid: int | None = None
    endpoint: str | None = None
    function_name: str | None = None
    function_url: str | None = None
    candidate_url: str | None = None
    live_version: str | None = None
    candidate_version: str | None = None
    versions: tuple[str, ...] = ()
    reserved_concurrency: int | None = None
    instances: tuple[dict[str, Any], ...] = ()
    requests: tuple[dict[str, Any], ...] = ()
    ways: dict[str, int] = field(default_factory=dict)


def status(here: Stack) -> Status:
    """Look at what runs; never waits longer than local AWS needs for one answer."""
    running = process.find(here.aws)
    if running is None:
        return Status(running=False)
    try:
        content = running.status()
    except LocalAwsError:
        return Status(running=False)
    outputs = here.read_outputs()
    name = outputs.get("function_name")
    function: dict[str, Any] = next((f for f in content["functions"] if f["name"] == name), {})
    urls = {url["qualifier"]: url["url"] for url in function.get("urls", [])}
    aliases = function.get("aliases", {})
    return Status(
        running=True,
        pid=running.pid,
        endpoint=running.endpoint,
        function_name=name,
        function_url=urls.get("live"),
        candidate_url=urls.get("candidate"),
        live_version=aliases.get("live"),
        candidate_version=aliases.get("candidate"),
        versions=tuple(function.get("versions", ())),
        reserved_concurrency=function.get("reserved_concurrency"),
        instances=tuple(content["instances"]),
        requests=tuple(content["requests"]),
        ways=read_ways(logs(running.environment), f"/aws/lambda/{name}") if name else {},
    )
