"""`mesh release` on the command line."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from mesh import progress
from mesh.cli.deployment.plan_guard import how_to_allow, print_verdict

if TYPE_CHECKING:
    from collections.abc import Callable

    from mesh.deploy.plan_guard import Plan, Verdict
    from mesh.deploy.release.rollout import Options, Released
    from mesh.deploy.release.root import GuardStoppedError
    from mesh.deploy.release.target import Target


RELEASE_OPTIONS = (
    click.option(
        "--api-key",
        envvar="MESH_API_KEY",
        metavar="KEY",
        help="For the smoke test of live; better in MESH_API_KEY.",
    ),
    click.option(
        "--canary",
        type=click.FloatRange(min=0, max=1, min_open=True, max_open=True),
        metavar="SHARE",
        help="Give the new version this share of live's requests first, such as 0.1.",
    ),
    click.option(
        "--canary-seconds",
        type=click.FloatRange(min=0, min_open=True),
        default=60.0,
        show_default=True,
        metavar="SECONDS",
        help="For how long.",
    ),
    click.option(
        "--allow",
        "allowed",
        multiple=True,
        metavar="ADDRESS",
        help="Accept what the plan guard finds at this address; may be repeated.",
    ),
    click.option(
        "--deadline",
        type=click.FloatRange(min=0, min_open=True),
        default=60.0,
        show_default=True,
        metavar="SECONDS",
        help="For each smoke test, retries included.",
    ),
)


def release_options[C: Callable[..., object]](command: C) -> C:
    """Give a command the options that say how to release."""
    for option in reversed(RELEASE_OPTIONS):
        command = option(command)
    return command


def print_released(result: Released) -> None:
    """Print what is live now and what it was."""
    from mesh.deploy.release.trial import live_url

    outputs = result.outputs
    if result.before == result.version:
        click.echo(f"\nNothing new: version {result.version} was live, and is.")
    else:
        before = f" Before, it was version {result.before}." if result.before else ""
        click.echo(f"\nVersion {result.version} is live.{before}")
    url = live_url(outputs)
    name = "Function URL" if url == outputs["function_url"] else "Address     "
    click.echo(f"  {name}  {url}\n  MCP           {outputs['mcp_url']}")


def stopped(error: GuardStoppedError) -> click.ClickException:
    """Print what the guard found, and give the error that ends the command."""
    print_verdict(error.verdict, err=True)
    meant = how_to_allow(error.verdict)
    return click.ClickException(f"{error} If it is meant: {meant}" if meant else str(error))


def hold_only(target: Target, out: Path, shown: Path | None = None) -> str:
    """Save the plan that a release begins with; the version at which it holds live.

    Args:
        target: the deployment.
        out: the file for the plan.
        shown: what it is in short is added to this file, whether the guard stops it or not.
    """
    from mesh.deploy.plan_guard import summary
    from mesh.deploy.release.live import live_now
    from mesh.deploy.release.live_settings import live_settings
    from mesh.deploy.release.root import GuardStoppedError, Pins
    from mesh.sign_in import issuer

    def show(plan: Plan, verdict: Verdict) -> None:
        if shown is not None:
            with shown.open("a", encoding="utf-8") as file:
                file.write(summary.markdown(plan, verdict, f"Plan of {target.where}"))

    version = live_now(target, target.root.outputs())
    try:
        planned = target.root.planned(out.absolute(), Pins.at(version))
    except GuardStoppedError as error:
        show(error.plan, error.verdict)
        raise
    show(planned.plan, target.root.verdict(planned.plan))
    for note in issuer.notes(planned.environment()):
        click.echo(note)
    if version is None:
        return "nothing is live yet"
    for setting in live_settings(planned.plan):
        click.echo(f"for live at once, {setting}")
    return f"live is held at version {version}"


def run_release(target: Target, options: Options) -> None:
    """Release to a target, and print what is live then.

    Raises:
        click.ClickException: the plan guard objects.
        CommandFailedError: the release failed.
    """
    from mesh.deploy.release.rollout import STEPS, release
    from mesh.deploy.release.root import GuardStoppedError

    click.echo(f"release to {target.where}")
    try:
        print_released(release(target, options, progress.Steps(STEPS)))
    except GuardStoppedError as error:
        raise stopped(error) from error


@click.command("release", short_help="Try the newest code, put it live, or leave live as it is.")
@click.option(
    "--environment",
    metavar="NAME",
    help="The environment, such as staging: its values, its state.",
)
@release_options
@click.option(
    "--plan",
    "saved",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    help="Begin with this plan, which --plan-only saved.",
)
@click.option(
    "--plan-only",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Save the plan that a release begins with, guarded, and end.",
)
@click.option(
    "--summary",
    "shown",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="With --plan-only: add the plan in short and the guard's verdict, as Markdown.",
)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED, metavar="[-- TERRAFORM...]")
def command(
    *,
    environment: str | None,
    api_key: str | None,
    canary: float | None,
    canary_seconds: float,
    allowed: tuple[str, ...],
    saved: Path | None,
    plan_only: Path | None,
    shown: Path | None,
    deadline: float,
    arguments: tuple[str, ...],
) -> None:
    """Release the zip and the settings to where terraform/ is applied.

    Holds live at the version that it is, applies, smoke-tests the new version at
    the candidate's URL, puts it live, and smoke-tests live. A version that does
    not pass never becomes live, or is taken back; so does Ctrl-C. Each plan passes
    the plan guard first.

    Build before: python build.py. With --environment NAME the values are those of
    terraform/NAME.tfvars and the state is NAME.tfstate in the state bucket, which is
    TF_STATE_BUCKET or the one that mesh bootstrap made. Arguments after -- go to
    terraform plan, as if given in terraform/. Without either, the stack on this
    machine is meant when it runs.

    Exit status: 0 when the new version is live, 1 when live is what it was.
    """
    if saved and plan_only:
        raise click.UsageError("Use --plan or --plan-only, not both.")
    if shown and not plan_only:
        raise click.UsageError("Use --summary together with --plan-only.")
    from mesh.deploy.release import target as targets
    from mesh.deploy.release.rollout import Options
    from mesh.deploy.release.root import GuardStoppedError

    options = Options(deadline, canary, canary_seconds, saved)
    with targets.find(
        arguments, key=api_key, allowed=allowed, command="mesh release", environment=environment
    ) as target:
        if plan_only is None:
            run_release(target, options)
            return
        try:
            held = hold_only(target, plan_only, shown)
        except GuardStoppedError as error:
            raise stopped(error) from error
        click.echo(f"{plan_only}: {held}, the guard has nothing to object")
