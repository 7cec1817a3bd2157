"""`mesh verify` on the command line."""

from __future__ import annotations

import json
from pathlib import Path

import click

# Packages in which a document and a zip differ, by name; of the others only how many.
SHOWN = 5


@click.command("verify", short_help="Verify what a zip holds, and who built it.")
@click.option(
    "--sbom",
    "document",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    metavar="FILE",
    help="Its CycloneDX document; NAME.cdx.json beside the zip unless given.",
)
@click.option(
    "--repository",
    metavar="OWNER/NAME",
    help="GitHub repository whose deploy workflow has to have built it.",
)
@click.option(
    "--commit", metavar="SHA", help="The commit that it must be built from; needs --repository."
)
@click.argument("zipped", metavar="ZIP", type=click.Path(path_type=Path, exists=True))
def command(
    *, document: Path | None, repository: str | None, commit: str | None, zipped: Path
) -> None:
    """Verify that ZIP is what its build recorded, and what its document lists.

    With --repository, also verify GitHub's attestations: that this repository's
    workflow built this very zip, and which parts it attested. That needs gh, signed
    in. Exit status: 0 when all holds, 1 when something does not.
    """
    from mesh.build import attestation, sbom
    from mesh.failure import CommandFailedError

    if commit and not repository:
        raise click.UsageError("--commit needs --repository.")
    record = sbom.record_of(zipped)
    click.echo(f"content     {record['content_sha256']}, as its build recorded")
    file = document or sbom.file_of(zipped)
    if not file.is_file():
        raise CommandFailedError(f"there is no {file}: name the document with --sbom.")
    made = sbom.document(zipped)
    if file.read_text(encoding="utf-8") != made:
        raise CommandFailedError(_difference(file, zipped, made))
    click.echo(f"parts       {len(sbom.parts(json.loads(made)))} packages, as {file} lists them")
    if commit and record["commit"] != commit:
        raise CommandFailedError(
            f"{zipped} was built from commit {record['commit']}, not {commit}."
        )
    if repository:
        attestation.verify(zipped, attestation.Origin(repository, commit=commit))
        click.echo(f"attested    by {repository}, commit {record['commit']}")


def _difference(file: Path, zipped: Path, made: str) -> str:
    """Say in which packages a document and a zip differ."""
    from mesh.build import sbom

    try:
        listed = sbom.parts(json.loads(file.read_text(encoding="utf-8")))
    except (ValueError, AttributeError, KeyError, TypeError):
        return f"{file} is no CycloneDX document; write it again with mesh sbom {zipped}."
    there = sbom.parts(json.loads(made))
    names = sorted(
        name for name in listed.keys() | there.keys() if listed.get(name) != there.get(name)
    )
    told = ", ".join(
        f"{name} ({listed.get(name, 'missing')} there, {there.get(name, 'missing')} in the zip)"
        for name in names[:SHOWN]
    )
    if len(names) > SHOWN:
        told += f" and {len(names) - SHOWN} more"
    return f"{file} is not the document of {zipped}: {told or 'they are of different zips'}."
