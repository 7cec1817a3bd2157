"""What runs now: an ECS service with everything around it, read and never changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from mesh.failure import CommandFailedError
from mesh.migration.inventory import schedules
from mesh.migration.inventory.aws_reads import Reads
from mesh.migration.inventory.schedules import Schedule


@dataclass(frozen=True)
class OldService:
    """A service as AWS describes it. Parts that could not be read are empty.

    Attributes:
        cluster: its cluster's name.
        name: its own.
        region: where it is.
        service: as `DescribeServices` has it.
        task: as `DescribeTaskDefinition` has it.
        container: the name of the container that answers.
        target_groups: those of the load balancer.
        listeners: with their rules, that lead to those groups.
        load_balancers: the ones of those groups.
        role_statements: of the task role's policies, by the policy's name.
        scaling: targets of application autoscaling.
        schedules: what starts tasks in its cluster at set times.
    """

    cluster: str
    name: str
    region: str
    service: Mapping[str, Any]
    task: Mapping[str, Any]
    container: str
    target_groups: Sequence[Mapping[str, Any]] = ()
    listeners: Sequence[Mapping[str, Any]] = ()
    load_balancers: Sequence[Mapping[str, Any]] = ()
    role_statements: Mapping[str, Sequence[Mapping[str, Any]]] = field(default_factory=dict)
    scaling: Sequence[Mapping[str, Any]] = ()
    schedules: Sequence[Schedule] = ()

    @property
    def containers(self) -> Sequence[Mapping[str, Any]]:
        """All containers of a task."""
        return tuple(self.task.get("containerDefinitions", ()))

    @property
    def main(self) -> Mapping[str, Any]:
        """The container that answers."""
        return next((one for one in self.containers if one["name"] == self.container), {})

    @property
    def architecture(self) -> str:
        """In Lambda's words."""
        said = self.task.get("runtimePlatform", {}).get("cpuArchitecture", "X86_64")
        return "arm64" if said == "ARM64" else "x86_64"

    @property
    def vcpu(self) -> float:
        """Of one task."""
        return (_number(self.task.get("cpu"), 1024) or self._of_containers("cpu") or 256) / 1024

    @property
    def memory_mb(self) -> int:
        """Of one task."""
        return (
            _number(self.task.get("memory"), 1024)
            or self._of_containers("memory", "memoryReservation")
            or 512
        )

    def _of_containers(self, *keys: str) -> int:
        """A task on EC2 may have no size of its own: then those of its containers count."""
        return sum(next((one[key] for key in keys if one.get(key)), 0) for one in self.containers)

    @property
    def network(self) -> Mapping[str, Any]:
        """Subnets, security groups and public address."""
        found: Mapping[str, Any] = self.service.get("networkConfiguration", {}).get(
            "awsvpcConfiguration", {}
        )
        return found

    @property
    def log_groups(self) -> list[str]:
        """Of all containers."""
        found = [
            one.get("logConfiguration", {}).get("options", {}).get("awslogs-group")
            for one in self.containers
        ]
        return sorted({group for group in found if group})

    @property
    def repositories(self) -> list[str]:
        """Names of the private image repositories in this account's registry."""
        found = []
        for one in self.containers:
            host, _, path = str(one.get("image", "")).partition("/")
            if ".dkr.ecr." in host or host.startswith("localhost"):
                found.append(path.partition("@")[0].rpartition(":")[0] or path)
        return sorted(set(found))

    @property
    def is_running(self) -> bool:
        """Whether AWS is asked to run it at all."""
        return int(self.service.get("desiredCount", 0)) > 0


def read(
    reads: Reads, cluster: str, name: str, region: str, container: str | None = None
) -> OldService:
    """Read a service.

    Args:
        reads: How.
        cluster: Its cluster's name or ARN.
        name: Its own.
        region: Where.
        container: Which container answers; by default the one behind the load balancer, or the
            first essential one with a port.

    Raises:
        CommandFailedError: there is no such service, or it cannot be described.
    """
    answer = reads.ask(
        f"service {name}", "ecs", "describe_services", cluster=cluster, services=[name]
    )
    found = answer.get("services", [])
    if not found or found[0].get("status") == "INACTIVE":
        if reads.missing:
            raise CommandFailedError(
                f"service {name} cannot be read without the right {', '.join(reads.missing)}."
            )
        if reads.failures:
            raise CommandFailedError(f"{reads.failures[0]} (cluster {cluster}, region {region})")
        raise CommandFailedError(
            f"cluster {cluster} in {region} has no service {name}"
            f"{_others(reads, cluster)}. Give another --cluster, --service or --region."
        )
    service = _deployed(found[0])
    task: Mapping[str, Any] = {}
    if service["taskDefinition"]:
        task = reads.ask(
            "the task definition: environment, secrets, sizes and images",
            "ecs",
            "describe_task_definition",
            taskDefinition=service["taskDefinition"],
        ).get("taskDefinition", {})
    groups, listeners, balancers = _load_balancer(reads, service)
    return OldService(
        cluster=cluster.rpartition("/")[2],
        name=service["serviceName"],
        region=region,
        service=service,
        task=task,
        container=_answering(service, task, container),
        target_groups=groups,
        listeners=listeners,
        load_balancers=balancers,
        role_statements=_statements(reads, task.get("taskRoleArn")),
        scaling=_scaling(reads, cluster, name),
        schedules=_schedules(reads, service.get("clusterArn", "")),
    )


def _number(given: object, in_one_unit: int) -> int:
    """A task's size; 0 where it has none. AWS takes 512, .5 vCPU and 1 GB."""
    text, _, unit = str(given or 0).strip().partition(" ")
    try:
        return int(float(text) * (in_one_unit if unit else 1))
    except ValueError:
        return 0


def _deployed(service: Mapping[str, Any]) -> Mapping[str, Any]:
    """The service, with what another deployment controller than ECS keeps in task sets."""
    primary = [one for one in service.get("taskSets", []) if one.get("status") == "PRIMARY"]
    parts = ("taskDefinition", "networkConfiguration", "loadBalancers", "serviceRegistries")
    of_set = {key: one[key] for one in primary[:1] for key in parts if one.get(key)}
    return {"taskDefinition": "", **service, **of_set}


def _schedules(reads: Reads, cluster: str) -> list[Schedule]:
    if not cluster:
        return []
    named = [*schedules.of_rules(reads, cluster), *schedules.of_scheduler(reads)]
    return [one for one in named if one.cluster == cluster]


def _others(reads: Reads, cluster: str) -> str:
    listed = reads.pages("other services", "ecs", "list_services", "serviceArns", cluster=cluster)
    names = [arn.rpartition("/")[2] for arn in listed]
    return f", only {', '.join(sorted(names))}" if names else ""


def _answering(service: Mapping[str, Any], task: Mapping[str, Any], container: str | None) -> str:
    containers = task.get("containerDefinitions", [])
    names = [one["name"] for one in containers]
    if container is not None:
        if containers and container not in names:
            raise CommandFailedError(
                f"the task has no container {container}, only {', '.join(names)}."
            )
        return container
    behind = [
        one["containerName"] for one in service.get("loadBalancers", []) if "containerName" in one
    ]
    with_port = [
        one["name"] for one in containers if one.get("essential", True) and one.get("portMappings")
    ]
    return next(iter([*behind, *with_port, *names]), "")


def _load_balancer(
    reads: Reads, service: Mapping[str, Any]
) -> tuple[list[Mapping[str, Any]], list[Mapping[str, Any]], list[Mapping[str, Any]]]:
    arns = [
        one["targetGroupArn"]
        for one in service.get("loadBalancers", [])
        if one.get("targetGroupArn")
    ]
    if not arns:
        return [], [], []
    groups = reads.ask(
        "the load balancer", "elbv2", "describe_target_groups", TargetGroupArns=arns
    ).get("TargetGroups", [])
    balancer_arns = sorted({arn for group in groups for arn in group.get("LoadBalancerArns", [])})
    if not balancer_arns:
        return groups, [], []
    balancers = reads.ask(
        "the load balancer", "elbv2", "describe_load_balancers", LoadBalancerArns=balancer_arns
    ).get("LoadBalancers", [])
    listeners: list[Mapping[str, Any]] = []
    for arn in balancer_arns:
        for listener in reads.pages(
            "its listeners", "elbv2", "describe_listeners", "Listeners", LoadBalancerArn=arn
        ):
            asked = {"ListenerArn": listener["ListenerArn"]}
            rules = reads.pages("their rules", "elbv2", "describe_rules", "Rules", **asked)
            listeners.append({**listener, "Rules": [*rules]})
    return groups, listeners, balancers


def _statements(reads: Reads, role_arn: str | None) -> dict[str, Sequence[Mapping[str, Any]]]:
    """Statements of the role that the code in a task has, inline and attached."""
    if not role_arn:
        return {}
    role, unknown = role_arn.rpartition("/")[2], "what the server may do in AWS"
    found: dict[str, Sequence[Mapping[str, Any]]] = {}
    for name in reads.pages(unknown, "iam", "list_role_policies", "PolicyNames", RoleName=role):
        policy = reads.ask(unknown, "iam", "get_role_policy", RoleName=role, PolicyName=name).get(
            "PolicyDocument", {}
        )
        found[name] = _listed(policy.get("Statement"))
    for one in reads.pages(
        unknown, "iam", "list_attached_role_policies", "AttachedPolicies", RoleName=role
    ):
        arn = one["PolicyArn"]
        version = reads.ask(unknown, "iam", "get_policy", PolicyArn=arn).get("Policy", {})
        if version:
            document = reads.ask(
                unknown,
                "iam",
                "get_policy_version",
                PolicyArn=arn,
                VersionId=version["DefaultVersionId"],
            )
            content = document.get("PolicyVersion", {}).get("Document", {})
            found[one["PolicyName"]] = _listed(content.get("Statement"))
    return found


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value] if value else []


def _scaling(reads: Reads, cluster: str, name: str) -> list[Mapping[str, Any]]:
    resource = f"service/{cluster.rpartition('/')[2]}/{name}"
    found: list[Mapping[str, Any]] = reads.ask(
        "autoscaling",
        "application-autoscaling",
        "describe_scalable_targets",
        ServiceNamespace="ecs",
        ResourceIds=[resource],
    ).get("ScalableTargets", [])
    return found
