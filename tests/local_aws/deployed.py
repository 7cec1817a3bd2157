"""Functions deployed with boto3 to a local AWS, called over HTTP."""

import contextlib
import io
import itertools
import platform
import socket
import time
import zipfile
from dataclasses import dataclass, field
from functools import cache
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import boto3
import httpx
import pytest
from botocore.config import Config

from mesh.local_aws.process import Running

HERE = {"x86_64": "x86_64", "aarch64": "arm64", "arm64": "arm64"}[platform.machine()]
ROLE = "arn:aws:iam::000000000000:role/function"
_numbers = itertools.count(1)


def zip_of(files: dict[str, str | bytes]) -> bytes:
    """A zip; what begins like a script is executable."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, content in files.items():
            entry = zipfile.ZipInfo(name, (2026, 1, 1, 0, 0, 0))
            script = content[:2] in ("#!", b"#!")
            entry.external_attr = (0o755 if script else 0o644) << 16
            archive.writestr(entry, content)
    return packed.getvalue()


@cache
def client(running: Running, service: Any, **credentials: str) -> Any:
    return boto3.client(
        service,
        endpoint_url=running.endpoint,
        region_name=running.region,
        aws_access_key_id=credentials.get("key", "test"),
        aws_secret_access_key=credentials.get("secret", "test"),
        aws_session_token=credentials.get("token"),
        config=Config(retries={"max_attempts": 1}),
    )


def wait_until(happened, seconds: float = 60.0) -> Any:
    """What `happened` returned, once it is true; the time is that after which to give up."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        found = happened()
        if found:
            return found
        time.sleep(0.02)
    pytest.fail(f"did not happen within {seconds} s")


def listening_addresses(pid: int) -> set[tuple[str, int]]:
    """Where a process listens for TCP connections: addresses and ports."""
    sockets = set()
    for descriptor in Path(f"/proc/{pid}/fd").iterdir():
        # It may be closed just now.
        with contextlib.suppress(FileNotFoundError):
            sockets.add(str(descriptor.readlink())[8:-1])
    found = set()
    for table in ("tcp", "tcp6"):
        for fields in map(str.split, Path(f"/proc/net/{table}").read_text().splitlines()[1:]):
            # Column 3 is the state; 0A is LISTEN.
            if fields[3] == "0A" and fields[9] in sockets:
                host, _, port = fields[1].partition(":")
                # Linux writes each group of four bytes as one number of this machine's order.
                words = [bytes.fromhex(host[n : n + 8])[::-1] for n in range(0, len(host), 8)]
                found.add((str(ip_address(b"".join(words))), int(port, 16)))
    return found


@dataclass(frozen=True)
class Gate:
    """Where functions wait until the test lets them go on: they run at one time, however slow."""

    listening: socket.socket
    waiting: list[socket.socket] = field(default_factory=list)

    @property
    def code(self) -> str:
        """Lines for a handler that waits here when it is asked for the path `/held`."""
        address = self.listening.getsockname()
        return (
            "if event['rawPath'] == '/held':\n"
            f"    import socket; socket.create_connection({address!r}, 60).recv(1)"
        )

    def wait_for(self, count: int) -> None:
        """Until so many are waiting."""
        while len(self.waiting) < count:
            self.waiting.append(self.listening.accept()[0])

    def open(self) -> None:
        """Let all go on."""
        while self.waiting:
            with self.waiting.pop() as told:
                told.send(b"!")


@dataclass(frozen=True)
class Function:
    """A deployed function with the alias `live`, and a URL on it if one was asked for."""

    running: Running
    name: str
    url: str

    @property
    def api(self) -> Any:
        return client(self.running, "lambda")

    def update(self, source: str) -> str:
        """Publish new code without moving the alias; the version."""
        published = self.api.update_function_code(
            FunctionName=self.name, ZipFile=zip_of({"handler.py": source}), Publish=True
        )
        return str(published["Version"])

    def move_alias(self, version: str, **weights: float) -> None:
        routing = {"AdditionalVersionWeights": {k.removeprefix("v"): w for k, w in weights.items()}}
        self.api.update_alias(
            FunctionName=self.name, Name="live", FunctionVersion=version, RoutingConfig=routing
        )

    def get(self, path: str = "", **options: Any) -> httpx.Response:
        return httpx.get(self.url + path, timeout=60, **options)

    def log_messages(self) -> list[str]:
        """None before the first are there: the group comes with them, a moment after the answer."""
        logs = client(self.running, "logs")
        pages = logs.get_paginator("filter_log_events")
        try:
            found = list(pages.paginate(logGroupName=f"/aws/lambda/{self.name}"))
        except logs.exceptions.ResourceNotFoundException:
            return []
        return [event["message"] for page in found for event in page["events"]]

    def log_text(self) -> str:
        return "\n".join(self.log_messages())

    def wait_for_log(self, text: str) -> str:
        return str(wait_until(lambda: (said := self.log_text()) and text in said and said))


def deploy(
    running: Running,
    source: str | bytes,
    *,
    files: dict[str, str | bytes] | None = None,
    auth: str | None = "NONE",
    granted: bool = True,
    name: str | None = None,
    **config: Any,
) -> Function:
    """A function with alias `live`, a URL on it (`auth` None: no URL) and both grants.

    Args:
        running: Where to.
        source: Of the module with the handler, or a whole zip.
        files: Further files beside the module.
        auth: The URL's.
        granted: Whether the URL may be called.
        name: The function's; a new one without it.
        config: Of the function, and `InvokeMode` of the URL.
    """
    mode = config.pop("InvokeMode", "BUFFERED")
    if isinstance(source, str):
        source = zip_of({"handler.py": source, **(files or {})})
    api = client(running, "lambda")
    name = name or f"function-{next(_numbers)}"
    created = api.create_function(
        FunctionName=name,
        Role=ROLE,
        Code={"ZipFile": source},
        Publish=True,
        **{
            "Runtime": "python3.13",
            "Handler": "handler.handler",
            "Architectures": [HERE],
            "Timeout": 10,
            **config,
        },
    )
    api.create_alias(FunctionName=name, Name="live", FunctionVersion=created["Version"])
    if auth is None:
        return Function(running, name, "")
    url = api.create_function_url_config(
        FunctionName=name, Qualifier="live", AuthType=auth, InvokeMode=mode
    )
    if granted:
        grant(api, name, auth)
    return Function(running, name, url["FunctionUrl"])


def deploy_zip(
    running: Running,
    code: bytes,
    *,
    mode: str = "BUFFERED",
    name: str | None = None,
    **variables: str,
) -> Function:
    """Deploy a zip that Mesh built, and wait until it answers.

    Args:
        running: Where to.
        code: The zip.
        mode: The Function URL's.
        name: The function's; a new one without it.
        variables: The function's environment.
    """
    function = deploy(
        running,
        code,
        name=name,
        Handler="mesh.runtime.handler.handler",
        MemorySize=512,
        Timeout=30,
        Environment={"Variables": variables},
        InvokeMode=mode,
    )
    # A busy machine may need more than the ten seconds that AWS gives an INIT.
    wait_until(lambda: function.get("health").is_success, seconds=120)
    return function


def grant(api: Any, name: str, auth: str = "NONE") -> None:
    """Both grants that a URL needs since October 2025."""
    to_alias = {"FunctionName": name, "Qualifier": "live", "Principal": "*"}
    api.add_permission(
        StatementId="url",
        Action="lambda:InvokeFunctionUrl",
        FunctionUrlAuthType=auth,
        **to_alias,
    )
    api.add_permission(
        StatementId="via-url",
        Action="lambda:InvokeFunction",
        InvokedViaFunctionUrl=True,
        **to_alias,
    )


ECHO = """
def handler(event, context):
    return event
"""
