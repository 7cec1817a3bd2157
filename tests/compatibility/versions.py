"""Which versions of FastMCP Mesh runs servers with: `python -m tests.compatibility.versions 4.1.7`.

For each version it installs FastMCP and what else Mesh needs, asks a few servers as the build does,
and compares what Mesh answers with what that FastMCP answers alone.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mesh import uv
from mesh.build import fast_path
from mesh.build.building import RECORD
from mesh.build.dependencies import MESH_LOCK
from mesh.build.environment import ROOT
from mesh.build.failure import BuildError
from mesh.build.host_packages import host_site
from mesh.build.project import Project
from mesh.installation import VENV
from tests.compatibility.trial import LISTS, UNKNOWN, reference
from tests.local.any_server.instance import answers

SERVERS = ROOT / "tests" / "local" / "any_server" / "servers"
# What the build writes into a zip, as far as the runtime reads it.
BUILT = {
    "server": "server:mcp",
    **dict.fromkeys(("version", "commit", "dirty", "architecture", "content_sha256")),
}
CALLS: dict[str, list[tuple[str, dict[str, Any]]]] = {
    "plain": [("greet", {"name": "Ada"}), ("add", {"a": 1}), ("add", UNKNOWN)],
    "images": [],
    "mounted": [],
    "middleware": [],
}


def locked(version: str, into: Path) -> Path:
    """A lock of Mesh's packages with this version of FastMCP.

    Raises:
        BuildError: they do not go together.
    """
    wanted = into / "wanted.in"
    own = MESH_LOCK.with_suffix(".in").read_text(encoding="utf-8")
    wanted.write_text(re.sub(r"^(fastmcp\S*)==.*", rf"\1=={version}", own, flags=re.MULTILINE))
    done = subprocess.run(
        [
            *(uv.executable(), "pip", "compile", str(wanted)),
            *("--output-file", str(into / "lock.txt"), "--generate-hashes", "--quiet"),
            *("--python", sys.executable, "--no-header", "--no-annotate"),
        ],
        env=uv.variables() | {"NO_COLOR": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise BuildError(" ".join(done.stderr.split())[:400])
    return into / "lock.txt"


def problems(version: str, scratch: Path) -> Iterator[str]:
    """What does not work with a version of FastMCP."""
    try:
        lock = locked(version, scratch)
        site = host_site(lock, scratch)
    except BuildError as error:
        yield str(error)
        return
    for name, further in CALLS.items():
        root = SERVERS / name
        project = Project(root, "versions", "1", "server:mcp", lock)
        calls = [*LISTS, *further]
        try:
            asked = fast_path.ask(project, scratch, frozenset)
            assert asked is not None
            reason = asked["slow_because"] or asked["deferred"]["off"]
            task = scratch / name
            shutil.copytree(root, task)
            (task / RECORD).write_text(json.dumps(BUILT))
            places = os.pathsep.join(map(str, (task, site, ROOT, VENV / "lambda-runtime")))
            told = answers(task, calls, "off", {"PYTHONPATH": places})
            plain = reference(root, site, "server:mcp", calls, {})
        except (BuildError, RuntimeError, AssertionError) as error:
            yield f"{name}: {str(error)[-400:]}"
            continue
        for call, one, other in zip(calls, told["answers"], plain, strict=True):
            if one["body"] != other:
                yield f"{name}: {call} is answered in another way: {one['body']!r:.200}"
        sys.stdout.write(f"  {version} {name}: {json.dumps(reason)}\n")


def main() -> None:
    """Print what does not work with each version."""
    for version in sys.argv[1:]:
        with tempfile.TemporaryDirectory(prefix="mesh-") as scratch:
            found = [*problems(version, Path(scratch))]
        said = "; ".join(found) or "works"
        sys.stdout.write(f"fastmcp {version}: {said}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
