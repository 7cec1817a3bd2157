"""Container images of a server: two Dockerfiles that take the zip, and how to build with them."""

from __future__ import annotations

import shutil
from pathlib import Path

# By what each is for; the files lie here.
DOCKERFILES = {
    "Lambda": "function.Dockerfile",
    "Fargate or any other host, and Lambda": "web.Dockerfile",
}
# https://docs.docker.com/build/building/multi-platform/
PLATFORMS = {"arm64": "linux/arm64", "x86_64": "linux/amd64"}


def write_dockerfiles(zip_path: Path, architecture: str, name: str) -> str:
    """Write the Dockerfiles beside a zip.

    Args:
        zip_path: The zip that the images unpack.
        architecture: Its processor, `arm64` or `x86_64`.
        name: The server's name, for the images' tags.

    Returns:
        The commands that build the images, for people.
    """
    folder = zip_path.parent
    lines = []
    for purpose, file in DOCKERFILES.items():
        shutil.copyfile(Path(__file__).parent / file, folder / file)
        kind = file.partition(".")[0]
        arguments = f"--platform {PLATFORMS[architecture]} --build-arg ZIP={zip_path.name}"
        lines += [
            f"An image for {purpose}:",
            # Lambda takes no image with an attestation beside it:
            # https://docs.aws.amazon.com/lambda/latest/dg/python-image.html
            f"  docker build {arguments} --provenance=false \\",
            f"    --file {folder / file} --tag {name}-{kind} {folder}",
        ]
    return "\n".join(lines)
