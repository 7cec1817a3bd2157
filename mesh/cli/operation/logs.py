"""`mesh logs` on the command line."""

from __future__ import annotations

import os
import re
import shutil
import sys
import time
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from mesh.logs.logs import Event

UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
NARROWEST = 80


class Ago(click.ParamType[int]):
    """A time span such as `90s`, `10m`, `2h`, `1d`, as seconds."""

    name = "span"

    def convert(
        self, value: str | int, param: click.Parameter | None, ctx: click.Context | None
    ) -> int:
        """Give the seconds, or fail as wrong usage."""
        if isinstance(value, int):
            return value
        found = re.fullmatch(r"(\d{1,6})([smhd])", value)
        if found is None:
            self.fail(f"{value!r} is no time span; write e.g. 90s, 10m, 2h, 1d", param, ctx)
        return int(found[1]) * UNITS[found[2]]


@click.command("logs", short_help="Show and follow the function's logs.")
@click.option("-f", "--follow", is_flag=True, help="Go on with new events, until Ctrl-C.")
@click.option(
    "--since", type=Ago(), default="10m", metavar="SPAN", help="How far back, 10m by default."
)
@click.option("--grep", metavar="TEXT", help="Only events with this text, in upper or lower case.")
@click.option("--errors", is_flag=True, help="Only failures, with their tracebacks.")
@click.option("--raw", is_flag=True, help="Events as they were written, Lambda's own too.")
@click.option("--environment", metavar="NAME", help="Of this environment, such as staging.")
@click.option(
    "--log-group",
    metavar="NAME",
    help="Of a deployed function: Terraform's output log_group_name. Read with the "
    "credentials that the AWS CLI would use.",
)
@click.option("--region", metavar="NAME", help="Region of that log group.")
def command(
    *,
    follow: bool,
    since: int,
    grep: str | None,
    errors: bool,
    raw: bool,
    environment: str | None,
    log_group: str | None,
    region: str | None,
) -> None:
    """Show the function's CloudWatch logs: one line for each event, times in UTC.

    Without --environment or --log-group those of the stack on this machine.
    With --errors these are errors, 5xx and timeouts, and what a traceback says follows
    in full. Lines are cut to a terminal's width, and never in a pipe or a file.
    Requests are shown as method, path or tool, status, duration and caller. Then comes
    the reason where FastMCP answered, and `cold` for an instance's first request.
    Lambda's lines around an invocation that went well are left out; --raw has them.
    """
    if environment and log_group:
        raise click.UsageError("Use --environment or --log-group, not both.")
    from mesh.logs import logs
    from mesh.logs.view import View

    group = logs.find(log_group, region, environment)
    began = int((time.time() - since) * 1000)
    # What reads a pipe or a file wants it all.
    columns = shutil.get_terminal_size().columns if sys.stdout.isatty() else None
    width = None if columns is None else max(NARROWEST, columns)

    view = View(width=width, text=grep, errors=errors, raw=raw)

    def show(events: list[Event]) -> bool:
        shown = False
        for event in events:
            for line in view.lines(event):
                click.echo(line)
                shown = True
        # Whoever reads through a pipe wants it now.
        sys.stdout.flush()
        return shown

    try:
        if not follow:
            if not show(group.events(began)):
                click.echo("nothing to show; --since looks back further", err=True)
            return
        for events in group.follow(began):
            show(events)
    except KeyboardInterrupt:
        # The way to end it, not a failure; the terminal has shown ^C.
        click.echo(err=True)
    except BrokenPipeError:
        # `mesh logs | head`: nobody reads on. Python would complain once more at its exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
