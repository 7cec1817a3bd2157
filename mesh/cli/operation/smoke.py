"""`mesh smoke`: the smoke test on the command line."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

import click

from mesh import progress
from mesh.stack.lookup import running_here

if TYPE_CHECKING:
    import httpx

    from mesh.smoke.smoke_report import Check, Report


def print_check(check: Check) -> None:
    """Print one line for a check, wrapped to 80 columns."""
    word, color = {True: ("ok", "green"), False: ("FAIL", "red"), None: ("-", "dim")}[check.ok]
    line = f"  {word:<4}  {check.name:<10} {check.ms:>6.0f} ms  {check.detail}"
    text = progress.wrapped(line, " " * 29)
    click.echo(text.replace(word, progress.paint(word, color, sys.stdout), 1))


def print_end(report: Report) -> None:
    """Print how the whole test ended."""
    failed = [check.name for check in report.checks if check.ok is False]
    seconds = sum(check.ms for check in report.checks) / 1000
    if failed:
        click.echo(f"failed after {seconds:.1f} s: {', '.join(failed)}")
    else:
        click.echo(f"all {len(report.checks)} checks passed in {seconds:.1f} s")


def _url(_context: click.Context, _parameter: click.Parameter, value: str | None) -> str | None:
    import httpx

    if value is None:
        return None
    try:
        url = httpx.URL(value)
    except httpx.InvalidURL as error:
        raise click.BadParameter(str(error)) from error
    if url.scheme not in {"http", "https"} or not url.host:
        raise click.BadParameter(f"{value!r} is not a URL; it begins with https:// or http://")
    return value


def _arguments(
    _context: click.Context, _parameter: click.Parameter, value: str | None
) -> dict[str, Any] | None:
    if value is None:
        return None
    try:
        read = json.loads(value)
    except ValueError as error:
        raise click.BadParameter(f"not JSON: {error}") from error
    if not isinstance(read, dict):
        raise click.BadParameter('a JSON object is needed, such as \'{"query": "deploy"}\'')
    return read


@click.command("smoke", short_help="Check a server: alive, closed to strangers, useful.")
@click.argument("url", callback=_url, required=False)
@click.option(
    "--api-key",
    envvar="MESH_API_KEY",
    metavar="KEY",
    help="Key to send; better in MESH_API_KEY, where other users cannot see it.",
)
@click.option(
    "--iam",
    is_flag=True,
    help="Sign with SigV4, credentials as the AWS CLI finds them. No key is sent then.",
)
@click.option("--region", metavar="NAME", help="Region to sign for, when not in the URL.")
@click.option(
    "--deadline",
    type=click.FloatRange(min=0, min_open=True),
    default=60.0,
    show_default=True,
    metavar="SECONDS",
    help="For all checks together, retries included.",
)
@click.option(
    "--expect-content-sha256",
    metavar="HEX",
    help="Fail unless this build answers, by the digest that build.py prints.",
)
@click.option("--tool", metavar="NAME", help="Call this tool.")
@click.option(
    "--arguments", metavar="JSON", callback=_arguments, help="Arguments for --tool, an object."
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of lines.")
@click.pass_context
def command(
    context: click.Context,
    *,
    url: str | None,
    api_key: str | None,
    iam: bool,
    region: str | None,
    deadline: float,
    expect_content_sha256: str | None,
    tool: str | None,
    arguments: dict[str, Any] | None,
    as_json: bool,
) -> None:
    """Check the server at URL, its base address or its /mcp.

    Without URL, the server that `mesh up` runs for the current folder, with its key.

    Checks /health, that a request without a credential is refused, initialize,
    tools/list, and one real tools/call: of --tool, else of the setting
    smoke, else of a read-only tool without required arguments. Without one, none is
    called.
    Server errors (5xx), 429 and lost connections are repeated until the deadline,
    for a cold start may cause them; any other wrong answer fails at once.

    The credential is the API key, or with --iam a signature. A signature is never
    sent unasked: a URL that wants one fails with a line that says so.

    Exit status: 0 when every check passed, 1 when one failed, 2 for wrong usage.
    """
    given = context.get_parameter_source("api_key")
    if iam and given is click.core.ParameterSource.COMMANDLINE:
        raise click.UsageError("Use --iam or --api-key, not both: they share a header.")
    if arguments is not None and tool is None:
        raise click.UsageError("--arguments needs --tool.")
    from mesh.smoke import credential, smoke
    from mesh.stack.lookup import configured_call

    if url is None:
        url, variables, _ = running_here()
        api_key = variables.get("MESH_API_KEY")
    proof: httpx.Auth | None = credential.ApiKey(api_key) if api_key else None
    if iam:
        proof = credential.from_credential_chain(url, region)
    if not as_json:
        click.echo(f"smoke test of {smoke.base_url(url)}")
    report = smoke.smoke(
        url,
        credential=proof,
        deadline_seconds=deadline,
        expected={"content_sha256": expect_content_sha256} if expect_content_sha256 else {},
        tool=tool,
        arguments=arguments,
        configured=configured_call(),
        on_check=(lambda _: None) if as_json else print_check,
    )
    if as_json:
        click.echo(report.as_json())
    else:
        print_end(report)
    context.exit(0 if report.ok else 1)
