"""What a Terraform plan must not do unasked: take the address away, show a secret, let people in.

Reads plans and judges them; nothing here changes anything, and nothing here asks AWS.
"""

from ops.plan_guard.finding import Finding, Verdict
from ops.plan_guard.guard import judge
from ops.plan_guard.plan import Plan, read_plan

__all__ = ["Finding", "Plan", "Verdict", "judge", "read_plan"]
