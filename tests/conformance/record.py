"""Records what the conformance suite sends: `python -m tests.conformance.record [RUN ...]`.

Writes tests/conformance/requests/<run>.json, for tests that compare two ways of answering.
"""

from __future__ import annotations

import copy
import json
import sys
import tempfile
from pathlib import Path

from tests.clients.recorder import Request, recording
from tests.conformance import suite
from tests.conformance.deployed import deployed

FOLDER = Path(__file__).with_name("requests")


def lasting(request: Request, address: str) -> str:
    """A request in JSON, without what is another at each run.

    Args:
        request: as it was recorded.
        address: the recorder's own, which the suite sends as an `Origin`.
    """
    request = copy.deepcopy(request)
    body = request.get("body")
    if isinstance(body, dict) and "requestState" in body.get("params", {}):
        # The server's own, sealed; the suite gives it back.
        body["params"]["requestState"] = "sealed"
    return json.dumps(request).replace(address, "http://127.0.0.1")


def distinct(requests: list[Request], address: str) -> list[Request]:
    """Each request once, whatever its number, in the order they came.

    The suite connects anew for every scenario.
    """
    found: dict[str, Request] = {}
    for request in requests:
        kept = json.loads(lasting(request, address))
        body = kept.get("body")
        if isinstance(body, dict) and "id" in body:
            body = {**body, "id": type(body["id"]).__name__}
        found.setdefault(json.dumps({**kept, "body": body}), kept)
    return list(found.values())


def main(names: list[str]) -> None:
    """Record these runs, or all."""
    FOLDER.mkdir(exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as folder,
        deployed(Path(folder), ["BUFFERED"]) as urls,
    ):
        for name in names or suite.RUNS:
            with recording(urls["BUFFERED"]) as (recorder, url):
                done = suite.run(name, f"{url}mcp")
            assert done.returncode == 0, done.stdout + done.stderr
            requests = distinct(recorder.requests, url.rstrip("/"))
            recorded = {"run": name, "requests": requests}
            text = json.dumps(recorded, indent=1, ensure_ascii=False)
            (FOLDER / f"{name}.json").write_text(text + "\n")
            print(f"{name}: {len(requests)} of {len(recorder.requests)} requests")  # noqa: T201 - a command


if __name__ == "__main__":
    main(sys.argv[1:])
