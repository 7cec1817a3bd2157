"""What a service costs a month, what the function would cost, and what a removal saves."""

from __future__ import annotations

from mesh.cost import lambda_bill, prices
from mesh.cost.bill import Beside
from mesh.cost.fargate_bill import Service, bill
from mesh.cost.lambda_bill import Function
from mesh.cost.prices import Prices
from mesh.cost.usage import MONTH_HOURS, Usage
from mesh.failure import CommandFailedError
from mesh.migration.inventory.figures import Figures
from mesh.migration.inventory.old_service import OldService
from mesh.migration.retirement.removal_plan import Plan

NOTHING_ELSE = Beside(alarms=0, composite_alarms=0, dashboards=0, metrics=0)


def comparison(old: OldService, figures: Figures, memory_mb: int) -> str | None:
    """One sentence with both costs; None where CloudWatch has no requests.

    Args:
        old: The service as it runs now.
        figures: Its month.
        memory_mb: What is proposed for the function.
    """
    if figures.month is None or figures.mean_seconds is None:
        return None
    usage = Usage(requests=figures.month, duration_ms=1000 * figures.mean_seconds)
    function = Function(architecture=old.architecture, memory_mb=memory_mb)
    known = _prices(old.region)
    new = lambda_bill.bill(function, usage, NOTHING_ELSE, known).total
    now = _service(old, secrets=0, balancers=len(old.load_balancers), known=known)
    return (
        f"{figures.month:,.0f} requests a month cost about ${new:,.2f} on Lambda, and the service "
        f"costs ${now:,.2f} now; without log and alarms."
    )


def monthly(old: OldService, plan: Plan) -> float:
    """US dollars, for what the plan removes; traffic and logs are left out.

    Args:
        old: The service as it runs now.
        plan: Its removal.
    """
    kinds = [step.kind for step in plan.steps]
    return _service(
        old,
        secrets=kinds.count("secret"),
        balancers=kinds.count("load balancer"),
        known=_prices(old.region),
    )


def _prices(region: str) -> Prices:
    try:
        return prices.load(region)
    except CommandFailedError:
        # Near enough for an estimate, and no reason to stop.
        return prices.load()


def _service(old: OldService, *, secrets: int, balancers: int, known: Prices) -> float:
    """US dollars a month, without traffic and what stays, such as the domain's zone."""
    tasks = int(old.service.get("desiredCount", 0))
    lines = bill(
        Service(
            tasks=tasks,
            vcpu=old.vcpu,
            memory_gb=old.memory_mb / 1024,
            architecture=old.architecture,
            load_balancer=balancers > 0,
            image_gb=0.0,
            secrets=secrets,
        ),
        Usage(requests=0),
        NOTHING_ELSE,
        known,
    ).lines
    public = old.network.get("assignPublicIp") == "ENABLED"
    zones = sum(len(one.get("AvailabilityZones", [])) for one in old.load_balancers)
    addresses = (tasks if public else 0) + (zones if balancers else 0)
    lines["Public IPv4 addresses"] = addresses * known["public_ipv4"] * MONTH_HOURS
    lines.pop("Domain", None)
    return round(sum(lines.values()), 2)
