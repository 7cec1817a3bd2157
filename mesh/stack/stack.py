"""The stack on this machine: where its files lie, what is known of it, and who changes it."""

from __future__ import annotations

import json
import os
import shlex
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mesh.failure import CommandFailedError
from mesh.installation import CHECKOUT

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

ENVIRONMENT = "local"
ENDPOINT_PORT = 4566  # what every AWS emulator answers on, so that tools need no telling
URL_PORTS = "8787-8886"


def _here() -> Path:
    return CHECKOUT or Path.cwd()


@dataclass(frozen=True)
class Stack:
    """The files of the stack of one server, all below the ignored `.mesh` of its folder.

    Attributes:
        root: The server's folder; the checkout that Mesh runs from, or else the current one,
            where none is given.
        terraform_source: The Terraform root where it is not in the folder.
    """

    root: Path = field(default_factory=_here)
    terraform_source: Path | None = None

    @property
    def mesh(self) -> Path:
        """Everything the tooling makes, apart from the environment and the zip."""
        return self.root / ".mesh"

    @property
    def folder(self) -> Path:
        """What `mesh down` removes."""
        return self.mesh / "local"

    @property
    def aws(self) -> Path:
        """The state of local AWS."""
        return self.folder / "aws"

    @property
    def logs(self) -> Path:
        """What Terraform, local AWS and other services say."""
        return self.folder / "logs"

    @property
    def terraform_root(self) -> Path:
        """The root that production uses."""
        return self.terraform_source or self.root / "terraform"

    def values_of(self, environment: str) -> Path:
        """The file with an environment's values of Terraform's variables."""
        folder = self.terraform_root if self.is_checkout else self.root
        return folder / f"{environment}.tfvars"

    @property
    def is_checkout(self) -> bool:
        """Whether this is the stack of this checkout's own server."""
        return self.root == CHECKOUT

    def zip_of(self, architecture: str) -> Path:
        """The server's zip; that of a checkout is where `build.py` writes it, too."""
        folder = self.root if self.is_checkout else self.mesh
        return folder / "dist" / f"mesh-{architecture}.zip"

    @property
    def terraform_state(self) -> Path:
        """Terraform's state of this stack."""
        return self.folder / "terraform.tfstate"

    @property
    def terraform_data(self) -> Path:
        """TF_DATA_DIR of this stack: providers and modules."""
        return self.folder / "terraform"

    @property
    def variables(self) -> Path:
        """The values of the root's variables."""
        return self.folder / "local.tfvars.json"

    @property
    def variable_files(self) -> tuple[Path, ...]:
        """Terraform's files of values: the author's for this machine, if there is one, and ours."""
        own = self.values_of(ENVIRONMENT)
        return (*([own] if own.is_file() else []), self.variables)

    @property
    def outputs(self) -> Path:
        """Terraform's outputs after the last apply that succeeded."""
        return self.folder / "outputs.json"

    @property
    def applied(self) -> Path:
        """Digest of what the last apply that succeeded was made from."""
        return self.folder / "applied"

    @property
    def environment_file(self) -> Path:
        """KEY=VALUE lines for shells and scripts, the API key among them; mode 0600."""
        return self.mesh / "local.env"

    @property
    def lock(self) -> Path:
        """Held by the command that changes the stack; outside what `down` removes."""
        return self.mesh / "local.lock"

    def read_outputs(self) -> dict[str, Any]:
        """Give Terraform's outputs by name; {} before the first apply has succeeded."""
        try:
            read = json.loads(self.outputs.read_text())
        except (OSError, ValueError):
            return {}
        return read if isinstance(read, dict) else {}

    def read_environment(self) -> dict[str, str]:
        """Give what `local.env` says; {} when there is none."""
        try:
            words = shlex.split(self.environment_file.read_text(), comments=True)
        except (OSError, ValueError):
            return {}
        return dict(word.split("=", 1) for word in words if "=" in word)

    def write_environment(self, variables: Mapping[str, str]) -> None:
        """Write `local.env`, readable by its owner only."""
        lines = [f"{name}={shlex.quote(value)}" for name, value in variables.items()]
        head = "# Written by `mesh up`. For a shell: set -a; . .mesh/local.env; set +a"
        write_private(self.environment_file, "\n".join([head, *lines, ""]))


def write_private(target: Path, text: str) -> None:
    """Write `text` to `target` at once or not at all, with mode 0600."""
    target.parent.mkdir(parents=True, exist_ok=True)
    # mkstemp's files have mode 0600 from the start.
    descriptor, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    try:
        with os.fdopen(descriptor, "w") as file:
            file.write(text)
        Path(name).replace(target)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


@contextmanager
def exclusive(path: Path, command: str) -> Iterator[None]:
    """Let one `mesh up` or `mesh down` at a time work in a folder.

    It holds the lock `path` while the body runs. The system releases it if the process dies.

    Args:
        path: the lock file; it stays, its presence means nothing.
        command: what the holder is doing, such as `mesh up`, told to whoever comes second.

    Raises:
        CommandFailedError: another process holds it; the message names its process id.
    """
    import portalocker  # noqa: PLC0415 - most commands read a stack and lock nothing

    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+") as file:
        try:
            portalocker.lock(file, portalocker.LOCK_EX | portalocker.LOCK_NB)
        except portalocker.LockException as error:
            file.seek(0)
            holder = file.read().strip() or "another process"
            raise CommandFailedError(
                f"{holder} is running in this folder. Run this again when it has ended."
            ) from error
        file.truncate(0)
        file.write(f"{command} (process {os.getpid()})")
        file.flush()
        try:
            yield
        finally:
            file.truncate(0)
            # Before the release, so that nobody reads a name that is no longer true.
            file.flush()
            portalocker.unlock(file)
