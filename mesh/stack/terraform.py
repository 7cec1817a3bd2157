"""Where Terraform is, which version it has, and from where it takes its providers."""

from __future__ import annotations

import json
import os
import platform
import re
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from mesh.failure import CommandFailedError
from mesh.installation import CACHE, TERRAFORM

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

CLI_CONFIG = CACHE / "terraform.rc"
LOCK_FILE = TERRAFORM / ".terraform.lock.hcl"

REGISTRY = "registry.terraform.io"
AWS_PROVIDER = Path(REGISTRY, "hashicorp", "aws")
# Folders whose children are looked at as mirrors: where images and packages put them.
SYSTEM_FOLDERS = (Path("/opt"), Path("/usr/share"), Path("/usr/local/share"))
# Variables that would make our runs use another state, other arguments or other wording.
UNWANTED = re.compile(r"TF_(WORKSPACE|DATA_DIR|CLI_ARGS.*|LOG.*|IN_AUTOMATION|INPUT)")

HOW_TO_GET_IT = (
    "Install it from https://developer.hashicorp.com/terraform/install "
    "(macOS: `brew install hashicorp/tap/terraform`) and run this again."
)


class Version(NamedTuple):
    """A release of Terraform; compares as its numbers do."""

    major: int
    minor: int
    patch: int

    def __str__(self) -> str:
        return f"{self.major}.{self.minor}.{self.patch}"


# Write-only arguments (`value_wo`) keep secrets out of the state; 1.11 has them first:
# https://developer.hashicorp.com/terraform/language/manage-sensitive-data/write-only
OLDEST = Version(1, 11, 0)


def require_terraform(path: str | None = None) -> Version:
    """Give the version of the `terraform` on PATH (or on `path`, written as PATH is).

    Raises:
        CommandFailedError: there is none, or it is older than 1.11.
    """
    executable = shutil.which("terraform", path=path)
    if executable is None:
        raise CommandFailedError(
            f"Terraform {OLDEST.major}.{OLDEST.minor} or newer is needed "
            f"and `terraform` was not found on PATH. {HOW_TO_GET_IT}"
        )
    done = subprocess.run(
        [executable, "version", "-json"],
        # Away from the project: the answer then needs no reading of its files.
        cwd=Path(executable).resolve().parent,
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    # Text around the JSON is tolerated: Terraform prints its warnings there.
    found = re.search(r'"terraform_version":\s*"(\d+)\.(\d+)\.(\d+)', done.stdout)
    if found is None:
        said = (done.stderr or done.stdout).strip().splitlines()
        raise CommandFailedError(
            f"`{executable} version` does not work"
            f"{': ' + said[-1] if said else ''}. {HOW_TO_GET_IT}"
        )
    version = Version(*map(int, found.groups()))
    if version < OLDEST:
        raise CommandFailedError(
            f"Terraform {OLDEST.major}.{OLDEST.minor} or newer is needed; "
            f"{executable} is {version}. {HOW_TO_GET_IT}"
        )
    return version


def environment(
    data_dir: Path | None = None,
    *,
    base: Mapping[str, str] | None = None,
    cli_config: Path = CLI_CONFIG,
) -> dict[str, str]:
    """Give the whole environment for any run of Terraform on this machine.

    Providers come from where `TF_CLI_CONFIG_FILE` says when that file exists, else
    from Terraform's own configuration or implied folders, else from an unpacked mirror
    in a system folder, else from the registry. Terraform warns about a configuration
    file that is missing, so the variable is dropped then.

    Args:
        data_dir: for TF_DATA_DIR (providers and modules of one working folder);
            Terraform's own default when None.
        base: the environment to start from; the process's own when None.
        cli_config: where the configuration naming a mirror is written; only written
            when there is a mirror.
    """
    variables = {
        name: value
        for name, value in (os.environ if base is None else base).items()
        if not UNWANTED.fullmatch(name)
    }
    # The first hides advice about commands to run next; the second keeps a run without
    # a network from waiting for HashiCorp's version check.
    variables |= {"TF_IN_AUTOMATION": "1", "TF_INPUT": "0", "CHECKPOINT_DISABLE": "1"}
    if data_dir is not None:
        variables["TF_DATA_DIR"] = str(data_dir)
    named = variables.get("TF_CLI_CONFIG_FILE")
    if named and Path(named).is_file():
        return variables
    variables.pop("TF_CLI_CONFIG_FILE", None)
    if _chooses_providers(_home(variables) / ".terraformrc"):
        return variables
    if find_mirror(implied_folders(variables)) is None:
        mirror = find_mirror(system_mirrors())
        if mirror is not None:
            write_cli_config(cli_config, mirror)
            variables["TF_CLI_CONFIG_FILE"] = str(cli_config)
    return variables


def implied_folders(variables: Mapping[str, str]) -> list[Path]:
    """List the folders that Terraform searches for providers by itself.

    https://developer.hashicorp.com/terraform/cli/config/config-file#implied-local-mirror-directories
    """
    home = _home(variables)
    if platform.system() == "Darwin":
        return [
            home / ".terraform.d" / "plugins",
            home / "Library" / "Application Support" / "io.terraform" / "plugins",
            Path("/Library/Application Support/io.terraform/plugins"),
        ]
    data_home = variables.get("XDG_DATA_HOME") or str(home / ".local" / "share")
    data_dirs = variables.get("XDG_DATA_DIRS") or "/usr/local/share:/usr/share"
    return [
        home / ".terraform.d" / "plugins",
        *(
            Path(folder) / "terraform" / "plugins"
            for folder in (data_home, *data_dirs.split(":"))
            if folder
        ),
    ]


def system_mirrors(folders: Iterable[Path] = SYSTEM_FOLDERS) -> list[Path]:
    """List the folders one level below the system folders, in alphabetical order."""
    found = []
    for folder in folders:
        try:
            found += sorted(folder.iterdir())
        except OSError:  # absent, or not ours to read
            continue
    return found


def find_mirror(folders: Iterable[Path], lock_file: Path = LOCK_FILE) -> Path | None:
    """Give the first folder with an AWS provider that this machine can run, or None.

    A folder that lacks the version named by the lock file does not count: `terraform
    init` would fail on it although the registry has that version.
    """
    version = _locked_version(lock_file) or "*"
    target = _platform()
    patterns = (
        f"{version}/{target}/terraform-provider-aws*",
        f"terraform-provider-aws_{version}_{target}.zip",
    )
    for folder in folders:
        try:
            if any(any((folder / AWS_PROVIDER).glob(pattern)) for pattern in patterns):
                return folder
        except OSError:
            continue
    return None


def write_cli_config(target: Path, mirror: Path) -> None:
    """Write a Terraform CLI configuration that takes what `mirror` has from there.

    Other providers still come from the registry.
    """
    sources = sorted(
        str(provider.relative_to(mirror))
        for provider in (mirror / REGISTRY).glob("*/*")
        if provider.is_dir()
    )
    names = json.dumps(sources)
    text = (
        "# Written by mesh/stack/terraform.py: the provider mirror found on this machine.\n"
        "provider_installation {\n"
        f"  filesystem_mirror {{\n    path    = {json.dumps(str(mirror))}\n"
        f"    include = {names}\n  }}\n"
        f"  direct {{\n    exclude = {names}\n  }}\n"
        "}\n"
    )
    try:
        if target.is_file() and target.read_text() == text:
            return
        target.parent.mkdir(parents=True, exist_ok=True)
        # Renamed into place: other runs of Terraform may read it at this moment.
        with tempfile.NamedTemporaryFile("w", dir=target.parent, delete=False) as file:
            file.write(text)
        Path(file.name).replace(target)
    except OSError as error:
        raise CommandFailedError(f"cannot write {target}: {error.strerror}") from error


def _home(variables: Mapping[str, str]) -> Path:
    home = variables.get("HOME")
    return Path(home) if home else Path.home()


def _chooses_providers(cli_config: Path) -> bool:
    try:
        return "provider_installation" in cli_config.read_text()
    except OSError:
        return False


def _locked_version(lock_file: Path) -> str | None:
    try:
        found = re.search(
            rf'provider "{re.escape(str(AWS_PROVIDER))}" {{\s*version\s*=\s*"([^"]+)"',
            lock_file.read_text(),
        )
    except OSError:
        return None
    return found[1] if found else None


def _platform() -> str:
    machine = platform.machine().lower()
    architecture = {"x86_64": "amd64", "aarch64": "arm64"}.get(machine, machine)
    return f"{platform.system().lower()}_{architecture}"
