"""Terraform and its providers are found without asking the user."""

from __future__ import annotations

import platform
from pathlib import Path

import pytest

from mesh.failure import CommandFailedError
from mesh.stack import terraform

PROVIDER = "registry.terraform.io/hashicorp/aws"
MACHINE = {"x86_64": "amd64", "aarch64": "arm64"}.get(platform.machine(), platform.machine())
TARGET = f"{platform.system().lower()}_{MACHINE}"


def mirror(folder: Path, version: str = "5.100.0", target: str = TARGET) -> Path:
    place = folder / PROVIDER / version / target
    place.mkdir(parents=True)
    (place / f"terraform-provider-aws_v{version}_x5").write_text("")
    return folder


def fake_terraform(folder: Path, answer: str, status: int = 0) -> str:
    executable = folder / "terraform"
    executable.write_text(f"#!/bin/sh\necho '{answer}'\nexit {status}\n")
    executable.chmod(0o755)
    return str(folder)


@pytest.fixture
def base(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """An environment without any Terraform configuration, and no system mirror."""
    monkeypatch.setattr(terraform, "system_mirrors", list)
    return {"PATH": "/usr/bin:/bin", "HOME": str(tmp_path / "home"), "XDG_DATA_DIRS": str(tmp_path)}


def test_a_missing_terraform_is_one_line_that_says_how_to_get_it(tmp_path: Path) -> None:
    with pytest.raises(CommandFailedError) as failure:
        terraform.require_terraform(str(tmp_path))
    assert "not found on PATH" in str(failure.value)
    assert "developer.hashicorp.com/terraform/install" in str(failure.value)
    assert "\n" not in str(failure.value)


def test_an_old_terraform_is_named_with_its_version(tmp_path: Path) -> None:
    path = fake_terraform(tmp_path, '{"terraform_version": "1.9.8"}')
    with pytest.raises(CommandFailedError, match=r"1\.11 or newer is needed.* is 1\.9\.8"):
        terraform.require_terraform(path)


def test_a_terraform_that_does_not_run_is_said_as_that(tmp_path: Path) -> None:
    path = fake_terraform(tmp_path, "cannot execute", status=1)
    with pytest.raises(CommandFailedError, match="does not work: cannot execute"):
        terraform.require_terraform(path)


@pytest.mark.parametrize("version", ["1.11.0", "1.11.4", "1.20.0-beta1", "2.0.0"])
def test_terraform_1_11_and_newer_will_do(tmp_path: Path, version: str) -> None:
    path = fake_terraform(tmp_path, f'Warning! {{"terraform_version": "{version}"}}')
    assert str(terraform.require_terraform(path)) == version.partition("-")[0]


def test_the_terraform_of_this_machine_will_do() -> None:
    assert terraform.require_terraform() >= terraform.OLDEST


def test_a_configuration_file_that_exists_is_honoured(tmp_path: Path, base: dict[str, str]) -> None:
    named = tmp_path / "mine.rc"
    named.write_text("")
    base["TF_CLI_CONFIG_FILE"] = str(named)
    given = terraform.environment(base=base, cli_config=tmp_path / "ours.rc")
    assert given["TF_CLI_CONFIG_FILE"] == str(named)
    assert not (tmp_path / "ours.rc").exists()


def test_a_configuration_file_that_is_missing_is_not_mentioned_to_terraform(
    tmp_path: Path, base: dict[str, str]
) -> None:
    base["TF_CLI_CONFIG_FILE"] = str(tmp_path / "gone.rc")
    given = terraform.environment(base=base, cli_config=tmp_path / "ours.rc")
    assert "TF_CLI_CONFIG_FILE" not in given


def test_a_mirror_in_a_system_folder_is_used_and_the_registry_for_the_rest(
    tmp_path: Path, base: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    found = mirror(tmp_path / "opt" / "plugins")
    monkeypatch.setattr(terraform, "system_mirrors", lambda: [tmp_path / "nothing", found])
    ours = tmp_path / "mesh" / "ours.rc"
    given = terraform.environment(base=base, cli_config=ours)
    assert given["TF_CLI_CONFIG_FILE"] == str(ours)
    text = ours.read_text()
    assert f'path    = "{found}"' in text
    assert f'exclude = ["{PROVIDER}"]' in text


def test_a_mirror_in_an_implied_folder_is_left_to_terraform(
    tmp_path: Path, base: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    mirror(tmp_path / "terraform" / "plugins")  # below XDG_DATA_DIRS
    monkeypatch.setattr(terraform, "system_mirrors", lambda: [mirror(tmp_path / "opt" / "x")])
    given = terraform.environment(base=base, cli_config=tmp_path / "ours.rc")
    assert "TF_CLI_CONFIG_FILE" not in given


def test_a_persons_own_choice_of_providers_is_left_alone(
    tmp_path: Path, base: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    home = Path(base["HOME"])
    home.mkdir()
    (home / ".terraformrc").write_text("provider_installation {\n  direct {}\n}\n")
    monkeypatch.setattr(terraform, "system_mirrors", lambda: [mirror(tmp_path / "opt" / "x")])
    given = terraform.environment(base=base, cli_config=tmp_path / "ours.rc")
    assert "TF_CLI_CONFIG_FILE" not in given


@pytest.mark.parametrize(
    ("version", "target"), [("5.99.0", TARGET), ("5.100.0", "plan9_mips")], ids=["version", "cpu"]
)
def test_a_mirror_without_what_is_needed_here_does_not_count(
    tmp_path: Path, version: str, target: str
) -> None:
    lock = tmp_path / "lock.hcl"
    lock.write_text(f'provider "{PROVIDER}" {{\n  version     = "5.100.0"\n}}\n')
    assert terraform.find_mirror([mirror(tmp_path / "m", version, target)], lock) is None
    good = mirror(tmp_path / "good")
    assert terraform.find_mirror([tmp_path / "m", good], lock) == good


def test_system_folders_are_searched_one_level_deep(tmp_path: Path) -> None:
    mirror(tmp_path / "opt" / "plugins")
    mirror(tmp_path / "opt" / "too" / "deep")
    folders = terraform.system_mirrors([tmp_path / "absent", tmp_path / "opt"])
    assert folders == [tmp_path / "opt" / "plugins", tmp_path / "opt" / "too"]


def test_nothing_of_the_shell_changes_what_our_runs_do(
    tmp_path: Path, base: dict[str, str]
) -> None:
    base |= {"TF_WORKSPACE": "production", "TF_CLI_ARGS_apply": "-destroy", "TF_VAR_tags": "{}"}
    given = terraform.environment(tmp_path, base=base, cli_config=tmp_path / "ours.rc")
    assert "TF_WORKSPACE" not in given
    assert "TF_CLI_ARGS_apply" not in given
    assert given["TF_VAR_tags"] == "{}"
    assert given["TF_DATA_DIR"] == str(tmp_path)
