"""Lambda's limits on a zip: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html."""

from __future__ import annotations

from collections.abc import Sequence

from ops.bundle.failure import BuildError
from ops.bundle.layer import Package

MEBIBYTE = 1024 * 1024
ZIP_BYTES = 50 * MEBIBYTE
UNZIPPED_BYTES = 250 * MEBIBYTE
SHOWN = 5


def check(
    zip_bytes: int,
    unzipped_bytes: int,
    packages: Sequence[Package],
    *,
    zip_limit: int = ZIP_BYTES,
    unzipped_limit: int = UNZIPPED_BYTES,
) -> None:
    """Refuse what Lambda would refuse, before anything is uploaded.

    Raises:
        BuildError: over a limit; says by how much, and which packages are the largest.
    """
    problems = []
    if zip_bytes > zip_limit:
        largest = sorted(packages, key=lambda one: -one.zipped)[:SHOWN]
        problems.append(
            f"The zip has {megabytes(zip_bytes)}, {megabytes(zip_bytes - zip_limit)} more than the "
            f"{megabytes(zip_limit)} that Lambda takes in a direct upload. Largest in it: "
            + ", ".join(f"{one.name} {megabytes(one.zipped)}" for one in largest)
        )
    if unzipped_bytes > unzipped_limit:
        largest = sorted(packages, key=lambda one: -one.unzipped)[:SHOWN]
        problems.append(
            f"Unzipped it has {megabytes(unzipped_bytes)}, "
            f"{megabytes(unzipped_bytes - unzipped_limit)} more than the "
            f"{megabytes(unzipped_limit)} that Lambda unpacks. Largest: "
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
