"""What the build recorded in the zip about itself, `build.json`."""

from __future__ import annotations

import json
import os
from functools import cache

from mesh import __version__
from mesh.runtime.config.settings import TASK_ROOT
from mesh.runtime.record import Record


class BuildInfo(Record):
    """Where the running code comes from.

    Attributes:
        version: The project's version.
        commit: The git commit, 40 hexadecimal digits; None when built outside a repository.
        dirty: The tree had changes that no commit holds.
        architecture: `arm64` or `x86_64`; None when running from a checkout.
        content_sha256: Digest of the zip's other entries, names and bytes; None from a checkout.
        server: Where the FastMCP server is, such as `server:mcp`.
        content_date: The latest date of what a build hook added, such as an index; None if unknown.
        example: A tool and its arguments, from the setting `smoke`; None where there is none.
    """

    version: str = __version__
    commit: str | None = None
    dirty: bool = False
    architecture: str | None = None
    content_sha256: str | None = None
    server: str = ""
    content_date: str | None = None
    example: dict[str, object] | None = None


@cache
def read(path: str = f"{TASK_ROOT}/build.json") -> BuildInfo:
    """The build's record, read once.

    Without a zip, as in tests, there is none: the server is the one that MESH_SERVER names.
    """
    try:
        # Not pathlib: it costs a cold start on the fast path 4 ms.
        with open(path, encoding="utf-8") as file:  # noqa: PTH123 - see above
            record = json.load(file)
    except FileNotFoundError:
        return BuildInfo(server=os.environ.get("MESH_SERVER", ""))
    return BuildInfo(
        version=record["version"],
        commit=record["commit"],
        dirty=record["dirty"],
        architecture=record["architecture"],
        content_sha256=record["content_sha256"],
        server=record["server"],
        content_date=record.get("content_date"),
        example=record.get("example"),
    )
