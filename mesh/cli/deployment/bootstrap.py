"""`mesh bootstrap` on the command line."""

from __future__ import annotations

import sys
from typing import Any

import click

from mesh import progress
from mesh.stack.lookup import current_stack, server_of, stack_of


def print_next(outputs: dict[str, Any]) -> None:
    """Print what comes next: for people who deploy by hand, or what GitHub has to be told."""
    if not outputs["settings"]["github_repository"]:
        click.echo("\nDeploy by hand, with your own credentials or as the environment's role\n")
        for name, arn in sorted(outputs["apply_role_arns"].items()):
            click.echo(f"  mesh deploy --environment {name}    # {arn}")
        click.echo("\nFor a pipeline run it again: mesh bootstrap --repository OWNER/NAME")
        return
    click.echo("\nVariables of the repository\n")
    for name, output in (("AWS_REGION", "region"), ("TF_STATE_BUCKET", "state_bucket")):
        click.echo(f"  gh variable set {name} --body {outputs[output]}")
    click.echo("\nSecrets of the repository (none is a credential)\n")
    for name, output in (
        ("AWS_PLAN_ROLE_ARN", "plan_role_arn"),
        ("AWS_REFRESH_ROLE_ARN", "refresh_role_arn"),
    ):
        click.echo(f"  gh secret set {name} --body {outputs[output]}")
    click.echo("\nSecrets of each environment\n")
    for name, arn in sorted(outputs["apply_role_arns"].items()):
        click.echo(f"  gh secret set AWS_APPLY_ROLE_ARN --env {name} --body {arn}")
        click.echo(f"  gh secret set MESH_API_KEY --env {name}")
    approvals = ", ".join(f"{name}-approval" for name in sorted(outputs["apply_role_arns"]))
    click.echo(
        f"\nWho approves a release: make the environments {approvals}, and give those that need "
        "it reviewers\n(docs/how-to/github-actions.md#who-approves).\n"
        "MESH_API_KEY is for the smoke test, and the first deploy needs none. After it:\n"
        "  mesh keys --environment NAME create pipeline"
    )


def write_environments(outputs: dict[str, Any]) -> None:
    """Write a file of values for each environment that has none, or say what it lacks."""
    from mesh.stack.environments import settings_file, told_of_alarms

    subscriber = outputs["settings"].get("alarm_subscriber")
    for name, boundary in sorted(outputs["permissions_boundaries"].items()):
        here = current_stack()
        written = settings_file(here, name, outputs["settings"]["name"], boundary, subscriber)
        if written is not None:
            click.echo(f"\nwritten: {written}; commit it")
            continue
        if subscriber and subscriber not in here.values_of(name).read_text():
            click.echo(
                f"\nadd to {here.values_of(name)}, for its alarms tell nobody without it:\n"
                f"  {told_of_alarms(subscriber)}"
            )
        if boundary not in here.values_of(name).read_text():
            click.echo(
                f"\nadd to {here.values_of(name)}, for its role may deploy nothing without it:\n"
                f'  permissions_boundary = "{boundary}"'
            )


@click.command("bootstrap", short_help="Prepare an AWS account: state bucket, roles, boundaries.")
@click.option(
    "--repository", metavar="OWNER/NAME", help="GitHub repository that deploys, if one does."
)
@click.option("--owner-id", type=int, metavar="N", help="Number of its owner, with the next one.")
@click.option(
    "--repository-id",
    type=int,
    metavar="N",
    help="Its own number; gh api repos/OWNER/NAME --jq '.owner.id,.id' prints both.",
)
@click.option(
    "--environment",
    "environments",
    multiple=True,
    metavar="NAME",
    help="Environment to deploy, repeatable; staging and production the first time.",
)
@click.option("--region", metavar="NAME", help="Region; AWS_REGION or the profile's else.")
@click.option("--name", metavar="NAME", help="Name of the server; else that in its settings.")
@click.option("--state-bucket", metavar="NAME", help="Name of the bucket; else NAME-state-ACCOUNT.")
@click.option(
    "--oidc-provider",
    metavar="ARN",
    help="GitHub's OIDC provider of this account; one that is there is found without.",
)
@click.option(
    "--break-glass",
    "break_glass",
    multiple=True,
    metavar="ARN",
    help="IAM user or role of a person who may repair environments by hand, with MFA; repeatable.",
)
@click.option(
    "--subscriber",
    metavar="WHO",
    help="Who is told of alarms: an e-mail address, or the ARN of an SNS topic. Asked for when "
    "it is not given.",
)
@click.option("--yes", is_flag=True, help="Ask nothing.")
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED, metavar="[-- TERRAFORM...]")
def command(
    *,
    repository: str | None,
    owner_id: int | None,
    repository_id: int | None,
    environments: tuple[str, ...],
    region: str | None,
    name: str | None,
    state_bucket: str | None,
    oidc_provider: str | None,
    break_glass: tuple[str, ...],
    subscriber: str | None,
    yes: bool,
    arguments: tuple[str, ...],
) -> None:
    """Make what deployments need in an AWS account, once, with rights to do so.

    A bucket for Terraform's states and for large zips, a role that plans and, for each
    environment, a permissions boundary and a role that applies it and nothing else.
    With --repository it also makes GitHub's OIDC provider; the roles then trust that
    repository's workflows alone, and at the end it prints what to set in GitHub.
    Without, people deploy by hand. With --break-glass each environment gets a role for
    these people, which asks for a second factor: for a lock that is left, a state that
    is lost, a rollback without the pipeline. It asks who is told of alarms, and writes
    that into new environments' files. It says what it will do, and asks first.
    The state of all this begins as a file and is moved into the bucket.

    Run again it changes what has changed, keeps what it was told before, and adds
    environments; a run that was interrupted goes on.

    Arguments after -- go to terraform plan in terraform/bootstrap, such as
    -var state_history_days=365.
    """
    from mesh.deploy.bootstrap import STEPS, Bootstrap, Wanted
    from mesh.settings import settings

    values = {
        "name": name,
        "state_bucket": state_bucket,
        "github_repository": repository,
        "github_owner_id": owner_id,
        "github_repository_id": repository_id,
        "github_oidc_provider_arn": oidc_provider,
        "break_glass_arns": list(break_glass) or None,
        "alarm_subscriber": subscriber,
    }

    def ask_subscriber() -> str | None:
        if yes or not sys.stdin.isatty():
            return None
        question = "\nWho is told of alarms? An e-mail address or an SNS topic's ARN, or nothing"
        return click.prompt(question, default="", show_default=False) or None

    location = server_of()
    outputs = Bootstrap(
        stack=stack_of(location),
        name=settings(location).name,
        wanted=Wanted(values, environments, arguments, region),
        steps=progress.Steps(STEPS),
        confirm=lambda question: yes or click.confirm(f"\n{question}. Go on?"),
        subscriber=ask_subscriber,
    ).run()
    if outputs is None:
        raise click.ClickException("nothing was changed.")
    print_next(outputs)
    for repaired, arn in sorted(outputs["break_glass_role_arns"].items()):
        click.echo(f"\nTo repair {repaired} by hand, with a second factor: {arn}")
    write_environments(outputs)
