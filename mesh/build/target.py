"""What the zip is built for: a Lambda architecture and a Python version."""

from __future__ import annotations

import importlib.util
import platform
import sys
from dataclasses import dataclass

from mesh.build.failure import BuildError

# Amazon Linux 2023, below every Lambda runtime from python3.12 on:
# https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html
GLIBC = (2, 34)

# e_machine of the ELF header: EM_AARCH64 and EM_X86_64.
ELF_MACHINES = {"arm64": 183, "x86_64": 62}

# Architecture names of Lambda, by what operating systems call the same processors.
PROCESSORS = {"aarch64": "arm64", "arm64": "arm64", "x86_64": "x86_64", "amd64": "x86_64"}

# The bytecode format of each Python version, fixed from its first release candidate on.
# An alpha or beta writes another one, which the released interpreter ignores.
MAGIC_NUMBERS = {"3.13": 3571}


@dataclass(frozen=True)
class Target:
    """A Lambda runtime on a Lambda architecture.

    Attributes:
        architecture: `arm64` or `x86_64`, Lambda's names.
        python: Version of the runtime, such as `3.13`.
    """

    architecture: str
    python: str

    @property
    def processor(self) -> str:
        """The architecture as wheel tags and uv name it."""
        return {"arm64": "aarch64", "x86_64": "x86_64"}[self.architecture]

    @property
    def wheel_platform(self) -> str:
        """The newest platform tag whose wheels run there, in uv's spelling."""
        return f"{self.processor}-manylinux_{GLIBC[0]}_{GLIBC[1]}"

    @property
    def elf_machine(self) -> int:
        """`e_machine` of a shared object for this architecture."""
        return ELF_MACHINES[self.architecture]

    @property
    def title(self) -> str:
        """For messages."""
        return f"{self.architecture} (Python {self.python}, glibc {GLIBC[0]}.{GLIBC[1]})"


def host_architecture() -> str:
    """Lambda's name for this machine's processor.

    Raises:
        BuildError: Lambda has no such architecture.
    """
    machine = platform.machine().lower()
    if machine not in PROCESSORS:
        raise BuildError(
            f"This machine's processor is {machine!r}, and Lambda has only arm64 and x86_64. "
            "Name one of them with --architecture."
        )
    return PROCESSORS[machine]


def target(architecture: str, python: str) -> Target:
    """The target of those names; `host` is this machine's architecture.

    Raises:
        BuildError: no such architecture, or this interpreter cannot make bytecode for `python`.
    """
    if architecture == "host":
        architecture = host_architecture()
    if architecture not in ELF_MACHINES:
        raise BuildError(
            f"Lambda has no architecture {architecture!r}: use arm64, x86_64, "
            "or host for this machine's."
        )
    running = f"{sys.version_info.major}.{sys.version_info.minor}"
    if python != running:
        raise BuildError(
            f"Python {python} was asked for, and this is Python {running}. The bytecode in the zip "
            f"is valid only for the version that wrote it: run the build under Python {python}, "
            "with requirements/lambda.txt locked for it, or leave --python out."
        )
    magic = int.from_bytes(importlib.util.MAGIC_NUMBER[:2], "little")
    if MAGIC_NUMBERS.get(python) != magic:
        raise BuildError(
            f"This Python {sys.version.split()[0]} writes bytecode of format {magic}, Lambda's "
            f"python{python} reads {MAGIC_NUMBERS.get(python, 'one not known here')}: every cold "
            "start would compile everything again. Use a released CPython."
        )
    return Target(architecture, python)
