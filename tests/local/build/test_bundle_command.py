"""`python build.py` as people and pipelines use it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from aoma.cli import build as cli
from mesh.build import report
from mesh.build.environment import ROOT
from tests.fixtures.projects import Project

# How this machine reaches the package registries: a build may have to ask them.
REGISTRIES = {
    name: value
    for name, value in os.environ.items()
    if name.startswith(("SSL_CERT_", "PIP_", "UV_")) or name.lower().endswith("_proxy")
}


def run(*arguments: str, python: str = sys.executable) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [python, str(ROOT / "build.py"), *arguments],
        capture_output=True,
        text=True,
        check=False,
        env={"COLUMNS": "80", "PATH": "/usr/bin:/bin", **REGISTRIES},
    )


def test_help_needs_no_environment_and_fits_80_columns() -> None:
    outside = str(Path(sys.base_prefix) / "bin" / "python3.13")

    done = run("--help", python=outside)

    assert done.returncode == 0, done.stderr
    assert max(map(len, done.stdout.splitlines())) <= 80
    for option in (
        "--architecture",
        "--python",
        "--output",
        "--knowledge",
        "--git",
        "--jira",
        "--json",
    ):
        assert option in done.stdout


def test_result_is_json_for_machines(tmp_path: Path) -> None:
    output = tmp_path / "mesh.zip"

    done = run("--architecture", "host", "--json", "--output", str(output))

    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    assert result["path"] == str(output)
    assert result["zip_bytes"] == output.stat().st_size
    assert result["index"]["code_files"] > 0
    largest = [one["name"] for one in result["packages"]][:2]
    assert sorted(largest) == ["cryptography", "knowledge"]


def test_mistakes_end_in_one_clear_line(tmp_path: Path) -> None:
    done = run("--knowledge", str(tmp_path / "nowhere"))

    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr == f"build: --knowledge {tmp_path / 'nowhere'}: there is no such folder.\n"


def test_contradicting_options_are_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        cli.main(["--no-knowledge", "--git", "."])

    assert "--no-knowledge contradicts" in capsys.readouterr().err


def test_table_fits_80_columns(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    project.write("mcp_app/new.py", "")
    result = project.build()
    monkeypatch.chdir(project.root)

    lines = report.as_text(result).splitlines()

    assert max(map(len, lines)) <= 80
    assert lines[0].split() == ["package", "version", "files", "unzipped", "zipped", "share"]
    assert any(line.split() == ["zip", "dist/bundle.zip"] for line in lines)
    assert any(result.code_sha256 in line for line in lines)


def test_another_python_is_told_which_one_is_needed() -> None:
    # The file itself, as another version reads it: the check comes before all imports.
    script = (
        "import runpy, sys; sys.version_info = (3, 9, 1, 'final', 0); sys.version = '3.9.1 (x)';"
        f"runpy.run_path({str(ROOT / 'build.py')!r}, run_name='__main__')"
    )
    done = subprocess.run(
        [sys.executable, "-S", "-c", script], capture_output=True, text=True, check=False
    )

    assert done.returncode == 1
    assert done.stderr == "build: Python 3.13 is needed (Lambda's); this is 3.9.1.\n"
