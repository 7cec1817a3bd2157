"""The plan of a removal: steps in an order that works, and what stays, with the reason.

https://docs.aws.amazon.com/AmazonECS/latest/developerguide/delete-service-v2.html
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from mesh.failure import CommandFailedError
from mesh.migration.inventory import neighbours, secret_references
from mesh.migration.inventory.aws_reads import Reads
from mesh.migration.inventory.neighbours import Neighbours
from mesh.migration.inventory.old_service import OldService

TASKS = "ecs-tasks.amazonaws.com"


@dataclass
class Step:
    """One thing to do.

    Attributes:
        kind: what; `mesh.migration.retirement.removal.ACTIONS` has a function for each.
        what: the ARN, name or identifier of the thing.
        done: whether it is done.
    """

    kind: str
    what: str
    done: bool = False

    @property
    def title(self) -> str:
        """What it is, for people: an ARN without partition, region and account."""
        name = self.what.split(":", 5)[-1] if self.what.startswith("arn:") else self.what
        return f"{self.kind} {name}"


@dataclass(frozen=True)
class Wanted:
    """What goes beside the service itself.

    Attributes:
        images: the image repositories.
        parameters: the secrets, in Parameter Store and Secrets Manager.
        logs: the log groups.
    """

    images: bool = False
    parameters: bool = False
    logs: bool = False

    @property
    def kinds(self) -> set[str]:
        """The kinds of steps that this is."""
        chosen = {
            "images": self.images,
            "parameter": self.parameters,
            "secret": self.parameters,
            "log group": self.logs,
        }
        return {kind for kind, is_wanted in chosen.items() if is_wanted}


@dataclass
class Plan:
    """A removal, as far as it is.

    Attributes:
        cluster: the service's.
        service: its name.
        region: where.
        steps: in their order.
        kept: what stays, with the reason.
        data: what cannot be made again: it stays until it is asked for.
        saving_usd: a month, as `mesh cost` counts it.
    """

    cluster: str
    service: str
    region: str
    steps: list[Step] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)
    data: list[Step] = field(default_factory=list)
    saving_usd: float = 0.0

    @property
    def left(self) -> list[Step]:
        """What is not done yet."""
        return [step for step in self.steps if not step.done]

    def take(self, wanted: Wanted) -> None:
        """Make steps of the data that is not to stay, also after the service is gone."""
        going = [step for step in self.data if step.kind in wanted.kinds]
        self.steps += going
        self.data = [step for step in self.data if step not in going]

    def save(self, file: Path) -> None:
        """Write it, so that an interrupted removal goes on.

        Raises:
            CommandFailedError: the file cannot be written.
        """
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            draft = file.with_suffix(".new")
            draft.write_text(json.dumps(asdict(self), indent=2) + "\n", "utf-8")
            draft.replace(file)
        except OSError as error:
            raise CommandFailedError(f"{file} cannot be written: {error.strerror}.") from error


def load(file: Path) -> Plan | None:
    """A plan that was started; None where there is none.

    Raises:
        CommandFailedError: the file is no such plan.
    """
    try:
        content = json.loads(file.read_text("utf-8"))
        steps = {key: [Step(**one) for one in content[key]] for key in ("steps", "data")}
        return Plan(**content | steps)
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise CommandFailedError(
            f"{file} is not a plan that mesh retire wrote: {error}. Remove it for a new plan."
        ) from error


def make(reads: Reads, old: OldService, others: Neighbours, wanted: Wanted) -> Plan:
    """Plan the removal.

    Args:
        reads: How to look at what stands around the service.
        old: The service.
        others: What stays because others use it.
        wanted: What goes beside the service.

    Raises:
        CommandFailedError: it is not known who else uses the same things.
    """
    plan = Plan(old.cluster, old.name, old.region)
    for one in old.scaling:
        plan.steps.append(Step("autoscaling", one["ResourceId"]))
    plan.steps += [Step("stop", old.name), Step("service", old.name)]
    _load_balancer(plan, old, others)
    family = str(old.task.get("family"))
    _unless_used(plan, others, "task definitions", family, family)
    groups = _security_groups(reads, plan, old)
    going = {step.what for step in plan.steps if step.kind == "load balancer"}
    neighbours.of_security_groups(reads, others, set(groups), going)
    for group in groups:
        _unless_used(plan, others, "security group", group, group)
    for role in dict.fromkeys(filter(None, _roles(old))):
        _role(reads, plan, others, role)
    if others.cluster_busy:
        plan.kept.append(f"cluster {old.cluster}: something else runs in it")
    else:
        plan.steps.append(Step("cluster", old.cluster))
    plan.kept += [
        f"service registry {one['registryArn']}: Cloud Map keeps it"
        for one in old.service.get("serviceRegistries", [])
    ]
    _data(plan, old, others)
    plan.take(wanted)
    if reads.gap:
        raise CommandFailedError(
            f"who else uses what this service uses cannot be seen: {reads.gap}. "
            "Nothing was removed."
        )
    return plan


def _unless_used(plan: Plan, others: Neighbours, kind: str, what: str, name: str) -> None:
    if user := others.user(what):
        plan.kept.append(f"{kind} {name}: {user} uses it")
    else:
        plan.steps.append(Step(kind, what))


def _targets(action: dict[str, Any]) -> set[str]:
    weighted = action.get("ForwardConfig", {}).get("TargetGroups", [])
    single = action.get("TargetGroupArn")
    return {one["TargetGroupArn"] for one in weighted} | ({single} if single else set())


def _load_balancer(plan: Plan, old: OldService, others: Neighbours) -> None:
    own = {group["TargetGroupArn"] for group in old.target_groups}
    for balancer in old.load_balancers:
        arn = balancer["LoadBalancerArn"]
        listeners = [one for one in old.listeners if one.get("LoadBalancerArn") == arn]
        foreign = {
            target
            for listener in listeners
            for rule in listener["Rules"]
            for action in rule.get("Actions", [])
            for target in _targets(action) - own
        }
        if not foreign and not any(map(others.user, own)):
            plan.steps += [Step("listener", one["ListenerArn"]) for one in listeners]
            plan.steps.append(Step("load balancer", arn))
            continue
        plan.kept.append(f"load balancer {balancer['LoadBalancerName']}: it serves others too")
        for rule in (rule for listener in listeners for rule in listener["Rules"]):
            targets = {target for action in rule.get("Actions", []) for target in _targets(action)}
            if targets and targets <= own and not rule.get("IsDefault"):
                plan.steps.append(Step("rule", rule["RuleArn"]))
            elif targets & own:
                others.use(next(iter(targets & own)), "a rule of a shared load balancer")
    for arn in sorted(own):
        _unless_used(plan, others, "target group", arn, arn.split("/")[-2])


def _security_groups(reads: Reads, plan: Plan, old: OldService) -> list[str]:
    """Those of tasks first: their rules name those of the load balancer."""
    removed = {step.what for step in plan.steps if step.kind == "load balancer"}
    wanted = list(old.network.get("securityGroups", []))
    for balancer in old.load_balancers:
        if balancer["LoadBalancerArn"] in removed:
            wanted += balancer.get("SecurityGroups", [])
    wanted = list(dict.fromkeys(wanted))
    if not wanted:
        return wanted
    for one in reads.ask(
        "names of security groups", "ec2", "describe_security_groups", GroupIds=wanted
    ).get("SecurityGroups", []):
        if one["GroupName"] == "default":
            plan.kept.append(f"security group {one['GroupId']}: it is the network's own")
            wanted.remove(one["GroupId"])
    return wanted


def _roles(old: OldService) -> list[str | None]:
    return [old.task.get("taskRoleArn"), old.task.get("executionRoleArn")]


def _role(reads: Reads, plan: Plan, others: Neighbours, arn: str) -> None:
    name = arn.rpartition("/")[2]
    role = reads.ask(f"role {name}", "iam", "get_role", RoleName=name).get("Role", {})
    trusted = {
        service
        for statement in role.get("AssumeRolePolicyDocument", {}).get("Statement", [])
        for service in _listed(statement.get("Principal", {}).get("Service"))
    }
    if not role:
        plan.kept.append(f"role {name}: it cannot be read")
    elif trusted != {TASKS} or name == "ecsTaskExecutionRole":
        plan.kept.append(f"role {name}: it is not this service's alone")
    else:
        _unless_used(plan, others, "role", arn, name)


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value] if value else []


def _data(plan: Plan, old: OldService, others: Neighbours) -> None:
    """Logs, images and secrets."""
    found = [("log group", group) for group in old.log_groups]
    found += [("images", name) for name in old.repositories]
    for container in old.containers:
        for one in secret_references.of_container(container, ""):
            if one.kind == secret_references.ENVIRONMENT:
                continue
            is_secret = one.kind == secret_references.SECRET
            found.append(("secret" if is_secret else "parameter", one.source))
        keys = secret_references.api_keys_parameter(container)
        found += [("parameter", keys)] if keys else []
    for kind, what in dict.fromkeys(found):
        if user := others.user(what):
            plan.kept.append(f"{kind} {what}: {user} uses it")
        else:
            plan.data.append(Step(kind, what))
