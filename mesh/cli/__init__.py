"""The `mesh` command: its subcommands, and the edge where failures become one line.

Modules of subcommands import what they work with when they are run: boto3, httpx and psycopg
would make each --help, and the list of all commands, half a second slower.
"""

from __future__ import annotations

import errno
import importlib
import os
import signal
import sys
import time
import traceback
from importlib.metadata import entry_points
from typing import TYPE_CHECKING

import click

from mesh.failure import CommandFailedError
from mesh.installation import CHECKOUT
from mesh.local_aws.private_files import keep_private
from mesh.stack.stack import Stack

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import FrameType

# In the order of `mesh --help`; each module has one click command called `command`.
COMMANDS = {
    "init": "mesh.cli.server.init",
    "up": "mesh.cli.server.up",
    "dev": "mesh.cli.server.dev",
    "down": "mesh.cli.server.down",
    "status": "mesh.cli.server.status",
    "config": "mesh.cli.server.config",
    "logs": "mesh.cli.operation.logs",
    "smoke": "mesh.cli.operation.smoke",
    "doctor": "mesh.cli.operation.doctor",
    "keys": "mesh.cli.operation.keys",
    "secrets": "mesh.cli.operation.secrets",
    "domain": "mesh.cli.operation.domain",
    "connect": "mesh.cli.clients.connect",
    "bundle": "mesh.cli.clients.bundle",
    "server-json": "mesh.cli.clients.server_json",
    "build": "mesh.cli.server.build",
    "sbom": "mesh.cli.deployment.sbom",
    "verify": "mesh.cli.deployment.verify",
    "deploy": "mesh.cli.deployment.deploy",
    "release": "mesh.cli.deployment.release",
    "rollback": "mesh.cli.deployment.rollback",
    "plan-guard": "mesh.cli.deployment.plan_guard",
    "drift": "mesh.cli.deployment.drift",
    "destroy": "mesh.cli.deployment.destroy",
    "state": "mesh.cli.deployment.state",
    "bootstrap": "mesh.cli.deployment.bootstrap",
    "cost": "mesh.cli.migration.cost",
    "migrate": "mesh.cli.migration.migrate",
    "compare": "mesh.cli.migration.compare",
    "cutover": "mesh.cli.migration.cutover",
    "retire": "mesh.cli.migration.retire",
}
# About Mesh's own files.
if CHECKOUT:
    COMMANDS |= {
        "docs": "mesh.cli.server.docs",
        "terraform-check": "mesh.cli.deployment.terraform_check",
    }
# Entry points of other packages: their name is the command's, and their object a click command.
FURTHER = "mesh.commands"
INTERRUPTED = 130  # 128 + SIGINT, as shells report it
# What the machine refuses for a reason that its own words and the path explain.
EXPLAINED_BY_THE_SYSTEM = {
    errno.EACCES,
    errno.EDQUOT,
    errno.EMFILE,
    errno.ENOSPC,
    errno.EPERM,
    errno.EROFS,
}


class Commands(click.Group):
    """Imports a subcommand when it is asked for: `mesh status` needs no AWS library."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's interface
        """Give the names in the order in which a newcomer meets them."""
        return [*COMMANDS, *(one.name for one in entry_points(group=FURTHER))]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - as above
        """Import the subcommand's module."""
        module = COMMANDS.get(cmd_name)
        if module is None:
            further = next(iter(entry_points(group=FURTHER, name=cmd_name)), None)
            command = further.load() if further else None
        else:
            command = importlib.import_module(module).command
        return command if isinstance(command, click.Command) else None


@click.group(
    cls=Commands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 80},
)
@click.version_option(package_name="mesh-mcp", prog_name="mesh")
def command_line() -> None:
    """Run, test and release the MCP server.

    On this machine: init, up, dev, down, status, config. Any server: logs, smoke,
    doctor, keys, secrets, domain. Clients: connect, bundle, server-json. Releases:
    build, sbom, verify, deploy, release, rollback, plan-guard, drift, destroy, state,
    bootstrap. From containers: cost, migrate, compare, cutover, retire.
    Every command has its own --help.
    """


def run(arguments: Sequence[str]) -> int:
    """Run one command line and give its exit status; no traceback reaches the terminal."""
    try:
        outcome = command_line.main(list(arguments), prog_name="mesh", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except click.Abort:  # what click makes of KeyboardInterrupt
        click.echo("mesh: interrupted.", err=True)
        return INTERRUPTED
    except Exception as error:  # noqa: BLE001 - the edge: a bug, too, ends as one line and a log
        click.echo(f"mesh: {explained(error)}", err=True)
        return 1
    return outcome if isinstance(outcome, int) else 0


def interrupt(_: int, frame: FrameType | None) -> None:
    """Do what Ctrl-C does at this moment; an event loop cancels its task then."""
    handler = signal.getsignal(signal.SIGINT)
    if not callable(handler):  # a shell's background jobs ignore SIGINT
        handler = signal.default_int_handler
    handler(signal.SIGINT, frame)


def settle() -> None:
    """Let no later signal change the exit status of work that has ended."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)


def main() -> None:
    """Be the `mesh` command."""
    keep_private()
    # A closed terminal or a stopped job ends a command as Ctrl-C does: in order.
    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is signal.SIG_DFL:  # not under nohup
            signal.signal(number, interrupt)
    # What runs on this machine is not reached through a company's proxy.
    for name in ("NO_PROXY", "no_proxy"):
        os.environ[name] = ",".join(filter(None, [os.environ.get(name), "127.0.0.1,localhost"]))
    status = run(sys.argv[1:])
    settle()
    sys.exit(status)


def explained(error: Exception) -> str:
    """Say in one line what happened; the traceback of a bug goes into a file."""
    if isinstance(error, CommandFailedError):
        return str(error)
    if isinstance(error, OSError) and error.errno in EXPLAINED_BY_THE_SYSTEM:
        return f"{error.strerror}: {error.filename or 'while writing'}."
    log = Stack().mesh / "logs" / f"error-{time.strftime('%Y%m%d-%H%M%S')}-{os.getpid()}.log"
    try:
        log.parent.mkdir(parents=True, exist_ok=True)
        log.write_text("".join(traceback.format_exception(error)))
        where = str(log)
    except OSError as unwritten:
        where = f"no file, for {log} cannot be written: {unwritten.strerror}"
    said = [type(error).__name__, *str(error).splitlines()[:1]]
    return f"unexpected {': '.join(said)} (traceback in {where})"
