"""A folder with `server.py`, as a project that Mesh builds."""

from __future__ import annotations

from pathlib import Path

from mesh.build.environment import ROOT
from mesh.build.project import Project

HERE = Path(__file__).parent
# The start of a server.
MAKES = "from fastmcp import FastMCP\nmcp = FastMCP('x')\n"


def project_of(folder: Path, name: str = "mcp") -> Project:
    return Project(
        root=folder,
        name="any-server",
        version="1",
        server=f"server:{name}",
        requirements=ROOT / "requirements" / "mesh.txt",
    )
