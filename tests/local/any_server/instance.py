"""An instance of its own for a few requests, from an unpacked zip."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mesh.installation import VENV

WORKER = Path(__file__).with_name("worker.py")
LIMIT_SECONDS = 120


def answers(
    task: Path, calls: list[Any], fast_path: str, environment: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """What an instance answers, and whether it has imported FastMCP.

    Args:
        task: The unpacked zip.
        calls: Each a tool and its arguments, or a method and its parameters; and perhaps
            further headers.
        fast_path: `on` or `off`.
        environment: Further variables.

    Returns:
        `answers`, each with `status` and `body`; `fastmcp`; and `init_ms`, CPU time in
        milliseconds until the handler was imported.
    """
    variables = {
        "PATH": os.environ["PATH"],
        "LAMBDA_TASK_ROOT": str(task),
        "PYTHONPATH": os.pathsep.join([str(task), str(VENV / "lambda-runtime")]),
        "AWS_REGION": "us-east-1",
        "MESH_AUTH": "none",
        "MESH_FAST_PATH": fast_path,
        **(environment or {}),
    }
    found: dict[str, Any] = said(WORKER, calls, variables, task)
    return found


def said(
    program: Path, calls: list[Any], variables: Mapping[str, str], folder: Path, *arguments: str
) -> Any:
    """What a program writes to its file descriptor 3, in JSON.

    Args:
        program: Run by this Python without its packages.
        calls: What it reads from standard input, in JSON.
        variables: Its environment.
        folder: Where it runs.
        arguments: Its arguments.
    """
    read, write = os.pipe()
    run = f"runpy.run_path({str(program)!r}, run_name='__main__')"
    start = f"import os, runpy; os.dup2({write}, 3); {run}"
    try:
        done = subprocess.run(
            [sys.executable, "-S", "-c", start, *arguments],
            cwd=folder,
            env=variables,
            input=json.dumps(calls),
            capture_output=True,
            text=True,
            check=False,
            pass_fds=(write,),
            timeout=LIMIT_SECONDS,
        )
    finally:
        os.close(write)
    with os.fdopen(read) as told:
        text = told.read()
    if done.returncode:
        raise RuntimeError(f"{program.name} ends with {done.returncode}:\n{done.stderr[-2000:]}")
    return json.loads(text)
