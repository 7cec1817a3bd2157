"""`mesh plan-guard` on the command line."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path

import click

from mesh import progress
from mesh.deploy.plan_guard import Verdict, judge, read_plan, summary
from mesh.stack import terraform
from mesh.stack.stack import Stack


def print_verdict(verdict: Verdict, *, err: bool = False) -> None:
    """Print one line for each finding, and how to allow what is meant."""
    stream = sys.stderr if err else sys.stdout
    for finding in verdict.stops:
        click.echo(f"{progress.paint('STOP', 'red', stream)}  {finding}", err=err)
    for finding in verdict.allowed:
        click.echo(f"allowed  {finding.address}: {finding.problem}", err=err)
    for address in verdict.unused:
        click.echo(f"unused  --allow {address}: nothing was found there", err=err)


def how_to_allow(verdict: Verdict) -> str:
    """How to let exactly these findings pass; "" when one of them is never meant."""
    if any(finding.is_final for finding in verdict.stops):
        return ""
    addresses = dict.fromkeys(finding.address for finding in verdict.stops)
    return " ".join(f"--allow {shlex.quote(address)}" for address in addresses)


@click.command("plan-guard", short_help="Stop a plan that would break the address or open it.")
@click.argument("plan", type=click.Path(path_type=Path, allow_dash=True))
@click.option(
    "--allow",
    "allowed",
    multiple=True,
    metavar="ADDRESS",
    help="Accept what is found at this address; may be repeated.",
)
@click.option(
    "--root",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Folder of the configuration that was planned; terraform/ unless given.",
)
@click.option(
    "--markdown",
    "title",
    metavar="TITLE",
    help="Print the plan in short and the verdict as Markdown, under this title.",
)
@click.pass_context
def command(
    context: click.Context,
    *,
    plan: Path,
    allowed: tuple[str, ...],
    root: Path | None,
    title: str | None,
) -> None:
    """Look through PLAN, a plan saved by terraform plan -out, or its JSON.

    Stops when the plan would replace or delete anything that the address depends
    on, or turn the server or its alarms off. It also stops when the plan writes over
    a stored key or secret, holds a secret in clear, or lets in callers who were not
    let in before. Every reason is one line: what causes it, and what to do. What is
    meant is allowed by its address; there is no way to allow everything.

    Exit status: 0 when the plan may be applied, 1 when it must not, 2 for wrong
    usage.
    """
    found = read_plan(plan, root=root or Stack().terraform_root, variables=terraform.environment())
    verdict = judge(found, allowed)
    if title is not None:
        click.echo(summary.markdown(found, verdict, title), nl=False)
        context.exit(0 if verdict.ok else 1)
    print_verdict(verdict)
    if not verdict.ok:
        meant = how_to_allow(verdict)
        if meant:
            click.echo(f"If this is meant: mesh plan-guard {plan} {meant}")
        context.exit(1)
    count = len(found.effects)
    click.echo(f"nothing to object: {count} resource{'' if count == 1 else 's'} to change")
