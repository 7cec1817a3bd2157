"""The bill of tasks on ECS Fargate, which run whether somebody asks or not."""

from __future__ import annotations

from dataclasses import dataclass

from mesh.cost.bill import Beside, Bill, shared_lines, transfer
from mesh.cost.prices import Prices
from mesh.cost.usage import MONTH_HOURS, MONTH_SECONDS, Usage

# https://docs.aws.amazon.com/elasticloadbalancing/latest/application/introduction.html and the
# page of prices: what one capacity unit of a load balancer carries.
CONNECTIONS_SECOND = 25
GB_HOUR = 1.0


@dataclass(frozen=True)
class Service:
    """A service as it is set up.

    Attributes:
        name: what the option is called.
        tasks: how many run.
        vcpu: of one task.
        memory_gb: of one task.
        architecture: arm64 or x86_64.
        zones: availability zones; a load balancer has an address in each.
        load_balancer: whether one stands in front, with a domain.
        private: whether tasks have no public address; NAT gateways then lead outside.
        image_gb: what the image registry keeps.
        secrets: kept in Secrets Manager.
        other_gb: what tasks exchange with the internet beside answers, through NAT.
    """

    name: str = "Fargate"
    tasks: int = 1
    vcpu: float = 0.5
    memory_gb: float = 1.0
    architecture: str = "x86_64"
    zones: int = 2
    load_balancer: bool = False
    private: bool = False
    image_gb: float = 0.5
    secrets: int = 0
    other_gb: float = 1.0

    @property
    def addresses(self) -> int:
        """Public IPv4 addresses: of tasks or NAT gateways, and of the load balancer."""
        own = self.zones if self.private else self.tasks
        return own + (self.zones if self.load_balancer else 0)


def capacity_units(usage: Usage) -> float:
    """LCUs on average: the largest of what AWS counts; each request is a connection of its own."""
    connections = usage.requests / MONTH_SECONDS / CONNECTIONS_SECOND
    data = usage.transfer_gb / MONTH_HOURS / GB_HOUR
    return max(connections, data)


def bill(service: Service, usage: Usage, beside: Beside, prices: Prices) -> Bill:
    """What the service costs a month."""
    kind = service.architecture
    hourly = (
        service.vcpu * prices[f"fargate_vcpu_{kind}"]
        + service.memory_gb * prices[f"fargate_memory_{kind}"]
    )
    lines = {
        "Tasks": service.tasks * hourly * MONTH_HOURS,
        "Public IPv4 addresses": service.addresses * prices["public_ipv4"] * MONTH_HOURS,
        "Images": service.image_gb * prices["images_stored"],
        "Secrets Manager": service.secrets * prices["secret"],
    }
    if service.load_balancer:
        lines["Load balancer"] = prices["load_balancer"] * MONTH_HOURS
        lines["Its capacity units"] = (
            capacity_units(usage) * prices["load_balancer_capacity_unit"] * MONTH_HOURS
        )
        lines["Domain"] = prices["hosted_zone"]
    if service.private:
        lines["NAT gateways"] = service.zones * prices["nat_gateway"] * MONTH_HOURS
        # Answers go back through the load balancer, not through NAT.
        lines["Data through NAT"] = service.other_gb * prices["nat_data"]
    lines["Transfer"] = transfer(usage, beside, prices)
    return Bill(service.name, lines | shared_lines(usage, beside, prices))
