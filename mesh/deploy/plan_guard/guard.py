"""The guard: every rule over one plan, and what somebody allowed by name."""

from __future__ import annotations

from collections.abc import Iterable

from mesh.deploy.plan_guard.address import gone, lost, turned_off
from mesh.deploy.plan_guard.domain import domain
from mesh.deploy.plan_guard.finding import Finding, Verdict
from mesh.deploy.plan_guard.parameters import rewritten
from mesh.deploy.plan_guard.plan import Plan
from mesh.deploy.plan_guard.public_access import public_access, unguarded
from mesh.deploy.plan_guard.secrets import secrets

RULES = (lost, gone, turned_off, domain, rewritten, secrets, public_access, unguarded)


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
    allowed_ones = [one for one in findings if one.address in named and not one.is_final]
    found = {finding.address for finding in allowed_ones}
    return Verdict(
        stops=tuple(finding for finding in findings if finding not in allowed_ones),
        allowed=tuple(allowed_ones),
        unused=tuple(address for address in named if address not in found),
    )
