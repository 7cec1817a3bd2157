"""A canary: while some of live's requests go to a new version, live and its alarms are asked."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from mesh.deploy.release.trial import NotReleasedError, failures
from mesh.failure import CommandFailedError
from mesh.smoke import smoke

if TYPE_CHECKING:
    import httpx

    from mesh.deploy.release.target import Target

PAUSE_SECONDS = 1.0
# Of DescribeAlarms: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_DescribeAlarms.html
MOST_NAMES = 100
KINDS = ("MetricAlarm", "CompositeAlarm")


class Canary:
    """Live, from before two versions serve it.

    Args:
        target: the deployment.
        url: the live address.
        proof: what a caller proves their right with.
        alarms: names of alarms; what is raised already is not the new version's doing.

    Raises:
        CommandFailedError: the alarms cannot be read.
    """

    def __init__(
        self, target: Target, url: str, proof: httpx.Auth | None, alarms: Sequence[str]
    ) -> None:
        self.target = target
        self.url = url
        self.proof = proof
        self.alarms = alarms
        self.before = {*self._raised()}

    def watch(self, seconds: float, deadline_seconds: float) -> str:
        """Ask live and its alarms until the time is over; how often each version answered.

        Raises:
            NotReleasedError: an answer was bad, or an alarm was raised meanwhile.
            CommandFailedError: the alarms cannot be read.
        """
        answered: dict[str, int] = {}
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            report = smoke.smoke(
                self.url,
                configured=self.target.configured,
                credential=self.proof,
                deadline_seconds=deadline_seconds,
                # No retry: a caller would have seen the failure.
                failures=1,
            )
            version = str(report.health.get("function_version"))
            answered[version] = answered.get(version, 0) + 1
            if not report.ok:
                raise NotReleasedError(
                    "with the new version answering some of its requests, the live URL "
                    f"failed:\n{failures(report)}"
                )
            raised = self._raised()
            # One that is over may be raised again.
            self.before &= raised.keys()
            new = [f"  {name}: {why}" for name, why in raised.items() if name not in self.before]
            if new:
                told = "\n".join(new)
                raise NotReleasedError(f"an alarm was raised during the canary:\n{told}")
            time.sleep(PAUSE_SECONDS)
        return ", ".join(f"version {name}: {count}" for name, count in answered.items())

    def _raised(self) -> dict[str, str]:
        """Give the alarms that are raised now, each with CloudWatch's reason."""
        if not self.alarms:
            return {}
        try:
            found = self.target.client("cloudwatch").describe_alarms(
                AlarmNames=list(self.alarms)[:MOST_NAMES], AlarmTypes=KINDS, StateValue="ALARM"
            )
        except (BotoCoreError, ClientError) as error:
            raise CommandFailedError(f"the alarms cannot be read: {error}") from error
        alarms = [*found.get("MetricAlarms", ()), *found.get("CompositeAlarms", ())]
        return {alarm["AlarmName"]: alarm.get("StateReason", "") for alarm in alarms}
