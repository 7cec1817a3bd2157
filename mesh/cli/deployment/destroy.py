"""`mesh destroy` on the command line."""

from __future__ import annotations

import click


@click.command("destroy", short_help="Destroy an environment, its address and its keys.")
@click.option(
    "--environment", metavar="NAME", required=True, help="The environment, such as staging."
)
@click.option(
    "--confirm", metavar="NAME", help="The environment's name once more; else you are asked for it."
)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED, metavar="[-- TERRAFORM...]")
def command(*, environment: str, confirm: str | None, arguments: tuple[str, ...]) -> None:
    """Destroy all that an environment consists of, for good.

    The address never comes back, and the keys, the secrets and the log are lost. The
    state stays in the bucket, empty. Arguments after -- go to terraform destroy.
    """
    from mesh.deploy.destruction import destroy
    from mesh.deploy.release import target as targets

    typed = confirm or click.prompt(f"Type {environment} to destroy it", default="")
    if typed != environment:
        raise click.ClickException(f"nothing was destroyed: {typed!r} is not {environment!r}.")
    with targets.find(
        arguments, key=None, allowed=(), command="mesh destroy", environment=environment
    ) as target:
        there = destroy(target)
    told = "is destroyed." if there else "is not deployed: there was nothing to destroy."
    click.echo(f"{environment} {told}")
