"""`mesh deploy` on the command line."""

from __future__ import annotations

import sys

import click

from mesh import progress
from mesh.cli.deployment.release import release_options, run_release
from mesh.stack.lookup import server_of, stack_of


@click.command("deploy", short_help="Build a server and release it to AWS.")
@click.option(
    "--environment",
    required=True,
    metavar="NAME",
    help="The environment, such as production: its values, its state.",
)
@click.option("--yes", is_flag=True, help="Do not ask before the first deployment.")
@release_options
@click.argument("server", required=False)
def command(
    *,
    environment: str,
    yes: bool,
    api_key: str | None,
    canary: float | None,
    canary_seconds: float,
    allowed: tuple[str, ...],
    deadline: float,
    server: str | None,
) -> None:
    """Build a server's zip and release it to an environment on AWS.

    SERVER is a server's file or folder, as for `mesh up`. This is `mesh build` and then
    `mesh release`: live is held, the new version is tried at the candidate's URL, put
    live, and tried there. A version that does not pass never becomes live, or is taken
    back. Each plan passes the plan guard first.

    Values of Terraform's variables are in NAME.tfvars in the server's folder, if there
    is such a file. The state is NAME.tfstate in the bucket that `mesh bootstrap` made,
    or TF_STATE_BUCKET.

    Exit status: 0 when the new version is live, 1 when live is what it was.
    """
    from mesh import build, settings
    from mesh.deploy.release import target as targets
    from mesh.deploy.release.rollout import Options
    from mesh.stack.environments import architecture_of
    from mesh.stack.values import environment_variables

    location = server_of(server)
    stack, found = stack_of(location), settings.settings(location)
    with targets.find(
        (),
        key=api_key,
        allowed=allowed,
        command="mesh deploy",
        environment=environment,
        given=server,
    ) as target:
        if not target.root.outputs() and not yes:
            new = f"{found.name} is not deployed to {environment} yet."
            if not sys.stdin.isatty():
                raise click.ClickException(f"{new} Run this with --yes to make a new address.")
            if not click.confirm(f"{new} Make a new address?"):
                raise click.ClickException("nothing was changed.")
        aim = build.target(architecture_of(stack, environment), "3.13")
        with progress.Steps(1).step("zip") as step:
            made = settings.project(found, aim, environment_variables(stack, environment))
            built = build.build(made, aim.architecture, output=stack.zip_of(aim.architecture))
            step.detail = f"({built.zip_bytes / 1e6:.1f} MB, {aim.architecture})"
            step.notes += built.notes
        run_release(target, Options(deadline, canary, canary_seconds))
