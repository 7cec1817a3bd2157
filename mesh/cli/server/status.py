"""`mesh status` on the command line."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from mesh.stack.lookup import current_stack
from mesh.stack.request_ways import as_text

if TYPE_CHECKING:
    from mesh.stack.status import Status

SHOWN_REQUESTS = 8
PATH_WIDTH = 20


def lines(found: Status, services: list[str]) -> list[str]:
    """Give the status for a person, at most 80 columns wide.

    Args:
        found: the stack.
        services: lines about what runs beside it.
    """
    if not found.running:
        return services or ["nothing is running; `mesh up` (or `make up`) starts it"]
    text = [f"local AWS  {found.endpoint}, process {found.pid}", *services]
    if found.function_url is None:
        return [*text, "not deployed yet; `mesh up` (or `make up`) does it"]
    text += [
        f"live       {found.function_url} serves version {found.live_version}",
        f"candidate  {found.candidate_url} serves version {found.candidate_version}, SigV4 only",
        f"versions   {_versions(found.versions)}",
    ]
    if found.reserved_concurrency is not None:
        text.append(f"reserved   {found.reserved_concurrency} requests at a time, more get 429")
    text.append(f"instances  {len(found.instances) or 'none, the next request starts one'}")
    for instance in found.instances:
        state = "busy" if instance["busy"] else "idle"
        text.append(
            f"           version {instance['version']}, process {instance['pid']}, {state}, "
            f"{instance['invocations']} invocations"
        )
    if found.ways:
        text.append(f"answered   {as_text(found.ways)}"[:80])
    if found.requests:
        text.append("requests")
    text += [_request_line(request) for request in found.requests[-SHOWN_REQUESTS:]]
    return text


def _versions(versions: tuple[str, ...]) -> str:
    newest = f", newest {max(versions, key=int)}" if versions else ""
    return f"{len(versions)} published{newest}"


def _request_line(request: dict[str, Any]) -> str:
    path = request["path"]
    if len(path) > PATH_WIDTH:
        path = f"{path[: PATH_WIDTH - 3]}..."
    # A request that was refused at the URL has met no version.
    version = f"v{request['version']}" if request["version"] else "-"
    return (
        f"  {request['at'][11:19]}  {request['method']:<6} {path:<{PATH_WIDTH}} "
        f"{request['qualifier'] or '-':<10} {version:<5} {request['status']}"
        f"{request['duration_ms']:>9.1f} ms{'  cold' if request['cold'] else ''}"
    )


@click.command("status", short_help="Say what runs on this machine.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.argument("server", required=False)
def command(*, as_json: bool, server: str | None) -> None:
    """Say what runs: addresses, versions, instances, the last requests.

    With --json at least running, function_url, candidate_url, live_version and
    candidate_version; all but the first are null when nothing runs.

    SERVER is a server's file or folder, as for `mesh up`.
    """
    from mesh.local.extension import extensions
    from mesh.stack.status import status

    here = current_stack(server)
    found = status(here)
    services = [one.status(here) for one in extensions()]
    if as_json:
        shown = asdict(found)
        for one in services:
            shown |= one.details
        click.echo(json.dumps(shown, indent=2))
    else:
        click.echo("\n".join(lines(found, [line for one in services for line in one.lines])))
