"""Records a session with each real client: `python -m tests.clients.record [NAME ...]`.

Writes tests/clients/sessions/<name>.json, for tests that compare two ways of answering.
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path

from tests.clients.protocol_server import protocol_server
from tests.clients.real_clients import SESSIONS
from tests.clients.recorder import recording

FOLDER = Path(__file__).with_name("sessions")


def main(names: list[str]) -> None:
    """Record these clients' sessions, or all."""
    FOLDER.mkdir(exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as folder,
        protocol_server(Path(folder)) as server,
    ):
        for name in names or SESSIONS:
            session, protocol = SESSIONS[name]
            with recording(server.mcp_url.removesuffix("mcp")) as (recorder, url):
                seen = session(f"{url}mcp", server.key)
            recorded = {
                "client": name,
                "protocol": protocol or seen["protocol"],
                "requests": recorder.requests,
            }
            text = json.dumps(recorded, indent=1, ensure_ascii=False)
            assert server.key not in text
            (FOLDER / f"{name}.json").write_text(text + "\n")
            print(f"{name}: {len(recorder.requests)} requests")  # noqa: T201 - a command


if __name__ == "__main__":
    main(sys.argv[1:])
