"""The servers that are tried, from `cases.toml`, each in a folder as an outsider would have it."""

from __future__ import annotations

import io
import shutil
import subprocess
import sys
import tarfile
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mesh import uv
from mesh.build.bundle.dependencies import MESH_LOCK, pins

CASES = Path(__file__).with_name("cases.toml")


@dataclass(frozen=True)
class Case:
    """One server.

    Attributes:
        name: For the table.
        package: A requirement such as `mcp-nixos==3.1.0`; empty for an example of FastMCP's.
        example: A file or a folder below FastMCP's `examples`; empty for a package.
        file: The server's file in an example's folder, where Mesh cannot know which it is.
        server: The setting `server`, where one is needed.
        source: A `server.py` of one's own around a package, where its server is no object of a
            module.
        requirements: What else it needs; for an example, where its author says it only in words.
        environment: Variables that the server reads.
        calls: Tools and arguments, or methods and parameters; nothing that changes anything.
        refused: Words of the reason why Mesh refuses the server; empty where it runs.
        own_words: Words of an error that Mesh explains better than FastMCP, which must answer with
            an error there, too; empty where the answers are the same.
    """

    name: str
    package: str = ""
    example: str = ""
    file: str = ""
    server: str = ""
    source: str = ""
    requirements: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    calls: tuple[tuple[str, dict[str, Any]], ...] = ()
    refused: str = ""
    own_words: str = ""

    @property
    def version(self) -> str:
        """That of the package, or of FastMCP."""
        if self.package:
            return self.package.partition("==")[2]
        return pins(MESH_LOCK)["fastmcp"]

    def put(self, folder: Path, examples: Path | None) -> Path:
        """Write the server into an empty folder; give what `mesh up` gets.

        Args:
            folder: It is made.
            examples: FastMCP's `examples`.
        """
        given = folder
        if self.package:
            folder.mkdir(parents=True)
        elif examples is None:
            raise ValueError(f"{self.name} is an example, and there is no folder of examples.")
        elif (examples / self.example).is_dir():
            shutil.copytree(examples / self.example, folder)
            given = folder / self.file
        else:
            folder.mkdir(parents=True)
            given = Path(shutil.copy(examples / self.example, folder))
        asked = [*filter(None, [self.package]), *self.requirements]
        if asked:
            (folder / "requirements.txt").write_text("".join(f"{one}\n" for one in asked))
        if self.source:
            (folder / "server.py").write_text(self.source)
        if self.server:
            (folder / "mesh.toml").write_text(f'server = "{self.server}"\n')
        return given


def cases() -> Iterator[Case]:
    """All of them, in the order of the table."""
    for table in tomllib.loads(CASES.read_text(encoding="utf-8"))["case"]:
        listed = {"requirements": tuple, "calls": lambda calls: tuple(map(tuple, calls))}
        yield Case(**{key: listed.get(key, lambda one: one)(value) for key, value in table.items()})


def download_examples(into: Path) -> Path:
    """FastMCP's `examples`, from its source distribution, in the version that Mesh runs.

    Args:
        into: An empty folder.
    """
    version = pins(MESH_LOCK)["fastmcp"]
    command = (
        *(sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"),
        *("--no-binary", "fastmcp", "--dest", str(into), f"fastmcp=={version}"),
    )
    subprocess.run(command, check=True, env=uv.variables())
    (archive,) = into.glob("fastmcp-*.tar.gz")
    with tarfile.open(fileobj=io.BytesIO(archive.read_bytes())) as opened:
        opened.extractall(into, filter="data")
    return into / f"fastmcp-{version}" / "examples"
