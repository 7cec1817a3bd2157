"""Whether the custom domain stays what clients have: its name, where it leads, what proves it.

`address` finds replaced and deleted resources. This module finds harmful updates in place.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from mesh.deploy.plan_guard.finding import Finding
from mesh.deploy.plan_guard.plan import Change, Plan

PUT_BACK = "Put `domain_name` and `domain_zone_id` back, or move the clients first."


def domain(plan: Plan) -> Iterator[Finding]:
    """Find what takes the domain away from clients without replacing anything."""
    for change in plan.changes:
        if change.actions != ["update"]:
            continue
        if change.type == "aws_cloudfront_distribution":
            yield from _distribution(change)
        elif change.type == "aws_route53_record":
            yield from _record(change)


def _distribution(change: Change) -> Iterator[Finding]:
    before, after = change.before, change.after
    lost = sorted({*(before.get("aliases") or ())} - {*(after.get("aliases") or ())})
    if lost and not _is_unknown(change.unknown.get("aliases")):
        yield Finding(
            change.address,
            f"aliases loses {', '.join(lost)}; clients that have this name are refused",
            PUT_BACK,
        )
    if before.get("enabled") and after.get("enabled") is False:
        yield Finding(
            change.address,
            "enabled changes from true to false; the domain answers nobody",
            "Leave it enabled.",
        )
    if _functions(before) and not _functions(after) and not _is_unknown(change.unknown):
        yield Finding(
            change.address,
            "function_association is taken away; nothing proves to the server then that requests "
            "come through the domain, and it refuses all of them",
            "Leave the function at viewer-request.",
        )


def _record(change: Change) -> Iterator[Finding]:
    for attribute in ("alias", "records"):
        was, becomes = change.before.get(attribute), change.after.get(attribute)
        if was and (was != becomes or _is_unknown(change.unknown.get(attribute))):
            yield Finding(
                change.address,
                f"{attribute} changes, so {change.before.get('name')} would lead elsewhere",
                PUT_BACK,
            )


def _functions(distribution: dict[str, Any]) -> list[Any]:
    behaviors = distribution.get("default_cache_behavior") or []
    return [
        one
        for behavior in behaviors
        for one in behavior.get("function_association") or []
        if one.get("event_type") == "viewer-request"
    ]


def _is_unknown(mark: Any) -> bool:
    """Say whether anything is marked; Terraform leaves empty blocks around what is not."""
    if isinstance(mark, dict):
        return any(map(_is_unknown, mark.values()))
    if isinstance(mark, list):
        return any(map(_is_unknown, mark))
    return bool(mark)
