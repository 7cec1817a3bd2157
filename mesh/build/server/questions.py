"""Asks processes of their own about a server, which they import with its packages."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mesh.build.bundle.dependencies import MESH_LOCK, installed, pins
from mesh.build.failure import BuildError
from mesh.build.project import Project
from mesh.build.server.host_packages import host_site, runtime_site
from mesh.build.server.question_process import STATUS

# A package that asks for one of these has authors who work with FastMCP.
OF_FASTMCP = ("fastmcp", "fastmcp-slim", "mcp")
LIMIT_SECONDS = 300
# Lambda always names a region, without which boto3 makes no client. The same one in every build.
REGION = {"AWS_REGION": "us-east-1", "AWS_DEFAULT_REGION": "us-east-1"}


@dataclass(frozen=True)
class Asking:
    """Runs modules of this package with a project's own.

    Attributes:
        project: The server.
        root: The folder that its modules are imported from.
        sites: Its packages, and what Lambda has beside a zip. None where this Python has all that:
            else its own packages are hidden, which the zip does not carry.
        bytecode: Where Python keeps bytecode: not in the author's folder.
    """

    project: Project
    root: Path
    sites: tuple[Path, Path] | None
    bytecode: Path

    def authors(self) -> list[str]:
        """The first names of the modules whose authors work with FastMCP.

        They are those of the project, and those of the packages that ask for FastMCP: a server may
        come from the package index.
        """
        found = set(self.project.authors())
        own = pins(MESH_LOCK)
        for one in installed(self.sites[0]) if self.sites else ():
            if one.name not in own and not one.requires.isdisjoint(OF_FASTMCP):
                found |= {
                    file.parts[0].removesuffix(".py") for file in one.files if file.suffix == ".py"
                }
        return sorted(found)

    def _hidden_modules(self) -> list[str]:
        """Modules of Python's library that a file of the author's hides."""
        return sorted(
            name for name in sys.stdlib_module_names if (self.root / f"{name}.py").is_file()
        )

    def of(
        self, module: str, question: Callable[[], str], what: str, **variables: str
    ) -> dict[str, Any]:
        """What the `main` of a module answers.

        Raises:
            BuildError: it answers nothing; `what` says what that means.
        """
        environment = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("MESH_", "AWS_", "FASTMCP_", "PYTHON", "LAMBDA_"))
        }
        # The project's modules first.
        places = [self.root.resolve(), *(self.sites or (Path(__file__).resolve().parents[3],))]
        if self.project.metadata:
            places.append(self.project.metadata.resolve())
        environment["PYTHONPATH"] = os.pathsep.join(dict.fromkeys(map(str, places)))
        environment["PYTHONPYCACHEPREFIX"] = str(self.bytecode)
        environment |= {
            **self.project.environment,
            **REGION,
            "PYTHONHASHSEED": "0",
            "TZ": "UTC",
        } | variables
        with subprocess.Popen(
            [
                *(sys.executable, *(["-S"] if self.sites else [])),
                *("-c", f"from {module} import main; main()"),
                self.project.server,
                self.project.catalogues,
            ],
            cwd=self.root,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        ) as asked:
            try:
                # It starts while the question is still being made.
                answers, errors = asked.communicate(question(), LIMIT_SECONDS)
            except subprocess.TimeoutExpired:
                raise BuildError(f"The server did not start within {LIMIT_SECONDS} s.") from None
            finally:
                # Whatever ended this, a build that fails leaves nothing running.
                asked.kill()
        if asked.returncode == STATUS:
            raise BuildError(errors.strip().splitlines()[-1])
        if asked.returncode:
            if hidden := self._hidden_modules():
                raise BuildError(
                    f"{hidden[0]}.py hides Python's own module {hidden[0]}, and the server cannot "
                    "be imported: rename the file."
                )
            said = "\n".join(errors.strip().splitlines()[-8:])
            raise BuildError(f"{what}:\n{said}")
        return dict(json.loads(answers))


def sites_of(project: Project, cache: Path) -> tuple[Path, Path] | None:
    """The `sites` of `Asking`, for this machine."""
    if not project.is_installed:
        return host_site(project.requirements, cache), runtime_site(cache)
    return None
