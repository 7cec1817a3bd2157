"""One way of answering in a process of its own, as `ways.Way` starts it.

The first line of input says, in JSON, which way and what of: `way` (`fast`; `full`; or `alone`,
the fast path with nothing behind it), `settings` (pickled, in base64; None for those of the
environment), `keys` (the API keys that there are, as they are stored) and `runtime_api` (where
invocations come from and streamed answers go; None for neither). Each further line has
an `event`, and the `hashes` of a domain's secret. Each line of output has the `reply`, the
`lines` of the log, the `seconds` of CPU it took, and whether FastMCP is there. An empty line asks
for its `Memory`.
"""

from __future__ import annotations

import base64
import importlib
import json
import os
import pickle
import sys
import time
from typing import Any

from mcp_app import deployment
from mcp_app.settings import Settings, load
from mesh.runtime.access.api_keys import KeyRing
from mesh.runtime.access.key_ring import key_ring
from mesh.runtime.observability import logs
from tests.local.runtime.fast_path.live_memory import memory
from tests.local.runtime.fast_path.log_lines import kept
from tests.local.runtime.fast_path.pair import Context


class Hashes:
    """What the parameter with the origin secret's hashes holds."""

    def __init__(self) -> None:
        self.told: dict[str, Any] = {}

    def secrets(self) -> Any:
        """The `OriginSecrets` that are read from it."""
        from mesh.runtime.domain.origin_secret import (
            OriginSecrets,
            OriginSecretUnavailableError,
        )

        def read() -> str:
            if self.told["unavailable"] is not None:
                raise OriginSecretUnavailableError(self.told["unavailable"])
            return str(self.told["content"])

        return OriginSecrets(
            read, source="SSM parameter /o", ttl_seconds=60, clock=lambda: self.told["now"]
        )


def full_of(settings: Settings, ring: KeyRing | None) -> Any:
    """FastMCP's way, as `mesh.runtime.http.instance.start` makes it."""
    # First, as an instance does it.
    importlib.import_module("mesh.runtime.initialization")
    from mcp_app.server import build_server
    from mesh.runtime.concurrency import event_loop
    from mesh.runtime.http.app import build_app
    from mesh.runtime.http.instance import Instance

    backend = deployment.made(settings) or deployment.backend_of(settings)
    app = build_app(build_server(settings, backend), settings, ring)
    return Instance(app, event_loop.take())


def fast_of(
    settings: Settings, ring: KeyRing | None, hashes: Hashes, waiting: Any, full: Any
) -> Any:
    """The fast path, with something behind it."""
    from mesh.runtime.fast_path.domain import Domain
    from mesh.runtime.fast_path.front import Front

    domain = None
    if settings.origin_secret_parameter is not None:
        domain = Domain(str(settings.public_url), hashes.secrets())

    return Front(settings, ring, lambda *_: full(), domain, waiting).answer


def streaming_at(address: str) -> Any:
    """The runtime of streamed answers."""
    from mesh.runtime.streaming.main import Runtime
    from mesh.runtime.streaming.runtime_api import RuntimeApi

    return Runtime(RuntimeApi(address))


def main() -> None:
    """Answer what comes."""
    output, sys.stdout = sys.stdout, sys.stderr
    asked = json.loads(sys.stdin.readline())
    pickled = asked["settings"]
    settings = (
        load(os.environ) if pickled is None else pickle.loads(base64.b64decode(pickled))  # noqa: S301 - the test's
    )
    deployment.begin(settings)
    ring = None
    if asked["keys"] is not None and key_ring(settings) is not None:
        ring = KeyRing(lambda: asked["keys"], source="SSM parameter /p", ttl_seconds=600)
    hashes = Hashes()
    runtime = asked["runtime_api"] and streaming_at(asked["runtime_api"])

    def full() -> Any:
        if asked["way"] == "alone":
            return lambda _event, _context: None
        instance = full_of(settings, ring)
        return runtime.streamed(instance) if runtime else instance.answer

    if asked["way"] == "full":
        answer = full()
    else:
        answer = fast_of(settings, ring, hashes, runtime and runtime.waiting, full)
    if runtime:
        runtime.answer = answer
    # As INIT does it.
    logs.configure("INFO")
    lines = kept(with_way=True)

    def said(line: str) -> Any:
        # A function of its own: an event that is still held would count as memory in use.
        if line == "\n":
            return memory()
        given = json.loads(line)
        hashes.told = given["hashes"] or {}
        lines.taken()
        began = time.process_time()
        # A runtime has the event from elsewhere, and its reply goes there.
        reply = runtime.serve_one() if runtime else answer(given["event"], Context())
        return {
            "seconds": time.process_time() - began,
            "reply": reply,
            "lines": lines.taken(),
            "fastmcp": "fastmcp" in sys.modules,
        }

    for line in sys.stdin:
        output.write(json.dumps(said(line)) + "\n")
        output.flush()


if __name__ == "__main__":
    main()
