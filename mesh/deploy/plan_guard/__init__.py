"""What a Terraform plan must not do unasked: take the address away, show a secret, let people in.

Reads plans and judges them; nothing here changes anything, and nothing here asks AWS.
"""

from mesh.deploy.plan_guard.finding import Finding, Verdict
from mesh.deploy.plan_guard.guard import judge
from mesh.deploy.plan_guard.plan import Plan, read_plan

__all__ = ["Finding", "Plan", "Verdict", "judge", "read_plan"]
