"""Writes what was read and proposed: values, a mapping of secrets, a report, a checklist."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mesh.failure import CommandFailedError
from mesh.migration import checklist
from mesh.migration.inventory.aws_reads import Reads
from mesh.migration.inventory.figures import Figures
from mesh.migration.inventory.old_service import OldService
from mesh.migration.obstacles import Obstacle
from mesh.migration.proposal import Proposal
from mesh.migration.retirement import saving

SECRETS = "secrets.json"
REPORT = "report.md"
JSON = "report.json"


def write(
    folder: Path,
    old: OldService,
    figures: Figures,
    proposal: Proposal,
    obstacles: list[Obstacle],
    reads: Reads,
) -> dict[str, str]:
    """Write all files; what a person may have changed is kept.

    Returns:
        What happened, by the file's name: written or kept.

    Raises:
        CommandFailedError: a file cannot be written.
    """
    environment = str(proposal.variables["environment"])
    values = f"{environment}.tfvars"
    made = {
        values: _values(old, proposal),
        "mesh.toml": f"name = {json.dumps(proposal.name)}\n",
        SECRETS: _mapping(proposal),
        REPORT: _page(old, figures, proposal, obstacles, reads),
        JSON: json.dumps(as_json(old, figures, proposal, obstacles, reads), indent=2) + "\n",
    }
    told = {}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in made.items():
            file = folder / name
            changed = file.is_file() and file.read_text("utf-8") != text
            if changed and name in {values, "mesh.toml"}:
                told[name] = "kept: it is another now; remove it to get a new one"
                continue
            file.write_text(text, "utf-8")
            told[name] = "written"
    except OSError as error:
        raise CommandFailedError(f"{folder} cannot be written: {error.strerror}.") from error
    file = folder / checklist.NAME
    told[checklist.NAME] = "kept, with what is ticked" if file.is_file() else "written"
    checklist.write(file, f"Move {old.name} to Lambda", environment)
    if not reads.missing:
        checklist.tick(file, "read", f"{old.cluster}/{old.name}")
    return told


def as_json(
    old: OldService,
    figures: Figures,
    proposal: Proposal,
    obstacles: list[Obstacle],
    reads: Reads,
) -> dict[str, Any]:
    """Everything, for programs; no value of a secret."""
    return {
        "service": {
            "cluster": old.cluster,
            "name": old.name,
            "region": old.region,
            "running": old.is_running,
            "task_definition": old.service.get("taskDefinition"),
            "containers": [one["name"] for one in old.containers],
            "answers": old.container,
            "vcpu": old.vcpu,
            "memory_mb": old.memory_mb,
            "architecture": old.architecture,
            "tasks": old.service.get("desiredCount"),
            "network": dict(old.network),
            "load_balancers": [one.get("DNSName") for one in old.load_balancers],
            "log_groups": old.log_groups,
            "repositories": old.repositories,
        },
        "figures": vars(figures) | {"requests_a_month": figures.month},
        "variables": dict(proposal.variables),
        "secrets": [one.as_dict() for one in proposal.secrets],
        "left_out": list(proposal.left_out),
        "obstacles": [vars(one) for one in obstacles],
        "missing_rights": dict(reads.missing),
        "failures": list(reads.failures),
    }


def _values(old: OldService, proposal: Proposal) -> str:
    lines = [f"# Made from the service {old.name} of cluster {old.cluster} by `mesh migrate`."]
    for name, value in proposal.variables.items():
        note = proposal.notes.get(name)
        lines += [*([f"# {note}"] if note else []), f"{name} = {hcl(value)}"]
    return "\n".join(lines) + "\n"


def hcl(value: Any, indent: str = "") -> str:
    """A value as Terraform writes it."""
    inner = f"{indent}  "
    if isinstance(value, Mapping):
        rows = [f"{inner}{name} = {hcl(one, inner)}" for name, one in value.items()]
        return "\n".join(["{", *rows, f"{indent}}}"]) if rows else "{}"
    if isinstance(value, list) and any(isinstance(one, Mapping) for one in value):
        rows = [f"{inner}{hcl(one, inner)}," for one in value]
        return "\n".join(["[", *rows, f"{indent}]"])
    if isinstance(value, list):
        return f"[{', '.join(hcl(one) for one in value)}]"
    # JSON's strings are Terraform's, except for templates.
    return json.dumps(value, ensure_ascii=False).replace("${", "$${").replace("%{", "%%{")


def _mapping(proposal: Proposal) -> str:
    found = [
        {
            "new": one.name,
            "old": {key: value for key, value in one.as_dict().items() if key != "name"},
        }
        for one in proposal.secrets
    ]
    about = "Where each secret is. mesh secrets copy reads this file; values are in no file."
    return json.dumps({"about": about, "secrets": found}, indent=2) + "\n"


def _page(
    old: OldService,
    figures: Figures,
    proposal: Proposal,
    obstacles: list[Obstacle],
    reads: Reads,
) -> str:
    architecture = "ARM" if old.architecture == "arm64" else "x86"
    size = f"{old.vcpu:g} vCPU, {old.memory_mb} MB, {architecture}"
    month, tasks = figures.month, old.service.get("desiredCount", 0)
    parts = [
        f"# {old.name} in cluster {old.cluster}, {old.region}",
        f"{tasks} task{'' if tasks == 1 else 's'} with {size}. The container {old.container} "
        "answers. "
        + (
            f"Behind {', '.join(str(one.get('DNSName')) for one in old.load_balancers)}. "
            if old.load_balancers
            else "No load balancer is in front. "
        )
        + (f"About {month:,.0f} requests a month." if month is not None else "Requests: unknown."),
    ]
    cost = saving.comparison(old, figures, int(proposal.variables["memory_mb"]))
    if cost is not None:
        parts.append(f"{cost} `mesh cost` compares in detail.")
    rows = {
        "Obstacles": [
            f"{'**First:** ' if one.blocks else ''}{one.what} {one.remedy}" for one in obstacles
        ],
        "Secrets": [f"`{one.name}`: {one.kind}, `{one.source}`" for one in proposal.secrets],
        "Values": [f"`{name}`: {note}" for name, note in proposal.notes.items()],
        "Not in the values": proposal.left_out,
        "Rights that were missing": [
            f"`{right}`: {unknown}" for right, unknown in reads.missing.items()
        ],
        "Could not be read": reads.failures,
    }
    for title, found in rows.items():
        if found:
            parts.append(f"## {title}\n\n" + "\n".join(f"- {one}" for one in found))
    return "\n\n".join(parts) + "\n"
