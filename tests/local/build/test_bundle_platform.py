"""The zip holds what runs on the target, never what runs here."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from mesh.build import BuildError, BuildResult
from mesh.build.bundle.dependencies import runs_on
from mesh.build.target import Target, target
from mesh.failure import CommandFailedError
from tests.fixtures.projects import Project, Wheel


def elf(machine: int) -> bytes:
    return b"\x7fELF\x02\x01\x01" + bytes(11) + machine.to_bytes(2, "little") + bytes(44)


@pytest.mark.parametrize(("architecture", "machine"), [("arm64", 183), ("x86_64", 62)])
def test_libraries_are_for_the_target(
    real: Callable[[str], BuildResult], architecture: str, machine: int
) -> None:
    with zipfile.ZipFile(real(architecture).path) as opened:
        heads = {name: opened.read(name)[:20] for name in opened.namelist()}

    libraries = {name: head for name, head in heads.items() if head.startswith(b"\x7fELF")}
    assert {name for name in heads if ".so" in name} == libraries.keys()
    assert any(name.startswith("pydantic_core/") for name in libraries)
    assert {int.from_bytes(head[18:20], "little") for head in libraries.values()} == {machine}


@pytest.mark.parametrize(
    ("tag", "runs"),
    [
        ("py3-none-any", True),
        ("cp313-cp313-manylinux_2_17_aarch64", True),
        ("cp313-cp313-manylinux2014_aarch64", True),
        ("cp311-abi3-manylinux_2_34_aarch64", True),
        ("cp311-abi3-manylinux_2_35_aarch64", False),
        ("cp313-cp313-manylinux_2_17_x86_64", False),
        ("cp313-cp313-musllinux_1_2_aarch64", False),
        ("cp313-cp313-linux_aarch64", False),
        ("cp313-cp313-macosx_11_0_arm64", False),
        ("cp313-cp313-win_arm64", False),
    ],
)
def test_wheel_tags_are_read_as_lambda_would(tag: str, runs: bool) -> None:
    assert runs_on(tag, Target("arm64", "3.13")) is runs


def test_wheel_for_another_platform_is_named(project: Project) -> None:
    project.require(Wheel("answers", "2.0", "cp313-cp313-win_amd64"))

    with pytest.raises(BuildError) as caught:
        project.build(architecture="arm64")

    message = str(caught.value)
    assert "answers 2.0 has no wheel for arm64 (Python 3.13, glibc 2.34)" in message
    assert "win_amd64" in message


def test_wheel_for_a_newer_glibc_than_lambda_has_is_named(project: Project) -> None:
    project.require(Wheel("answers", "2.0", "cp313-cp313-manylinux_2_39_x86_64"))

    with pytest.raises(BuildError, match=r"answers 2\.0 has no wheel for x86_64 .*manylinux_2_39"):
        project.build()


def test_wheel_for_another_python_is_named(project: Project) -> None:
    project.require(Wheel("answers", "2.0", "cp312-cp312-manylinux_2_28_x86_64"))

    with pytest.raises(BuildError, match=r"answers 2\.0 has no wheel for x86_64 .*cp312"):
        project.build()


def test_package_published_as_source_only_is_named(project: Project) -> None:
    links = project.root.parent / "links"
    (links / "answers-3.0.tar.gz").write_bytes(b"never unpacked")
    project.write(
        "requirements/lambda.txt",
        f"--no-index\n--find-links {links.as_posix()}\nanswers==3.0 --hash=sha256:{'0' * 64}\n",
    )

    with pytest.raises(BuildError, match=r"answers 3\.0 has no wheel for x86_64 .*source only"):
        project.build()


def test_changed_package_is_refused(project: Project) -> None:
    lock = project.root / "requirements" / "lambda.txt"
    lock.write_text(lock.read_text().rpartition("sha256:")[0] + "sha256:" + "0" * 64)

    with pytest.raises(BuildError, match="Hash mismatch"):
        project.build()


def test_unreachable_index_is_said(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UV_HTTP_RETRIES", "0")
    project.write("requirements/lambda.txt", f"answers==1.0 --hash=sha256:{'0' * 64}\n")

    with pytest.raises(BuildError, match=r"cannot be fetched(?s:.*)index reachable\?"):
        project.build()


def test_missing_uv_is_said(
    project: Project, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("mesh.uv.PLACES", (tmp_path,))

    with pytest.raises(CommandFailedError, match="uv is missing"):
        project.build()


def test_library_for_another_machine_is_found_whatever_its_wheel_says(project: Project) -> None:
    files = {"answers/fast.cpython-313-x86_64-linux-gnu.so": elf(183)}
    project.require(Wheel("answers", "1.0", "cp313-cp313-manylinux_2_28_x86_64", files))

    with pytest.raises(BuildError, match=r"answers 1\.0: answers/fast\S+ is for ELF machine 183"):
        project.build()


def test_library_of_another_system_is_found(project: Project) -> None:
    files = {"answers/fast.so": b"\xcf\xfa\xed\xfe Mach-O"}
    project.require(Wheel("answers", files=files))

    with pytest.raises(BuildError, match=r"answers/fast\.so is no Linux library"):
        project.build()


def test_unknown_architecture_is_refused_with_what_there_is() -> None:
    with pytest.raises(BuildError, match="no architecture 'riscv64': use arm64, x86_64"):
        target("riscv64", "3.13")
