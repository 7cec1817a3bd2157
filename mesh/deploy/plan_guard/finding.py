"""What the guard says: one finding for each thing a plan must not do unasked."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
    """One reason to stop.

    Attributes:
        address: the resource, or `var.name` or `output.name`, to name with `--allow`.
        problem: what the plan does there and which attribute causes it; never a secret.
        remedy: what to do instead.
        is_final: whether nothing allows it, since nobody can mean it.
    """

    address: str
    problem: str
    remedy: str
    is_final: bool = False

    def __str__(self) -> str:
        return f"{self.address}: {self.problem}. {self.remedy}"


@dataclass(frozen=True)
class Verdict:
    """What came of one plan.

    Attributes:
        stops: findings that nobody allowed.
        allowed: findings at addresses that were allowed by name.
        unused: allowed addresses at which nothing was found.
    """

    stops: tuple[Finding, ...]
    allowed: tuple[Finding, ...]
    unused: tuple[str, ...]

    @property
    def ok(self) -> bool:
        """Whether the plan may be applied."""
        return not self.stops
