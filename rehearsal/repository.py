"""The repository that is rehearsed: this project's workflows and Mesh, with a small server."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from mesh.build.environment import ROOT
from mesh.installation import CACHE

NAME = "my-company/aoma-mesh"
# All that the workflows use.
COPIED = (
    *(".github", ".python-version", "LICENSE", "benchmarks", "build.py", "mesh", "pyproject.toml"),
    *("requirements", "terraform"),
)
IGNORED = ("__pycache__", ".terraform", "*.tfstate*", "*_override.tf", "tests", "node_modules")
SETTINGS = """\
name = "aoma-mesh"
server = "server:mcp"
include = ["server.py"]
lock = "requirements/mesh.txt"
smoke = { tool = "greet", arguments = { name = "Ada" } }
"""
SERVER = '''\
"""A server to rehearse with."""

from fastmcp import FastMCP

mcp = FastMCP("Rehearsal")


@mcp.tool(annotations={"readOnlyHint": True})
def greet(name: str) -> str:
    """Greet somebody by name."""
    return f"GREETING, {name}!"
'''
IDENTITY = ("-c", "user.name=Ada Byron", "-c", "user.email=ada@example.com")
# act knows no queue yet, and this machine has one runner: https://github.com/nektos/act
NOT_KNOWN_TO_ACT = "      queue: max\n"


@dataclass(frozen=True)
class Repository:
    """A clone of it, whose main is pushed."""

    folder: Path

    @property
    def commit(self) -> str:
        """The newest commit of main."""
        return self._git("rev-parse", "HEAD")

    def serve(self, greeting: str, broken: str = "") -> str:
        """Commit a server with this greeting; the commit.

        Args:
            greeting: What it says.
            broken: A line that its tool runs first, such as one that raises.
        """
        text = SERVER.replace("GREETING", greeting)
        if broken:
            text = text.replace("    return f", f"    {broken}\n    return f")
        return self.write("server.py", text)

    def write(self, name: str, text: str) -> str:
        """Commit a file; the commit."""
        (self.folder / name).write_text(text, encoding="utf-8")
        self._git("add", "--all")
        self._git(*IDENTITY, "commit", "--quiet", "--allow-empty", "--message", f"Change {name}")
        return self.commit

    def _git(self, *arguments: str) -> str:
        done = subprocess.run(
            ["git", *arguments], cwd=self.folder, check=True, capture_output=True, text=True
        )
        return done.stdout.strip()


def make(folder: Path, values: str) -> Repository:
    """Make the repository with one commit.

    Args:
        folder: Where; it must not be there yet.
        values: Lines for each environment's file of values.
    """
    folder.mkdir(parents=True)
    for name in COPIED:
        source = ROOT / name
        if source.is_dir():
            ignored = shutil.ignore_patterns(*IGNORED)
            shutil.copytree(source, folder / name, ignore=ignored)
        else:
            shutil.copy(source, folder / name)
    for workflow in (folder / ".github" / "workflows").glob("*.yml"):
        workflow.write_text(workflow.read_text().replace(NOT_KNOWN_TO_ACT, ""))
    for environment in (folder / "terraform").glob("*.tfvars"):
        with environment.open("a", encoding="utf-8") as file:
            file.write(values)
    (folder / "mesh.toml").write_text(SETTINGS)
    # Downloads and the packages' half of a zip, which GitHub's runners would fetch anew.
    (folder / ".mesh").mkdir()
    (folder / ".mesh" / "cache").symlink_to(CACHE)
    (folder / ".gitignore").write_text("/dist/\n__pycache__/\n/.mesh/*\n!/.mesh/cache\n")
    made = Repository(folder)
    made._git("init", "--quiet", "--initial-branch", "main")  # noqa: SLF001 - its own
    made._git("remote", "add", "origin", f"https://github.com/{NAME}")  # noqa: SLF001 - its own
    made.serve("Hello")
    return made
