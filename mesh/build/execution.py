"""Executes a zip as Lambda does, on this machine: `python -I -S execution.py ZIP`.

Standard library only, and nothing else of Mesh: what runs comes from the zip. The interpreter has
to be that of the zip's Python version and processor. Asks for the health, the list of tools and the
call that its settings name, then for something that FastMCP answers, and imports every native
library. Prints one JSON object; the exit status is 1 when anything failed.
"""

from __future__ import annotations

import base64
import ctypes
import importlib
import json
import os
import sys
import tempfile
import time
import zipfile
from pathlib import Path
from typing import Any

OK = 200
HANDLER = "mesh.runtime.handler"
# Lambda's own variables that the runtime reads, and those of a server that lets everybody in.
VARIABLES = {
    "AWS_EXECUTION_ENV": "AWS_Lambda_python3.13",
    "AWS_LAMBDA_FUNCTION_NAME": "execution",
    "AWS_REGION": "us-east-1",
    "MESH_AUTH": "none",
    "MESH_ENVIRONMENT": "execution",
}


class FailedError(Exception):
    """The zip does not do what it has to; the text says what."""


class Zip:
    """An unpacked zip whose handler is imported, as in an instance after INIT."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.record: dict[str, Any] = json.loads((folder / "build.json").read_text())
        os.environ.update(VARIABLES, LAMBDA_TASK_ROOT=str(folder), MESH_NAME=self.record["name"])
        sys.path.insert(0, str(folder))
        began = _clock()
        self.handler = importlib.import_module(HANDLER).handler
        self.init = _since(began)

    def ask(self, method: str, path: str, message: Any = None) -> Any:
        """The body of an answer, which must be 200 and JSON."""
        event = {
            "version": "2.0",
            "rawPath": path,
            "rawQueryString": "",
            "headers": {"host": "execution.example", "content-type": "application/json"},
            "requestContext": {
                "http": {"method": method, "path": path, "sourceIp": "192.0.2.1"},
                "requestId": "execution",
                "timeEpoch": 0,
            },
            "isBase64Encoded": False,
            "body": json.dumps(message) if message else "",
        }
        answer = self.handler(event, None)
        body = answer["body"]
        if answer.get("isBase64Encoded"):
            body = base64.b64decode(body).decode()
        if answer["statusCode"] != OK:
            told = json.dumps(message) if message else ""
            raise FailedError(f"{method} {path} {told}: {answer['statusCode']} {body}")
        return json.loads(body)

    def call(self, name: str, arguments: dict[str, Any]) -> Any:
        """The result of a tool, which must not be an error."""
        params = {"name": name, "arguments": arguments}
        answer = self.ask("POST", "/rpc", {"method": "tools/call", "params": params})
        result = answer.get("result")
        if result is None or result.get("isError"):
            raise FailedError(f"tools/call {name}: {json.dumps(answer)[:500]}")
        return result

    def libraries(self) -> dict[str, str]:
        """Every native library, with the reason why it does not load, or nothing."""
        found = {}
        for file in sorted(self.folder.rglob("*.so*")):
            name = file.relative_to(self.folder)
            try:
                if ".libs" in str(name) or not name.name.split(".")[0].isidentifier():
                    ctypes.CDLL(str(file))
                else:
                    importlib.import_module(".".join((*name.parts[:-1], name.name.split(".")[0])))
            except (ImportError, OSError) as error:
                found[str(name)] = f"{type(error).__name__}: {error}"
            else:
                found[str(name)] = ""
        return found


def _clock() -> tuple[float, float]:
    return time.perf_counter(), time.process_time()


def _since(began: tuple[float, float]) -> dict[str, float]:
    wall, processor = began
    return {
        "wall_ms": round((time.perf_counter() - wall) * 1000, 1),
        "cpu_ms": round((time.process_time() - processor) * 1000, 1),
    }


def _example(record: dict[str, Any], tools: list[dict[str, Any]]) -> dict[str, Any] | None:
    """The call that the settings name, or one of a read-only tool that takes no arguments."""
    if record.get("example"):
        return dict(record["example"])
    for tool in tools:
        read_only = (tool.get("annotations") or {}).get("readOnlyHint")
        if read_only and not (tool.get("inputSchema") or {}).get("required"):
            return {"tool": tool["name"], "arguments": {}}
    return None


def execute(folder: Path) -> dict[str, Any]:
    """Ask everything, and give what was seen and how long it took.

    Raises:
        FailedError: an answer is wrong.
    """
    began = _clock()
    zipped = Zip(folder)
    health = zipped.ask("GET", "/health")
    if health["status"] != "ok" or health.get("content_sha256") not in {
        None,
        zipped.record["content_sha256"],
    }:
        raise FailedError(f"the health is {health}")
    listed = zipped.ask("POST", "/rpc", {"method": "tools/list"})["result"]["tools"]
    if not listed:
        raise FailedError("tools/list: there are no tools")
    example = _example(zipped.record, listed)
    calling = _clock()
    result = zipped.call(example["tool"], example.get("arguments") or {}) if example else None
    called = _since(calling)
    cold = _since(began)
    again = _clock()
    if example:
        zipped.call(example["tool"], example.get("arguments") or {})
    warm = _since(again)
    without_fastmcp = "fastmcp" not in sys.modules
    # FastMCP answers every batch.
    full = _clock()
    (batched,) = zipped.ask("POST", "/rpc", [{"id": 1, "method": "tools/list"}])
    if "fastmcp" not in sys.modules:
        raise FailedError("a batch was answered without FastMCP")
    if batched["result"]["tools"] != listed:
        raise FailedError("FastMCP lists other tools than the fast path")
    return {
        "architecture": zipped.record["architecture"],
        "init": zipped.init,
        "tools": len(listed),
        "call": {"tool": example["tool"], **called} if example else None,
        "cold": cold,
        "warm": warm,
        "without_fastmcp": without_fastmcp,
        "fastmcp": _since(full),
        "libraries": zipped.libraries(),
        "result": result,
    }


def main() -> int:
    """Unpack and execute the zip that the command line names."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        with zipfile.ZipFile(sys.argv[1]) as opened:
            opened.extractall(folder)
        try:
            seen = execute(folder)
        except FailedError as error:
            sys.stderr.write(f"{sys.argv[1]}: {error}\n")
            return 1
    sys.stdout.write("\n" + json.dumps(seen) + "\n")
    broken = {name: why for name, why in seen["libraries"].items() if why}
    for name, why in broken.items():
        sys.stderr.write(f"{name}: {why}\n")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
