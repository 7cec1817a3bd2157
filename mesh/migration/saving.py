"""What the removal of a service saves a month."""

from __future__ import annotations

from mesh.cost import prices
from mesh.cost.bill import Beside
from mesh.cost.fargate_bill import Service, bill
from mesh.cost.usage import Usage
from mesh.failure import CommandFailedError
from mesh.migration.old_service import OldService
from mesh.migration.removal_plan import Plan

NOTHING_ELSE = Beside(alarms=0, composite_alarms=0, dashboards=0)


def monthly(old: OldService, plan: Plan) -> float:
    """US dollars, for what the plan removes; traffic and logs are left out.

    Args:
        old: The service as it runs now.
        plan: Its removal.
    """
    try:
        known = prices.load(old.region)
    except CommandFailedError:
        # Near enough for a saving, and no reason to stop a removal.
        known = prices.load()
    kinds = [step.kind for step in plan.steps]
    balancers = kinds.count("load balancer")
    tasks = int(old.service.get("desiredCount", 0))
    lines = bill(
        Service(
            tasks=tasks,
            vcpu=old.vcpu,
            memory_gb=old.memory_mb / 1024,
            architecture=old.architecture,
            load_balancer=balancers > 0,
            image_gb=0.0,
            secrets=kinds.count("secret"),
        ),
        Usage(requests=0),
        NOTHING_ELSE,
        known,
    ).lines
    public = old.network.get("assignPublicIp") == "ENABLED"
    zones = sum(len(one.get("AvailabilityZones", [])) for one in old.load_balancers)
    addresses = (tasks if public else 0) + (zones if balancers else 0)
    lines["Public IPv4 addresses"] = addresses * known["public_ipv4"] * 730
    # The zone of the domain stays.
    lines.pop("Domain", None)
    return round(sum(lines.values()), 2)
