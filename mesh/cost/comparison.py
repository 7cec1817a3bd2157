"""All options side by side, and where their costs meet."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace

from mesh.cost import fargate_bill, lambda_bill
from mesh.cost.bill import Beside, Bill
from mesh.cost.fargate_bill import Service
from mesh.cost.lambda_bill import Function
from mesh.cost.prices import Prices
from mesh.cost.usage import Usage

MOST_REQUESTS = 1e11


@dataclass(frozen=True)
class Comparison:
    """One month of a server, billed in several ways.

    Attributes:
        usage: what is asked of it.
        function: how it runs on Lambda; each architecture is an option.
        task: one task, from which the options of Fargate are made.
        beside: monitoring.
        prices: of the region.
    """

    usage: Usage
    function: Function
    task: Service
    beside: Beside
    prices: Prices

    def functions(self) -> list[Function]:
        """Lambda's options, the cheaper architecture first."""
        return [replace(self.function, architecture=kind) for kind in ("arm64", "x86_64")]

    def services(self) -> list[Service]:
        """Fargate's options."""
        one = replace(self.task, load_balancer=False, private=False)
        return [
            replace(one, name="Fargate 1 task", tasks=1),
            replace(one, name="Fargate 1 + ALB", tasks=1, load_balancer=True),
            replace(one, name="Fargate 2 + ALB", tasks=2, load_balancer=True),
            replace(one, name="Fargate 2 + NAT", tasks=2, load_balancer=True, private=True),
        ]

    def bills(self, requests: float | None = None) -> list[Bill]:
        """The bill of each option, for this month or for another number of requests."""
        usage = self.usage if requests is None else replace(self.usage, requests=requests)
        return [
            *(lambda_bill.bill(one, usage, self.beside, self.prices) for one in self.functions()),
            *(fargate_bill.bill(one, usage, self.beside, self.prices) for one in self.services()),
        ]

    def break_even(self, service: str) -> float | None:
        """Requests a month from which a service is cheaper than Lambda as it is set up.

        Args:
            service: An option of Fargate, by its name.

        Returns:
            None where Lambda never becomes dearer, 0 where it always is.
        """
        mine = f"Lambda {self.function.architecture}"

        def excess(requests: float) -> float:
            totals = {one.name: one.total for one in self.bills(requests)}
            return totals[mine] - totals[service]

        return crossing(excess)

    def as_json(self) -> str:
        """Everything, for programs."""
        return json.dumps(
            {
                "region": self.prices.region,
                "prices_of": self.prices.date.isoformat(),
                "usage": asdict(self.usage),
                "function": asdict(self.function),
                "task": asdict(self.task),
                "monitoring": asdict(self.beside),
                "usd_a_month": {
                    one.name: {"total": round(one.total, 4)}
                    | {"lines": {k: round(v, 4) for k, v in one.lines.items() if v}}
                    for one in self.bills()
                },
                "break_even_requests": {
                    one.name: _whole(self.break_even(one.name)) for one in self.services()
                },
            },
            indent=2,
        )


def _whole(number: float | None) -> int | None:
    return None if number is None else round(number)


def crossing(excess: Callable[[float], float]) -> float | None:
    """Where a growing difference becomes positive, to a millionth; see `break_even`."""
    low, high = 0.0, MOST_REQUESTS
    if excess(low) >= 0:
        return 0.0
    if excess(high) < 0:
        return None
    while high - low > max(1.0, high / 1e6):
        middle = (low + high) / 2
        low, high = (low, middle) if excess(middle) >= 0 else (middle, high)
    return high
