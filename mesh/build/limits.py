"""Lambda's limits on a zip: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html."""

from __future__ import annotations

from collections.abc import Sequence

from mesh.build.failure import BuildError
from mesh.build.layer import Package

MEBIBYTE = 1024 * 1024
ZIP_BYTES = 50 * MEBIBYTE
UNZIPPED_BYTES = 250 * MEBIBYTE
SHOWN = 5


def check(zip_bytes: int, unzipped_bytes: int, packages: Sequence[Package]) -> None:
    """Refuse what Lambda would refuse, before anything is uploaded.

    Raises:
        BuildError: over a limit; says by how much, and which packages are the largest.
    """
    problems = []
    if zip_bytes > ZIP_BYTES:
        largest = sorted(packages, key=lambda one: -one.zipped)[:SHOWN]
        problems.append(
            f"The zip has {megabytes(zip_bytes)}, {megabytes(zip_bytes - ZIP_BYTES)} more than the "
            f"{megabytes(ZIP_BYTES)} that Lambda takes in a direct upload. The largest in it: "
            + ", ".join(f"{one.name} {megabytes(one.zipped)}" for one in largest)
        )
    if unzipped_bytes > UNZIPPED_BYTES:
        largest = sorted(packages, key=lambda one: -one.unzipped)[:SHOWN]
        problems.append(
            f"Unzipped it has {megabytes(unzipped_bytes)}, "
            f"{megabytes(unzipped_bytes - UNZIPPED_BYTES)} more than the "
            f"{megabytes(UNZIPPED_BYTES)} that Lambda unpacks. The largest: "
            + ", ".join(f"{one.name} {megabytes(one.unzipped)}" for one in largest)
        )
    if problems:
        raise BuildError(
            ".\n".join(problems)
            + ".\nTake packages out of requirements/lambda.in, or index less (--knowledge)."
        )


def megabytes(size: int) -> str:
    """`size` bytes for people, in the megabytes of 1,048,576 bytes that AWS counts in."""
    return f"{size / MEBIBYTE:.2f} MB"
