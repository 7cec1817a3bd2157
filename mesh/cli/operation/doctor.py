"""`mesh doctor` on the command line.

A group, so that `mesh doctor QUESTION URL` can ask about one thing thoroughly. Its first argument
is a subcommand or, if there is none of that name, the address for `mesh doctor server`: an address
has a dot, a colon or a slash, and a subcommand's name never has.
"""

from __future__ import annotations

import json

import click

DEFAULT = "server"


class Questions(click.Group):
    """A group whose first argument may be an address."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put the default subcommand before an address, with or without options around it."""
        if args and args[0] not in self.commands and not {*args} & {*ctx.help_option_names}:
            args = [DEFAULT, *args]
        return super().parse_args(ctx, args)


@click.group("doctor", cls=Questions, short_help="Ask a deployment what is wrong with it.")
def command() -> None:
    """Ask a deployment what is wrong with it: `mesh doctor URL`.

    That is `mesh doctor server URL`. What a subcommand asks about, it asks
    thoroughly.
    """


@command.command(DEFAULT, short_help="The first questions of whoever is on call.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.option(
    "--region", metavar="NAME", help="Of the function, where URL is a domain of your own."
)
@click.argument("url")
@click.pass_context
def server(context: click.Context, *, as_json: bool, region: str | None, url: str) -> None:
    """Answer the first questions of whoever is on call, on one screen.

    Does URL answer, and until when is its certificate valid? Which versions are live?
    Are both grants there, and can the server read its API keys? What limits it, what
    failed in the last hour, which alarms are on? What did somebody change by hand?

    URL is all that it needs: it asks AWS for the function. It changes nothing, and
    reads no key and no secret. What it may not ask it lists with the missing right.

    Exit status: 0 when all is well, 2 when something is wrong, 1 when something
    could not be asked and nothing else is wrong.
    """
    from mesh.doctor.examination import examine

    report = examine(url, region)
    if as_json:
        click.echo(json.dumps(report.document(), indent=2, default=str))
    else:
        click.echo("\n".join(report.lines()))
    context.exit(report.exit_status)
