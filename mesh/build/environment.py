"""Makes the project's own environment, `.venv`, from the hash-locked requirements.

Standard library only: this runs on a bare Python 3.13, before anything is installed.
uv comes from the package index into the environment itself, and installs the rest.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
import venv
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mesh import uv
from mesh.installation import BIN, CACHE, PACKAGE, VENV
from mesh.local_aws.instances import managed_runtime

try:
    import fcntl
except ImportError:  # Windows, where nobody runs two of these at once by accident
    fcntl = None  # type: ignore[assignment]

ROOT = PACKAGE.parent
# What the environment was made from: its packages, and the project in it.
PACKAGES_STAMP = VENV / ".mesh-packages"
PROJECT_STAMP = VENV / ".mesh-project"
LOCKS = (
    "requirements/uv.txt",
    "requirements/dev.txt",
    "requirements/runtime.txt",
    ".python-version",
)


class EnvironmentFailedError(Exception):
    """The environment cannot be made; the message says what to do."""


def digest(*names: str) -> str:
    """Digest of these files, of the interpreter and of the folder: all that is built in."""
    content = hashlib.sha256(f"{sys.version}|{sys.base_prefix}|{ROOT}".encode())
    for name in names:
        content.update((ROOT / name).read_bytes())
    return content.hexdigest()


def is_stamped(stamp: Path, wanted: str) -> bool:
    """Whether the step behind this stamp was finished for what is wanted now."""
    return stamp.is_file() and stamp.read_text() == wanted


def run(step: str, *command: str, variables: dict[str, str] | None = None) -> None:
    """Run one installation step.

    Raises:
        EnvironmentFailedError: with the tool's last lines and what usually causes them.
    """
    print(f"  {step}", flush=True)
    done = subprocess.run(
        command, cwd=ROOT, env=variables, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        tail = "\n".join((done.stderr or done.stdout).strip().splitlines()[-12:])
        raise EnvironmentFailedError(
            f"{step}: failed.\n{tail}\n"
            "Is the Python package index reachable from here? A mirror is taken from "
            "pip's configuration (`pip config set global.index-url ...`) or UV_DEFAULT_INDEX."
        )


@contextmanager
def alone() -> Iterator[None]:
    """Wait until no other command of this checkout makes the environment."""
    CACHE.mkdir(parents=True, exist_ok=True)
    # State, logs and keys lie beside it.
    CACHE.parent.chmod(0o700)
    with (CACHE / "environment.lock").open("w") as file:
        if fcntl is not None:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                print("environment: another command makes it; waiting", flush=True)
                fcntl.flock(file, fcntl.LOCK_EX)
        yield


def install_packages() -> None:
    """Make `.venv` again, with uv, the locked packages and Lambda's managed runtime."""
    shutil.rmtree(VENV, ignore_errors=True)
    try:
        venv.create(VENV, with_pip=True)
    except (OSError, subprocess.CalledProcessError) as error:
        raise EnvironmentFailedError(
            f"`{sys.executable} -m venv` does not work here ({error}). "
            "On Debian and Ubuntu install python3.13-venv."
        ) from error
    pip = (str(BIN / "python"), "-m", "pip", "install", "--quiet", "--no-cache-dir")
    locked = ("--require-hashes", "--disable-pip-version-check", "-r", "requirements/uv.txt")
    run("uv", *pip, *locked)
    variables = uv.variables()
    install = (uv.executable(), "pip", "install", "--require-hashes")
    run("packages", *install, "-r", "requirements/dev.txt", variables=variables)
    run(
        "Lambda's managed runtime",
        *(*install, "-r", "requirements/runtime.txt", "--target", str(managed_runtime.folder())),
        variables=variables,
    )


def install_project() -> None:
    """Put the checkout on the environment's path, and the `mesh` command into it."""
    install = (uv.executable(), "pip", "install", "--no-deps", "--no-build-isolation")
    both = ("--editable", ".", "--editable", "aoma")
    run("the mesh command", *install, *both, variables=uv.variables())


def make() -> bool:
    """Bring `.venv` to what the lock files say; True when something had to be done.

    Raises:
        EnvironmentFailedError: the interpreter does not fit, or an installation failed.
    """
    if sys.version_info[:2] != (3, 13):
        raise EnvironmentFailedError(
            f"Python 3.13 is needed (the Lambda runtime's); this is {sys.version.split()[0]}. "
            "Install it and run `make PYTHON=/path/to/python3.13 ...`."
        )
    packages, project = digest(*LOCKS), digest("pyproject.toml", "aoma/pyproject.toml")
    made = False
    with alone():
        if not is_stamped(PACKAGES_STAMP, packages):
            print("environment: .venv from requirements/dev.txt", flush=True)
            install_packages()
            PACKAGES_STAMP.write_text(packages)
            made = True
        if not is_stamped(PROJECT_STAMP, project):
            install_project()
            PROJECT_STAMP.write_text(project)
            made = True
    return made


def main() -> int:
    """Make the environment; the exit status is 1 with one clear message on failure."""
    try:
        make()
    except EnvironmentFailedError as error:
        print(f"environment: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
