"""The guard: every rule over one plan, and what somebody allowed by name."""

from __future__ import annotations

from collections.abc import Iterable

from mesh.deploy.plan_guard.address import gone, lost
from mesh.deploy.plan_guard.domain import domain
from mesh.deploy.plan_guard.finding import Finding, Verdict
from mesh.deploy.plan_guard.plan import Plan
from mesh.deploy.plan_guard.public_access import public_access, unguarded
from mesh.deploy.plan_guard.secrets import secrets

RULES = (lost, gone, domain, secrets, public_access, unguarded)


def judge(plan: Plan, allowed: Iterable[str] = (), further: Iterable[Finding] = ()) -> Verdict:
    """Say what the plan must not do.

    Args:
        plan: as `read_plan` gives it.
        allowed: addresses, as findings name them, at which whatever is found is meant.
            There is no way to allow everything.
        further: findings of whoever asked AWS about the plan.
    """
    named = tuple(dict.fromkeys(allowed))
    findings = [*further, *(finding for rule in RULES for finding in rule(plan))]
    if plan.errored:
        findings.append(
            Finding("plan", "it ended with errors and is not whole", "Mend them and plan again.")
        )
    found = {finding.address for finding in findings}
    return Verdict(
        stops=tuple(finding for finding in findings if finding.address not in named),
        allowed=tuple(finding for finding in findings if finding.address in named),
        unused=tuple(address for address in named if address not in found),
    )
