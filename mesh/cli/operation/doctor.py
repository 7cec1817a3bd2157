"""`mesh doctor` on the command line.

A group, so that `mesh doctor QUESTION URL` can ask about one thing thoroughly. Its first argument
is a subcommand or, if there is none of that name, the address for `mesh doctor server`: an address
has a dot, a colon or a slash, and a subcommand's name never has.
"""

from __future__ import annotations

import json
import os
import sys
from typing import TextIO

import click

from mesh.stack.lookup import running_here

DEFAULT = "server"


class Questions(click.Group):
    """A group whose first argument may be an address."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put the default subcommand before an address, with or without options around it."""
        if not {*args[:1]} & self.commands.keys() and not {*args} & {*ctx.help_option_names}:
            args = [DEFAULT, *args]
        return super().parse_args(ctx, args)


@click.group("doctor", cls=Questions, short_help="Ask a deployment what is wrong with it.")
def command() -> None:
    """Ask a deployment what is wrong with it: `mesh doctor [URL]`.

    That is `mesh doctor server [URL]`. What a subcommand asks about, it asks
    thoroughly.
    """


@command.command(DEFAULT, short_help="The first questions of whoever is on call.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.option(
    "--region", metavar="NAME", help="Of the function, where URL is a domain of your own."
)
@click.argument("url", required=False)
@click.pass_context
def server(context: click.Context, *, as_json: bool, region: str | None, url: str | None) -> None:
    """Answer the first questions of whoever is on call, on one screen.

    Does URL answer, and until when is its certificate valid? Which versions are live?
    Are both grants there, and can the server read its API keys? What limits it, what
    failed in the last hour, which alarms are on? What did somebody change by hand?

    URL is all that it needs: it asks AWS for the function. Without URL, it asks about
    the server that `mesh up` runs for the current folder. It changes nothing, and
    reads no key and no secret. What it may not ask it lists with the missing right.

    Exit status: 0 when all is well, 2 when something is wrong, 1 when something
    could not be asked and nothing else is wrong.
    """
    from mesh.doctor.examination import examine

    if url is None:
        url, variables, _ = running_here()
        # Only where it runs are these the right credentials.
        os.environ |= {name: text for name, text in variables.items() if name.startswith("AWS_")}
    report = examine(url, region)
    if as_json:
        click.echo(json.dumps(report.document(), indent=2, default=str))
    else:
        click.echo("\n".join(report.lines()))
    context.exit(report.exit_status)


@command.command("auth", short_help="Sign in as a client does; say which step fails.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.option(
    "--client-id",
    metavar="ID",
    help="Of a client that the issuer knows, or the address of its metadata document.",
)
@click.option(
    "--client-secret",
    type=click.File(),
    metavar="FILE",
    help="Of a confidential client; - for standard input.",
)
@click.option(
    "--audience",
    "audiences",
    multiple=True,
    metavar="AUDIENCE",
    help="One of the server's oauth_audiences; may be repeated.",
)
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=0,
    metavar="PORT",
    help="Of the redirect to 127.0.0.1, where the issuer wants an exact one.",
)
@click.option(
    "--ca",
    "authority",
    type=click.File(),
    metavar="FILE",
    help="PEM of a private authority to trust besides the public ones.",
)
@click.option("--no-browser", is_flag=True, help="Print the address to open, open nothing.")
@click.option(
    "--token",
    type=click.File(),
    metavar="FILE",
    help="Explain this token instead of signing in; - for standard input.",
)
@click.argument("url")
@click.pass_context
def auth(
    context: click.Context,
    *,
    as_json: bool,
    client_id: str | None,
    client_secret: TextIO | None,
    audiences: tuple[str, ...],
    port: int,
    authority: TextIO | None,
    no_browser: bool,
    token: TextIO | None,
    url: str,
) -> None:
    """Sign in to the MCP server at URL as Claude, ChatGPT, VS Code and Cursor do.

    Asks for the metadata of the server and of its issuer, becomes a client, signs in
    with PKCE, explains the token, calls the server, and refreshes. Each step that
    fails says who has to act (this server, the issuer, or the client's settings), and
    what to set. Works with any MCP server.

    Without --client-id it registers a client with the issuer, and deletes it where
    the issuer allows that. The browser comes back to 127.0.0.1. Without a terminal,
    it stops before somebody has to sign in, unless --no-browser is given. A token is
    sent to URL only if it may be for that server, and is never shown.

    Exit status: 0 when all is well, 2 when a step failed, 1 when a step was not tried
    and nothing else is wrong.
    """
    from mesh.doctor.sign_in import Wishes, examine

    can_ask = no_browser or sys.stdin.isatty()

    def show(address: str) -> None:
        opened = not no_browser and click.launch(address) == 0
        told = "Sign in in the browser" if opened else "Open this address and sign in"
        click.echo(f"{told}:\n{address}\n", err=True)

    report = examine(
        url,
        Wishes(
            client_id=client_id,
            client_secret=client_secret.read().strip() if client_secret else None,
            audiences=audiences,
            port=port,
            token=token.read().strip() if token else None,
            authority=authority.read() if authority else None,
            show=show if can_ask else None,
        ),
    )
    if as_json:
        click.echo(json.dumps(report.document(), indent=2, default=str))
    else:
        click.echo("\n".join(report.lines()))
    context.exit(report.exit_status)
