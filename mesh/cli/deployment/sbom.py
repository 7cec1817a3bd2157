"""`mesh sbom` on the command line."""

from __future__ import annotations

from pathlib import Path

import click


@click.command("sbom", short_help="Write the parts of a zip as a CycloneDX document.")
@click.option(
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Where to write; beside the zip, as NAME.cdx.json, unless given.",
)
@click.argument("zipped", metavar="ZIP", type=click.Path(path_type=Path, exists=True))
def command(*, zipped: Path, output: Path | None) -> None:
    """Write which packages ZIP holds, with versions and licences.

    The document is made from the zip alone, and the same zip gives the same bytes.
    """
    from mesh.build import sbom

    target = output or sbom.file_of(zipped)
    target.write_text(sbom.document(zipped), encoding="utf-8")
    click.echo(f"{target}: the parts of {zipped}")
