"""A zip says under which licences its packages are, and carries Mesh's own."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from email import message_from_string

import pytest

from mesh.build import BuildResult
from mesh.build.bundle import notices
from mesh.build.environment import ROOT
from mesh.installation import REQUIREMENTS
from tests.fixtures.projects import Project, Wheel

COPYLEFT = ("GPL", "AGPL", "SSPL")


def test_the_zip_carries_the_licence_and_lists_every_package(
    real: Callable[[str], BuildResult],
) -> None:
    with zipfile.ZipFile(real("host").path) as opened:
        names = set(opened.namelist())
        licence = opened.read(notices.LICENSE_IN_ZIP)
        page = opened.read(notices.IN_ZIP).decode()
        listed = list(notices.of_zip(real("host").path))

    assert licence == (ROOT / "LICENSE").read_bytes()
    assert page == notices.page("This zip", listed)
    # What carries metadata and nothing else has a notice, too; the own project has none.
    metadata = {name for name in names if notices.METADATA.fullmatch(name)}
    metadata = {name for name in metadata if name.replace("METADATA", "INSTALLER") not in names}
    assert len(listed) == len(metadata) > 30
    assert {file for one in listed for file in one.files} <= names
    assert [one.name for one in listed if one.licence == notices.UNDECLARED] == []
    assert [one.name for one in listed if one.licence.startswith(COPYLEFT)] == []


def test_every_licence_file_of_a_package_is_named_in_its_notice(project: Project) -> None:
    project.require(
        Wheel(
            "answers",
            files={
                "answers/__init__.py": b"",
                "answers/LICENSE_of_a_font.txt": b"OFL",
                "answers-1.0.dist-info/licenses/LICENSE": b"MIT",
                "answers-1.0.dist-info/NOTICE.txt": b"Thanks",
            },
        )
    )
    project.build()

    page = project.zipped()[notices.IN_ZIP].decode()
    files = "`answers-1.0.dist-info/NOTICE.txt`, `answers-1.0.dist-info/licenses/LICENSE`"
    assert f"| answers | 1.0 | not declared | {files} |" in page


@pytest.mark.parametrize(
    ("fields", "declared"),
    [
        ("License-Expression: MIT OR Apache-2.0\nLicense: old", "MIT OR Apache-2.0"),
        ("License: BSD-3-Clause", "BSD-3-Clause"),
        ("License: a text\n  of lines\nClassifier: License :: OSI Approved :: X", "X"),
        ("Classifier: License :: OSI Approved\nClassifier: Topic :: Y", notices.UNDECLARED),
    ],
)
def test_a_licence_is_what_the_metadata_declares(fields: str, declared: str) -> None:
    assert notices.licence(message_from_string(f"Name: answers\n{fields}\n\n")) == declared


def test_the_page_of_the_repository_lists_what_is_locked() -> None:
    page = (ROOT / "THIRD-PARTY-NOTICES.md").read_text(encoding="utf-8")

    listed = list(notices.of_lock(REQUIREMENTS / "lambda.txt"))

    assert len(listed) > 40
    assert page == notices.page("A zip of AOMA Mesh", listed), "run `make docs`"
