"""Small projects to build, with packages of our own making and no network."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import zipfile
from dataclasses import dataclass, field
from pathlib import Path

from aoma.build_hook import build
from mesh.build import BuildResult, project
from mesh.build.environment import ROOT

LOCK = ROOT / "requirements" / "lambda.txt"


@dataclass(frozen=True)
class Wheel:
    """A package to publish in a folder, where installers find it without a network."""

    name: str
    version: str = "1.0"
    tag: str = "py3-none-any"
    files: dict[str, bytes] = field(default_factory=dict)
    requires: tuple[str, ...] = ()

    def publish(self, folder: Path) -> str:
        """Write the wheel; gives its line for a locked requirements file."""
        folder.mkdir(exist_ok=True)
        place = folder / f"{self.name}-{self.version}-{self.tag}.whl"
        information = f"{self.name}-{self.version}.dist-info"
        contents = {
            **(self.files or {f"{self.name}/__init__.py": b"answer = 42\n"}),
            f"{information}/METADATA": (
                f"Metadata-Version: 2.1\nName: {self.name}\nVersion: {self.version}\n"
                + "".join(f"Requires-Dist: {one}\n" for one in self.requires)
            ).encode(),
            f"{information}/WHEEL": (
                f"Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: {self.tag}\n"
            ).encode(),
        }
        listed = "".join(f"{name},,\n" for name in [*contents, f"{information}/RECORD"])
        contents[f"{information}/RECORD"] = listed.encode()
        with zipfile.ZipFile(place, "w") as opened:
            for name, data in contents.items():
                opened.writestr(zipfile.ZipInfo(name), data)
        digest = hashlib.sha256(place.read_bytes()).hexdigest()
        return f"{self.name}=={self.version} --hash=sha256:{digest}\n"


def git(folder: Path, *arguments: str) -> str:
    """Run git as nobody in particular, at a fixed time."""
    variables = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    variables |= {
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_AUTHOR_NAME": "Ada",
        "GIT_AUTHOR_EMAIL": "ada@example.org",
        "GIT_COMMITTER_NAME": "Ada",
        "GIT_COMMITTER_EMAIL": "ada@example.org",
        "GIT_AUTHOR_DATE": "2026-01-02T03:04:05Z",
        "GIT_COMMITTER_DATE": "2026-01-02T03:04:05Z",
    }
    done = subprocess.run(
        ("git", "-C", str(folder), *arguments),
        env=variables,
        check=True,
        capture_output=True,
        text=True,
    )
    return done.stdout.strip()


@dataclass(frozen=True)
class Project:
    """A small project in a git repository, with dependencies from a folder."""

    root: Path
    cache: Path

    @property
    def output(self) -> Path:
        return self.root / "dist" / "bundle.zip"

    @property
    def project(self) -> project.Project:
        """It as the build takes it: without a FastMCP server."""
        return project.Project(
            root=self.root,
            name="application",
            version="1.2.3",
            server="",
            requirements=self.root / "requirements" / "lambda.txt",
            include=("mcp_app",),
        )

    def write(self, name: str, text: str) -> Path:
        place = self.root / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text, encoding="utf-8", newline="\n")
        return place

    def require(self, *wheels: Wheel) -> None:
        """Lock these packages and nothing else."""
        links = self.root.parent / "links"
        lines = [wheel.publish(links) for wheel in wheels]
        head = f"--no-index\n--find-links {links.as_posix()}\n"
        self.write("requirements/lambda.txt", head + "".join(lines))

    def commit(self) -> str:
        git(self.root, "add", "--all")
        git(self.root, "commit", "--quiet", "--message", "Change")
        return git(self.root, "rev-parse", "HEAD")

    def build(self, **options: object) -> BuildResult:
        given: dict[str, object] = {
            "architecture": "x86_64",
            "project": self.project,
            "cache": self.cache,
            "output": self.output,
            "workers": 2,
        }
        return build(**given | options)  # type: ignore[arg-type]

    def zipped(self) -> dict[str, bytes]:
        """The content of the zip by name."""
        with zipfile.ZipFile(self.output) as opened:
            return {name: opened.read(name) for name in opened.namelist()}

    def record(self) -> dict[str, object]:
        """The zip's build.json."""
        found: dict[str, object] = json.loads(self.zipped()["build.json"])
        return found
