"""`mesh drift` on the command line."""

from __future__ import annotations

from pathlib import Path

import click

DRIFTED = 2


@click.command("drift", short_help="Show what was changed in AWS by other means.")
@click.option(
    "--environment",
    metavar="NAME",
    help="The environment, such as staging: its values, its state.",
)
@click.option(
    "--markdown",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Also write the report there, as Markdown.",
)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED, metavar="[-- TERRAFORM...]")
@click.pass_context
def command(
    context: click.Context,
    *,
    environment: str | None,
    markdown: Path | None,
    arguments: tuple[str, ...],
) -> None:
    """Compare AWS with the state of the last apply, and list what differs.

    Changes nothing and takes no lock. Arguments after -- go to terraform plan, as
    with mesh release.

    Exit status: 0 without drift, 2 with drift, 1 when it could not be found out.
    """
    from mesh.deploy import drift
    from mesh.deploy.release import target as targets

    with targets.find(
        (drift.UNLOCKED, *arguments),
        key=None,
        allowed=(),
        command="mesh drift",
        environment=environment,
    ) as target:
        found = drift.find(target)
        report = drift.markdown(found, target.where)
    if markdown is not None:
        markdown.write_text(report, encoding="utf-8")
    click.echo(report, nl=False)
    context.exit(DRIFTED if found else 0)
