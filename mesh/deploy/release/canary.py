"""A canary: while some of live's requests go to a new version, live and its alarms are asked."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

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


@dataclass(frozen=True)
class Canary:
    """Live, while two versions serve it.

    Attributes:
        target: the deployment.
        url: the live address.
        proof: what a caller proves their right with.
    """

    target: Target
    url: str
    proof: httpx.Auth | None

    def watch(self, outputs: Mapping[str, Any], seconds: float, deadline_seconds: float) -> str:
        """Ask live and its alarms until the time is over; how often each version answered.

        Raises:
            NotReleasedError: an answer was bad, or an alarm was raised meanwhile.
            CommandFailedError: the alarms cannot be read.
        """
        names = outputs.get("alarm_names") or ()
        # What was wrong before is not the new version's doing.
        before = self._raised(names)
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
            raised = {name: why for name, why in self._raised(names).items() if name not in before}
            if raised:
                told = "\n".join(f"  {name}: {why}" for name, why in raised.items())
                raise NotReleasedError(f"an alarm was raised during the canary:\n{told}")
            time.sleep(PAUSE_SECONDS)
        return ", ".join(f"version {name}: {count}" for name, count in answered.items())

    def _raised(self, names: Sequence[str]) -> dict[str, str]:
        """Give the alarms that are raised now, each with CloudWatch's reason."""
        if not names:
            return {}
        try:
            found = self.target.client("cloudwatch").describe_alarms(
                AlarmNames=list(names)[:MOST_NAMES], AlarmTypes=KINDS, StateValue="ALARM"
            )
        except (BotoCoreError, ClientError) as error:
            raise CommandFailedError(f"the alarms cannot be read: {error}") from error
        alarms = [*found.get("MetricAlarms", ()), *found.get("CompositeAlarms", ())]
        return {alarm["AlarmName"]: alarm.get("StateReason", "") for alarm in alarms}
