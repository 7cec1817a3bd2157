"""What this machine is: its architecture, its Python, and which functions they can run."""

from __future__ import annotations

import platform
import sys

from mesh.local_aws.functions import FunctionVersion

RUNTIME = f"python{sys.version_info.major}.{sys.version_info.minor}"
ARCHITECTURES = {"x86_64": "x86_64", "amd64": "x86_64", "aarch64": "arm64", "arm64": "arm64"}


class CannotRunHereError(Exception):
    """This machine cannot run the function; the message says why and what to do."""


def architecture() -> str:
    """This machine's architecture, as Lambda names it."""
    return ARCHITECTURES.get(platform.machine().lower(), platform.machine())


def check_can_run(version: FunctionVersion) -> None:
    """Refuse what would only crash, or run as something else than it is.

    Raises:
        CannotRunHereError: its architecture, runtime, layers or package type.
    """
    what = f"{version.function.name} (version {version.version})"
    if version.architecture != architecture():
        raise CannotRunHereError(
            f"{what} is built for {version.architecture} and this machine is {architecture()}: "
            f"build and deploy it with architecture {architecture()} to run it here"
        )
    if version.runtime != RUNTIME:
        raise CannotRunHereError(
            f"{what} wants the runtime {version.runtime or 'of an image'}: "
            f"local AWS runs {RUNTIME} only"
        )
    if version.config.get("Layers"):
        raise CannotRunHereError(
            f"{what} has layers, which local AWS does not mount: put their content into the zip"
        )
    if not version.code:
        raise CannotRunHereError(f"{what} has no zip")


def base_interpreter() -> str:
    """The interpreter that the virtual environment was made from: no host packages with it."""
    return str(getattr(sys, "_base_executable", None) or sys.executable)
