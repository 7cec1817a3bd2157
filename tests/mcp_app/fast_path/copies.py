"""Both ways of a copy of this project with more in it, each event sent to both."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ops.bundle import fast_path
from ops.environment import ROOT

SECONDS = 300


def project_with(scratch: Path, tools: str) -> Path:
    """A copy of this project with one more module of tools, `mcp_app.tools.more`.

    Args:
        scratch: A folder.
        tools: The module's source.
    """
    root = scratch / "project"
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "mcp_app", root / "mcp_app", ignore=ignored)
    (root / "mcp_app" / "tools" / "more.py").write_text(tools)
    return root


@dataclass(frozen=True)
class Compared:
    """What came of it.

    Attributes:
        served: The events that the fast path answered, by their place.
        different: Event, the fast path's answer, and FastMCP's, where these are not the same;
            likewise their lines in the log.
        logged: What the log said of each that was answered, by its place.
    """

    served: frozenset[int]
    different: Sequence[Any]
    logged: Mapping[int, Any]


def compare(
    root: Path,
    made: fast_path.FastPath,
    index: Path,
    scratch: Path,
    events: Sequence[Any],
    keys: str | None = None,
    **variables: str,
) -> Compared:
    """Send these events to both ways, in a process of their own.

    Args:
        root: The copy.
        made: Its fast path.
        index: The knowledge index that it answers from.
        scratch: An empty folder.
        events: In the order they are sent.
        keys: The API keys that there are, as they are stored; None for a server that asks for none.
        variables: More of the deployment's environment.
    """
    lean, task = scratch / "lean", scratch / "task"
    for entry in made.entries:
        place = lean / entry.name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(entry.data)
    task.mkdir(parents=True)
    shutil.copy(index, task / "knowledge.sqlite3")
    done = subprocess.run(
        [sys.executable, "-m", "tests.mcp_app.fast_path.compare"],
        cwd=root,
        env={
            "PATH": os.defpath,
            "HOME": str(scratch),
            "PYTHONPATH": os.pathsep.join(map(str, (root, lean, ROOT))),
            "LAMBDA_TASK_ROOT": str(task),
            "MESH_LOG_LEVEL": "CRITICAL",
            "FASTMCP_LOG_ENABLED": "false",
            **variables,
        },
        input=json.dumps({"events": events, "keys": keys}),
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    logged = dict(zip(found["served"], found["logged"], strict=True))
    return Compared(frozenset(logged), found["different"], logged)
