"""What MiniStack 1.5.33 does otherwise than AWS with ECS services and security groups."""

from __future__ import annotations

from typing import Any

from ministack.services import ec2, ecs

type Answer = tuple[int, dict[str, str], bytes]

REBALANCING = "availabilityZoneRebalancing"


def apply() -> None:
    """Patch the imported MiniStack."""
    _keep_the_rebalancing_of_services()
    _compare_rules_for_all_protocols_without_ports()


def _keep_the_rebalancing_of_services() -> None:
    """A service forgets whether it spreads over zones, so that every plan sets it again.

    https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_Service.html
    """
    create, update = ecs._create_service, ecs._update_service

    def create_service(data: dict[str, Any]) -> Answer:
        answer: Answer = create(data)
        return _keep(data, answer, "DISABLED")

    def update_service(data: dict[str, Any]) -> Answer:
        answer: Answer = update(data)
        return _keep(data, answer, None)

    ecs._create_service = ecs._ACTION_MAP["CreateService"] = create_service
    ecs._update_service = ecs._ACTION_MAP["UpdateService"] = update_service


def _keep(data: dict[str, Any], answer: Answer, default: str | None) -> Answer:
    value = data.get(REBALANCING, default)
    name = str(data.get("serviceName") or data.get("service")).rpartition("/")[2]
    cluster = ecs._resolve_cluster_name(data.get("cluster", "default"))
    service = ecs._services.get(f"{cluster}/{name}")
    if value is not None and service is not None:
        service[REBALANCING] = value
    return answer


def _compare_rules_for_all_protocols_without_ports() -> None:
    """A rule for all protocols has no ports, whatever a caller sends for them.

    Terraform takes away the rule that lets everything out with ports 0 to 0; it stays, and hides
    the description and tags of the rule that Terraform then makes.
    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_IpPermission.html
    """
    match = ec2._rules_match

    def rules_match(one: dict[str, Any], other: dict[str, Any]) -> bool:
        return bool(match(_without_ports(one), _without_ports(other)))

    ec2._rules_match = rules_match


def _without_ports(rule: dict[str, Any]) -> dict[str, Any]:
    if rule.get("IpProtocol") != "-1":
        return rule
    return {name: value for name, value in rule.items() if name not in {"FromPort", "ToPort"}}
