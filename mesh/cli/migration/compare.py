"""`mesh compare` on the command line."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from mesh.migration.comparison import Comparison

FILE = click.Path(dir_okay=False, path_type=Path)


@click.command("compare", short_help="Compare an old and a new server: do both do the same?")
@click.argument("old")
@click.argument("new")
@click.option(
    "--old-key",
    envvar="MESH_OLD_API_KEY",
    metavar="KEY",
    help="Bearer token for OLD; better in MESH_OLD_API_KEY.",
)
@click.option(
    "--old-path",
    metavar="PATH",
    default="mcp",
    show_default=True,
    help="Where OLD takes JSON-RPC, such as rpc.",
)
@click.option(
    "--new-key",
    envvar="MESH_API_KEY",
    metavar="KEY",
    help="Bearer token for NEW; better in MESH_API_KEY.",
)
@click.option("--iam", is_flag=True, help="Sign requests to NEW with SigV4 instead.")
@click.option("--region", metavar="NAME", help="Region to sign for, when not in the URL.")
@click.option("--calls", type=FILE, metavar="FILE", help="Calls to compare, as a JSON array.")
@click.option(
    "--rounds",
    type=click.IntRange(2, 100),
    default=5,
    show_default=True,
    help="How often each is called.",
)
@click.option("--checklist", type=FILE, metavar="FILE", help="Tick compare there if both agree.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_context
def command(
    context: click.Context,
    *,
    old: str,
    new: str,
    old_key: str | None,
    old_path: str,
    new_key: str | None,
    iam: bool,
    region: str | None,
    calls: Path | None,
    rounds: int,
    checklist: Path | None,
    as_json: bool,
) -> None:
    """Compare the servers at OLD and NEW, their base addresses or their /mcp.

    Compared are tools, resources and prompts with their schemas, results of calls,
    and whether both refuse wrong calls. Latency is shown. Called are tools that say
    that they only read and that need no arguments, and the calls of --calls:
    [{"tool": "add", "arguments": {"a": 1, "b": 2}}]. A result that OLD does not
    repeat itself is not compared.

    Exit status: 0 when both do the same, 1 when something differs, 2 for wrong usage.
    """
    if iam and context.get_parameter_source("new_key") is click.core.ParameterSource.COMMANDLINE:
        raise click.UsageError("Use --iam or --new-key, not both: they share a header.")
    from mesh.migration import checklist as checklists
    from mesh.migration import comparison
    from mesh.migration.mcp_session import Session
    from mesh.smoke import credential

    wanted = comparison.read_calls(calls) if calls else []
    mine = credential.ApiKey(old_key) if old_key else None
    yours = credential.ApiKey(new_key) if new_key else None
    proof = credential.from_credential_chain(new, region) if iam else yours
    with Session(old, mine, old_path.strip("/")) as before, Session(new, proof) as after:
        found = comparison.compare(before, after, wanted, rounds)
    told = found.as_json() if as_json else _text(found)
    # A server may echo what it was sent.
    for key in filter(None, (old_key, new_key)):
        told = told.replace(key, "***")
    click.echo(told)
    if checklist is not None and found.same:
        checklists.tick(checklist, "compare", f"{found.tools} tools, {len(found.timings)} calls")
    context.exit(0 if found.same else 1)


def _text(found: Comparison) -> str:
    lines = [f"{found.old} (old) and {found.new} (new): {found.tools} tools in both", ""]
    for one in found.differences:
        lines += [f"{one.what}: {one.about}", f"  old: {one.old}", f"  new: {one.new}"]
    if found.timings:
        lines += ["", f"{'call':<48}{'old ms':>10}{'new ms':>10}"]
        for timing in found.timings:
            note = "" if timing.deterministic else "  changes"
            lines.append(
                f"{timing.call[:47]:<48}{timing.old_ms:>10.1f}{timing.new_ms:>10.1f}{note}"
            )
    else:
        lines += ["", "No tool was called: none only reads without arguments. Use --calls."]
    count = len(found.differences)
    lines += ["", "Both do the same." if found.same else f"{count} differences."]
    return "\n".join(lines)
