"""SnapStart as far as this machine has it: a version is ready when its code has been initialised.

Nothing is frozen or restored. Each instance of such a version is initialised by itself, with
AWS's hooks for before the snapshot and after the restore run round nothing.
https://docs.aws.amazon.com/lambda/latest/dg/snapstart.html
"""

from __future__ import annotations

import asyncio
import json
import logging
from typing import Any

from ministack.services import lambda_svc

from mesh.local_aws import LocalAwsError
from mesh.local_aws.functions import FunctionName, UnknownFunctionError
from mesh.local_aws.host import CannotRunHereError
from mesh.local_aws.instances.pool import InitFailedError
from mesh.local_aws.invocations.data_plane import DataPlane

_logger = logging.getLogger(__name__)


class Snapshots:
    """Brings published versions with SnapStart from Pending to Active, or to Failed.

    Args:
        data_plane: initialises them.
        control_plane: its loop, on which alone MiniStack's stores are changed.
    """

    def __init__(self, data_plane: DataPlane, control_plane: asyncio.AbstractEventLoop) -> None:
        self._data_plane = data_plane
        self._control_plane = control_plane

    def apply(self) -> None:
        """Patch MiniStack, whose own way runs the code with this machine's packages."""
        lambda_svc._snapstart_provision_version_async = self._begin  # noqa: SLF001 - MiniStack is in this process, and pinned

    def _begin(self, name: str, record: dict[str, Any]) -> None:
        del name
        # As AWS says it, and as Terraform waits for it (MiniStack: "Successful").
        record["config"]["LastUpdateStatus"] = "InProgress"
        # CloudFormation publishes in a thread.
        asyncio.run_coroutine_threadsafe(self._make(record["config"]), self._control_plane)

    async def _make(self, config: dict[str, Any]) -> None:
        _, _, _, region, account, _, name, *_ = str(config["FunctionArn"]).split(":")
        version = str(config["Version"])
        _logger.info(
            "%s:%s has SnapStart: no snapshot is taken on this machine; every instance is "
            "initialised by itself, its hooks run",
            name,
            version,
        )
        work = self._data_plane.initialize(FunctionName(account, region, name), version)
        try:
            await asyncio.wrap_future(self._data_plane.call(work))
        except InitFailedError as failed:
            reason = json.loads(failed.result.payload).get("errorMessage", failed.result.error_type)
            told = {"Reason": reason, "ReasonCode": "FunctionError"}
            config.update({f"State{part}": value for part, value in told.items()})
            config.update({f"LastUpdateStatus{part}": value for part, value in told.items()})
            config.update(State="Failed", LastUpdateStatus="Failed")
        except (CannotRunHereError, LocalAwsError, UnknownFunctionError) as error:
            # Of this machine, not of the function: its first request says so too.
            _logger.warning("%s:%s was not initialised: %s", name, version, error)
            _activate(config)
        else:
            _activate(config)


def _activate(config: dict[str, Any]) -> None:
    config.update(State="Active", StateReason="", StateReasonCode="", LastUpdateStatus="Successful")
