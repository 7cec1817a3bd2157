"""`mesh retire` on the command line."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mesh.failure import CommandFailedError

if TYPE_CHECKING:
    from mesh.migration.inventory.aws_reads import Reads
    from mesh.migration.retirement.removal_plan import Plan, Wanted

FILE = click.Path(dir_okay=False, path_type=Path)


@click.command("retire", short_help="Remove an old service on ECS, step by step.")
@click.option("--cluster", metavar="NAME", required=True, help="Its cluster.")
@click.option("--service", metavar="NAME", required=True, help="Its name.")
@click.option("--region", metavar="NAME", help="Region; AWS_REGION or the profile's if left out.")
@click.option("--images", is_flag=True, help="Remove its image repositories, too.")
@click.option("--parameters", is_flag=True, help="Remove its parameters and secrets, too.")
@click.option("--logs", is_flag=True, help="Remove its log groups, too.")
@click.option("--plan-only", is_flag=True, help="Show the plan, and change nothing.")
@click.option("--confirm", metavar="SERVICE", help="Its name once more; without it, you are asked.")
@click.option("--yes", is_flag=True, help="Answer the second question with yes.")
@click.option(
    "--progress",
    type=FILE,
    default=Path("migration/retirement.json"),
    show_default=True,
    metavar="FILE",
    help="Where to note what is done.",
)
@click.option(
    "--checklist",
    type=FILE,
    metavar="FILE",
    help="Refuse unless cutover is ticked there; tick retire.",
)
@click.option(
    "--terraform",
    type=click.Path(file_okay=False, exists=True, path_type=Path),
    metavar="FOLDER",
    help="Remove nothing: write blocks for the configuration that owns the resources.",
)
def command(
    *,
    cluster: str,
    service: str,
    region: str | None,
    images: bool,
    parameters: bool,
    logs: bool,
    plan_only: bool,
    confirm: str | None,
    yes: bool,
    progress: Path,
    checklist: Path | None,
    terraform: Path | None,
) -> None:
    """Remove an old service: its tasks, load balancer, security groups, roles, cluster.

    What others use stays, and the plan says so. Images, log and secrets stay until
    you ask for their removal. After an interruption, run the same command again.

    With --terraform, removed blocks let the configuration in FOLDER forget the
    resources without destroying them, and import blocks are the way back. Apply
    them before you remove anything.
    """
    from mesh.migration import checklist as checklists
    from mesh.migration.inventory.aws_reads import Reads
    from mesh.migration.retirement import ownership, removal_plan
    from mesh.migration.retirement.removal import Removal
    from mesh.stack import account

    if checklist is not None and not checklists.state(checklist).get("cutover"):
        raise CommandFailedError(
            f"{checklist} has no tick at cutover: `mesh cutover --checklist {checklist}` sets it "
            "once nobody calls the old service. Nothing was removed."
        )
    here = account.find(region)
    wanted = removal_plan.Wanted(images=images, parameters=parameters, logs=logs)
    plan = removal_plan.load(progress)
    if plan is not None and (plan.cluster, plan.service, plan.region) != (
        cluster.rpartition("/")[2],
        service,
        here.region,
    ):
        raise CommandFailedError(
            f"{progress} is about service {plan.service} in cluster {plan.cluster}, {plan.region}. "
            "Name another file with --progress."
        )
    resumed = plan is not None and any(step.done for step in plan.steps)
    if plan is None or not resumed:
        plan = _planned(Reads(here.client), cluster, service, here.region, wanted)
    else:
        plan.take(wanted)
    _show(plan)
    if terraform is not None:
        for file, count in ownership.write(terraform, plan).items():
            click.echo(f"{file}: {count} resources")
        return
    if plan_only:
        return
    if plan.left:
        _ask(plan, confirm, yes=yes)
        plan.save(progress)
        removal = Removal(cache(here.client), plan)
        for step in plan.left:
            click.echo(f"{step.title} ... ", nl=False)
            removal.carry_out(step)
            plan.save(progress)
            click.echo("done")
    click.echo(f"Service {service} is removed. {len(plan.kept) + len(plan.data)} things stay.")
    if checklist is not None:
        checklists.tick(checklist, "retire", f"{len(plan.steps)} steps")


def _planned(reads: Reads, cluster: str, service: str, region: str, wanted: Wanted) -> Plan:
    from mesh.migration.inventory import neighbours, old_service
    from mesh.migration.retirement import removal_plan, saving

    old = old_service.read(reads, cluster, service, region)
    plan = removal_plan.make(reads, old, neighbours.find(reads, old), wanted)
    plan.saving_usd = saving.monthly(old, plan)
    return plan


def _show(plan: Plan) -> None:
    from mesh.progress import wrapped

    click.echo(f"service {plan.service} in cluster {plan.cluster}, {plan.region}")
    for number, step in enumerate(plan.steps, 1):
        state = "done" if step.done else "" if step.kind == "stop" else "remove"
        click.echo(f"{number:>3}. {state:<7}{step.title}")
    for one in plan.kept:
        click.echo(wrapped(f"     keep   {one}", " " * 12))
    for step in plan.data:
        option = {"log group": "--logs", "images": "--images"}.get(step.kind, "--parameters")
        click.echo(wrapped(f"     keep   {step.title}: {option} removes it", " " * 12))
    click.echo(f"Saves about ${plan.saving_usd:,.2f} a month.")


def _ask(plan: Plan, confirm: str | None, *, yes: bool) -> None:
    typed = confirm or click.prompt(f"Type {plan.service} to remove it", default="")
    if typed != plan.service:
        raise click.ClickException(f"nothing was removed: {typed!r} is not {plan.service!r}.")
    count = sum(step.kind != "stop" for step in plan.left)
    question = f"{count} things go for good. Really?"
    if not yes and not click.confirm(question, default=False):
        raise click.ClickException("nothing was removed.")
