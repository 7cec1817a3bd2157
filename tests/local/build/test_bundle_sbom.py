"""The parts of a zip as a CycloneDX document, and what `mesh verify` says of zip and document."""

from __future__ import annotations

import json
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from mesh.build import BuildResult
from mesh.cli import run

REPOSITORY = "my-company/aoma-mesh"


@pytest.fixture
def zipped(real: Callable[[str], BuildResult], tmp_path: Path) -> Path:
    """A zip with its document beside it."""
    copy = tmp_path / "mesh-host.zip"
    shutil.copy(real("host").path, copy)
    assert run(["sbom", str(copy)]) == 0
    return copy


def document(zipped: Path) -> Path:
    return zipped.with_suffix(".cdx.json")


def rewrite(zipped: Path, name: str, data: bytes) -> None:
    """Change one file of a zip, as somebody would who tampers with it."""
    whole = zipped.with_name("whole.zip")
    zipped.rename(whole)
    with zipfile.ZipFile(whole) as old, zipfile.ZipFile(zipped, "w") as new:
        assert name in old.namelist()
        for one in old.namelist():
            new.writestr(one, data if one == name else old.read(one))


@pytest.fixture
def gh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Path]:
    """Puts a `gh` on PATH that notes its arguments and runs a line of shell."""

    def put(line: str) -> Path:
        folder = tmp_path / "bin"
        folder.mkdir()
        program = folder / "gh"
        program.write_text(f'#!/bin/sh\necho "$@" >> {tmp_path}/asked\n{line}\n')
        program.chmod(0o755)
        monkeypatch.setenv("PATH", str(folder), prepend=":")
        return tmp_path / "asked"

    return put


def test_the_document_is_valid_and_lists_each_package_with_its_licence(
    zipped: Path, real: Callable[[str], BuildResult]
) -> None:
    text = document(zipped).read_text()

    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(text) is None
    shown = json.loads(text)
    listed = {one["purl"]: one for one in shown["components"]}
    expected = {
        f"pkg:pypi/{one.name.lower().replace('_', '-')}@{one.version}"
        for one in real("host").packages
        if one.name not in {"mesh", "aoma-mesh", "knowledge", "fast path"}
    }
    assert listed.keys() == expected
    assert listed[next(name for name in listed if "starlette@" in name)]["licenses"]
    whole = shown["metadata"]["component"]
    assert whole["name"] == "aoma-mesh"
    assert whole["hashes"] == [{"alg": "SHA-256", "content": real("host").sha256}]


def test_the_same_zip_gives_the_same_bytes(zipped: Path, tmp_path: Path) -> None:
    again = tmp_path / "again.json"

    assert run(["sbom", str(zipped), "--output", str(again)]) == 0

    assert again.read_bytes() == document(zipped).read_bytes()


def test_a_zip_and_its_document_are_verified(
    zipped: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["verify", str(zipped)]) == 0

    assert "packages, as" in capsys.readouterr().out


def test_a_zip_that_was_changed_after_its_build_is_refused(
    zipped: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rewrite(zipped, "mesh/runtime/handler.py", b"something else")

    assert run(["verify", str(zipped)]) == 1

    assert "was changed after it was built" in capsys.readouterr().err


def test_one_changed_byte_is_told_from_a_foreign_zip(
    zipped: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    name = "mesh/runtime/handler.py"
    with zipfile.ZipFile(zipped) as archive:
        place = archive.getinfo(name)
    content = bytearray(zipped.read_bytes())
    # The first byte of its compressed content decides over how the others are read.
    content[place.header_offset + 30 + len(name)] = 0xFF
    zipped.write_bytes(content)

    assert run(["verify", str(zipped)]) == 1

    said = capsys.readouterr().err
    assert f"was changed or damaged after it was built: {name} in it cannot be read" in said
    assert "unexpected" not in said


def test_a_document_that_lists_another_package_is_refused_by_its_name(
    zipped: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shown = json.loads(document(zipped).read_text())
    shown["components"][0]["version"] = "0.0.1"
    document(zipped).write_text(json.dumps(shown))

    assert run(["verify", str(zipped)]) == 1

    said = capsys.readouterr().err
    assert f"{shown['components'][0]['name']} (0.0.1 there, " in said


def test_a_file_that_is_no_zip_of_ours_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "some.zip"
    file.write_bytes(b"no zip")

    assert run(["verify", str(file)]) == 1

    assert "is no zip that mesh built" in capsys.readouterr().err


def test_both_attestations_are_asked_for_by_workflow_and_commit(
    zipped: Path, gh: Callable[[str], Path], real: Callable[[str], BuildResult]
) -> None:
    asked = gh("exit 0")
    commit = str(real("host").commit)

    assert run(["verify", str(zipped), "--repository", REPOSITORY, "--commit", commit]) == 0

    provenance, parts = asked.read_text().splitlines()
    for line in (provenance, parts):
        assert f"attestation verify {zipped} --repo {REPOSITORY}" in line
        assert f"--signer-workflow {REPOSITORY}/.github/workflows/deploy.yml" in line
        assert f"--source-digest {commit}" in line
    assert provenance.endswith("https://slsa.dev/provenance/v1")
    assert parts.endswith("https://cyclonedx.org/bom")


def test_a_zip_that_nobody_attested_is_refused(
    zipped: Path, gh: Callable[[str], Path], capsys: pytest.CaptureFixture[str]
) -> None:
    gh("echo 'no attestations found' >&2; exit 1")

    assert run(["verify", str(zipped), "--repository", REPOSITORY]) == 1

    said = capsys.readouterr().err
    assert "is not attested by .github/workflows/deploy.yml" in said
    assert "no attestations found" in said


def test_another_commit_is_refused(zipped: Path, capsys: pytest.CaptureFixture[str]) -> None:
    wanted = ["--repository", REPOSITORY, "--commit", "0" * 40]

    assert run(["verify", str(zipped), *wanted]) == 1

    assert "was built from commit" in capsys.readouterr().err
