"""A copy of the project that a test may edit, built and deployed like the project itself."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from aoma import build_hook as bundle
from aoma.build_hook import aoma
from mesh.build import BuildResult
from mesh.build.environment import ROOT
from mesh.credentials import api_keys
from mesh.local_aws import host
from mesh.runtime.access.api_keys import generate
from mesh.stack import local_aws_client
from tests.fixtures.once import OncePerRun

# Terraform and the tests themselves are not what is edited here.
COPIED = ("mcp_app", "requirements", "docs", "README.md", ".gitignore")
NEW_TOOL = '''\
"""A tool that somebody just wrote."""

from fastmcp.tools import tool


@tool
def greet(name: str) -> str:
    """Greet somebody by name."""
    return f"{greeting}, {{name}}!"
'''


@dataclass(frozen=True)
class Project:
    """The copy, and the zip that is made from it."""

    root: Path

    @property
    def zip(self) -> Path:
        return self.root / "dist" / "mesh.zip"

    def build(self, *, has_fast_path: bool = True) -> BuildResult:
        """Make the zip for this machine's processor; only that one can run here.

        Without a fast path it takes a third of the time, and FastMCP answers everything.
        """
        lock = self.root / "requirements" / "lambda.txt"
        own = replace(aoma(), root=self.root, requirements=lock)
        return bundle.build(
            architecture="host", project=own, output=self.zip, has_fast_path=has_fast_path
        )

    def write_tool(self, greeting: str) -> None:
        """Write or change a tool, as its author would."""
        target = self.root / "mcp_app" / "tools" / "greeting.py"
        target.write_text(NEW_TOOL.format(greeting=greeting))

    def break_search(self, condition: str) -> str:
        """Let search_knowledge fail where `condition` holds, and build; the file as it was."""
        tool = self.root / "mcp_app" / "tools" / "documents.py"
        kept = tool.read_text()
        asked = "result = await deployment.backend.search_documents("
        assert asked in kept
        failing = f'{condition}\n            raise ValueError("broken")\n        {asked}'
        broken = kept.replace(
            "from mcp_app.", "from mesh.runtime.access import caller\nfrom mcp_app.", 1
        )
        tool.write_text(broken.replace(asked, failing))
        self.build(has_fast_path=False)
        return kept

    def mend_search(self, kept: str) -> None:
        """Put back what `break_search` gave, and build."""
        (self.root / "mcp_app" / "tools" / "documents.py").write_text(kept)
        self.build(has_fast_path=False)


def project_in(root: Path) -> Project:
    """A repository with one commit: the application, its documents, its locks."""
    root.mkdir()
    for name in COPIED:
        source = ROOT / name
        if source.is_dir():
            ignored = shutil.ignore_patterns("__pycache__")
            shutil.copytree(source, root / name, ignore=ignored)
        else:
            shutil.copy(source, root / name)
    identity = ("-c", "user.name=Ada Byron", "-c", "user.email=ada@example.com")
    for arguments in (["init", "-q"], ["add", "-A"], [*identity, "commit", "-qm", "All of it"]):
        subprocess.run(["git", *arguments], cwd=root, check=True, capture_output=True)
    return Project(root)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A project that a test edits and builds."""
    return project_in(tmp_path / "project")


@pytest.fixture(scope="session")
def built(once_per_run: OncePerRun) -> Path:
    """The zip of the project as it is, built once."""

    def make(folder: Path) -> Path:
        whole = project_in(folder / "project")
        whole.build()
        return whole.zip

    made: Path = once_per_run("project", make)
    return made


@pytest.fixture
def editable(aws, project: Project, monkeypatch) -> Project:
    """The project, with Terraform's variables set to deploy its zip to the test's own AWS."""
    monkeypatch.setenv("TF_VAR_architecture", host.architecture())
    monkeypatch.setenv("TF_VAR_zip_path", str(project.zip))
    monkeypatch.setenv("TF_VAR_environment", "test")
    return project


@pytest.fixture
def deployable(editable: Project, built: Path) -> Project:
    """The same, with the zip of the project as it is."""
    editable.zip.parent.mkdir()
    shutil.copy(built, editable.zip)
    return editable


@pytest.fixture
def make_key(aws):
    """Makes an API key in the parameter of a deployment and gives it in clear."""

    def make(parameter: str) -> str:
        key = generate()
        target = api_keys.Parameter(local_aws_client.ssm(aws.environment), parameter)
        api_keys.store(target, "tests", key, keep=1)
        return key

    return make
