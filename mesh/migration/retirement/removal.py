"""Carries a removal out, step by step; each step may be repeated after an interruption."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from mesh.failure import CommandFailedError
from mesh.migration.retirement.removal_plan import Plan, Step

type Clients = Callable[[str], Any]

# Already gone, as each service says it.
GONE = (
    "ClusterNotFoundException",
    "ListenerNotFound",
    "LoadBalancerNotFound",
    "NoSuchEntity",
    "ObjectNotFoundException",
    "ParameterNotFound",
    "RepositoryNotFoundException",
    "ResourceNotFoundException",
    "RuleNotFound",
    "ServiceNotActiveException",
    "ServiceNotFoundException",
    "TargetGroupNotFound",
    "InvalidGroup.NotFound",
)
# Network interfaces of tasks and load balancers go some minutes after them.
BUSY = (
    "ClusterContainsTasksException",
    "ClusterContainsServicesException",
    "DependencyViolation",
    "ResourceInUse",
    "ResourceInUseException",
    "UpdateInProgressException",
)
WAIT_SECONDS = 600.0
FIRST_PAUSE_SECONDS = 0.2
LONGEST_PAUSE_SECONDS = 10.0
# Of `DeleteTaskDefinitions`.
AT_ONCE = 10


def _pauses() -> Iterator[float]:
    """Seconds between tries, longer and longer."""
    pause = FIRST_PAUSE_SECONDS
    while True:
        yield pause
        pause = min(2 * pause, LONGEST_PAUSE_SECONDS)


@dataclass(frozen=True)
class Removal:
    """Does the steps of a plan.

    Attributes:
        clients: makes the client of an AWS service.
        plan: what to do.
        wait_seconds: how long to try what is still in use.
    """

    clients: Clients
    plan: Plan
    wait_seconds: float = WAIT_SECONDS

    def carry_out(self, step: Step) -> None:
        """Do one step, and mark it as done.

        Raises:
            CommandFailedError: AWS refuses it, or it is still in use after the time.
        """
        action = getattr(self, f"_{step.kind.replace(' ', '_')}", None)
        if action is None:
            raise CommandFailedError(f"the plan has a step of the unknown kind {step.kind!r}.")
        deadline = time.monotonic() + self.wait_seconds
        pauses = _pauses()
        while True:
            try:
                action(step.what)
            except ClientError as error:
                code = error.response.get("Error", {}).get("Code", "")
                if code in GONE:
                    break
                if code not in BUSY or time.monotonic() > deadline:
                    message = error.response.get("Error", {}).get("Message", "")
                    raise CommandFailedError(
                        f"{step.kind} {step.what}: {code}: {message}. What is done stays done; "
                        "run `mesh retire` again to go on."
                    ) from error
                time.sleep(next(pauses))
            except BotoCoreError as error:
                raise CommandFailedError(f"AWS: {error}") from error
            else:
                break
        step.done = True

    def _autoscaling(self, resource: str) -> None:
        self.clients("application-autoscaling").deregister_scalable_target(
            ServiceNamespace="ecs",
            ResourceId=resource,
            ScalableDimension="ecs:service:DesiredCount",
        )

    def _stop(self, service: str) -> None:
        ecs, cluster = self.clients("ecs"), self.plan.cluster
        ecs.update_service(cluster=cluster, service=service, desiredCount=0)
        deadline = time.monotonic() + self.wait_seconds
        pauses = _pauses()
        while True:
            found = ecs.describe_services(cluster=cluster, services=[service])["services"]
            if not found or not found[0].get("runningCount"):
                return
            if time.monotonic() > deadline:
                raise CommandFailedError(
                    f"service {service} still runs {found[0]['runningCount']} tasks. Stop them "
                    "(aws ecs stop-task), and run `mesh retire` again to go on."
                )
            time.sleep(next(pauses))

    def _service(self, service: str) -> None:
        self.clients("ecs").delete_service(cluster=self.plan.cluster, service=service, force=True)

    def _listener(self, arn: str) -> None:
        self.clients("elbv2").delete_listener(ListenerArn=arn)

    def _rule(self, arn: str) -> None:
        self.clients("elbv2").delete_rule(RuleArn=arn)

    def _load_balancer(self, arn: str) -> None:
        elb = self.clients("elbv2")
        attributes = elb.describe_load_balancer_attributes(LoadBalancerArn=arn)["Attributes"]
        protected = {"Key": "deletion_protection.enabled", "Value": "true"}
        if protected in attributes:
            raise CommandFailedError(
                f"the load balancer {arn} is protected from deletion. Switch that off, and run "
                "`mesh retire` again to go on."
            )
        elb.delete_load_balancer(LoadBalancerArn=arn)

    def _target_group(self, arn: str) -> None:
        self.clients("elbv2").delete_target_group(TargetGroupArn=arn)

    def _task_definitions(self, family: str) -> None:
        ecs = self.clients("ecs")
        for status in ("ACTIVE", "INACTIVE"):
            pages = ecs.get_paginator("list_task_definitions")
            arns = [
                arn
                for page in pages.paginate(familyPrefix=family, status=status)
                for arn in page["taskDefinitionArns"]
                # Families that only begin the same.
                if arn.rpartition("/")[2].rpartition(":")[0] == family
            ]
            if status == "ACTIVE":
                for arn in arns:
                    ecs.deregister_task_definition(taskDefinition=arn)
            else:
                for start in range(0, len(arns), AT_ONCE):
                    ecs.delete_task_definitions(taskDefinitions=arns[start : start + AT_ONCE])

    def _security_group(self, group: str) -> None:
        self.clients("ec2").delete_security_group(GroupId=group)

    def _role(self, arn: str) -> None:
        iam, name = self.clients("iam"), arn.rpartition("/")[2]
        for policy in iam.list_role_policies(RoleName=name)["PolicyNames"]:
            iam.delete_role_policy(RoleName=name, PolicyName=policy)
        for one in iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"]:
            iam.detach_role_policy(RoleName=name, PolicyArn=one["PolicyArn"])
        iam.delete_role(RoleName=name)

    def _cluster(self, name: str) -> None:
        self.clients("ecs").delete_cluster(cluster=name)

    def _log_group(self, name: str) -> None:
        self.clients("logs").delete_log_group(logGroupName=name)

    def _images(self, name: str) -> None:
        self.clients("ecr").delete_repository(repositoryName=name, force=True)

    def _parameter(self, source: str) -> None:
        ssm = self.clients("ssm")
        # An ARN does not say whether the name begins with a slash, and only names are deleted.
        name = ssm.get_parameter(Name=source)["Parameter"]["Name"]
        ssm.delete_parameter(Name=name)

    def _secret(self, arn: str) -> None:
        # AWS keeps it for 30 days, in which it can be restored.
        self.clients("secretsmanager").delete_secret(SecretId=arn)
