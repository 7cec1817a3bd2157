"""Lambda's limits on a zip: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html."""

from __future__ import annotations

from collections.abc import Sequence

from mesh.build.bundle.layer import Package
from mesh.build.failure import BuildError

MEBIBYTE = 1024 * 1024
# In a request that makes or changes a function; more goes through S3.
ZIP_BYTES = 50 * MEBIBYTE
UNZIPPED_BYTES = 250 * MEBIBYTE
SHOWN = 5
NEEDS_BUCKET = (
    "Lambda takes a zip over 50 MB only from S3. Set the variable zip_bucket to the bucket of "
    "`mesh bootstrap`."
)


def needs_bucket(zip_bytes: int) -> bool:
    """Whether a zip is too large for a direct upload."""
    return zip_bytes > ZIP_BYTES


def check(unzipped_bytes: int, packages: Sequence[Package]) -> None:
    """Refuse what Lambda would refuse, before anything is uploaded.

    Args:
        unzipped_bytes: Size of all files on Lambda's disk.
        packages: What is in the zip.

    Raises:
        BuildError: over the limit; says by how much, and which packages are the largest.
    """
    if unzipped_bytes <= UNZIPPED_BYTES:
        return
    largest = sorted(packages, key=lambda one: -one.unzipped)[:SHOWN]
    named = ", ".join(f"{one.name} {megabytes(one.unzipped)}" for one in largest)
    raise BuildError(
        f"Unzipped it has {megabytes(unzipped_bytes)}, and Lambda unpacks at most "
        f"{megabytes(UNZIPPED_BYTES)}. The largest: {named}.\n"
        "Take packages out of the requirements, or leave files out with the setting include."
    )


def megabytes(size: int) -> str:
    """`size` bytes for people, in the megabytes of 1,048,576 bytes that AWS counts in."""
    return f"{size / MEBIBYTE:.2f} MB"
