"""Puts control plane and data plane together. Imports MiniStack: set its variables first."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import socket
import sys
from collections.abc import Callable
from pathlib import Path

from mesh.local_aws.cloudwatch import metrics
from mesh.local_aws.cloudwatch.logs import LogShipper
from mesh.local_aws.control_plane import ControlPlane
from mesh.local_aws.function_url.ports import HOST, FunctionUrlPorts
from mesh.local_aws.functions import FunctionName, url_identifier
from mesh.local_aws.instances.runtime_process import Place
from mesh.local_aws.instances.sandbox import Sandbox, probe_namespaces, write_language
from mesh.local_aws.invocations.asynchronous import Asynchronous
from mesh.local_aws.invocations.data_plane import DataPlane
from mesh.local_aws.invocations.invoke_api import InvokeApi
from mesh.local_aws.invocations.snapshots import Snapshots
from mesh.local_aws.ministack import patches
from mesh.local_aws.process_identity import owner
from mesh.local_aws.state import StateFolder, read_record

# Two loops share the interpreter: a short turn keeps a request's way short while the
# control plane computes.
SWITCH_SECONDS = 0.0005
OWNER_CHECK_SECONDS = 1.0
METRICS_SECONDS = 0.5

_logger = logging.getLogger("mesh.local_aws")


async def run(
    folder: StateFolder,
    *,
    listener: socket.socket,
    ports: FunctionUrlPorts,
    runtime: Path,
    idle_seconds: float,
    namespaces: bool,
    on_ready: Callable[[], None],
) -> None:
    """Serve AWS on a listening socket until SIGTERM or SIGINT.

    Raises:
        LocalAwsError: a Function URL of the saved state cannot be opened.
    """
    sys.setswitchinterval(SWITCH_SECONDS)
    reason = probe_namespaces() if namespaces else "switched off"
    if reason is not None:
        _logger.warning(
            "no mount namespaces here (%s): the task root is a plain folder without write "
            "permission, and /tmp is the host's",
            reason,
        )
    loop = asyncio.get_running_loop()
    shipper = LogShipper(folder.logs, loop)
    endpoint = f"http://{HOST}:{listener.getsockname()[1]}"
    data_plane = DataPlane(
        place=Place(
            sandbox=Sandbox(
                runtime=runtime,
                language=write_language(folder.language),
                namespaces=reason is None,
            ),
            instances=folder.instances,
            endpoint=endpoint,
            shipper=shipper,
        ),
        code=folder.code,
        ports=ports,
        idle_seconds=idle_seconds,
    )

    def open_url(function: FunctionName, qualifier: str | None) -> str:
        socket_of_url = ports.open(url_identifier(function, qualifier))
        return f"http://{HOST}:{socket_of_url.getsockname()[1]}/"

    patches.apply(open_url=open_url, execute=InvokeApi(data_plane).execute)
    Snapshots(data_plane, loop).apply()
    Asynchronous(data_plane, endpoint).apply()
    stopping = asyncio.Event()
    for sig in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(sig, stopping.set)
    data_plane.start()

    def ready() -> None:
        on_ready()
        _logger.info("ready: AWS at %s", endpoint)

    control_plane = ControlPlane(data_plane, on_ready=ready)
    watching = asyncio.create_task(_watch_record(folder, control_plane, stopping))
    publishing = asyncio.create_task(_publish_metrics())
    try:
        await control_plane.run(listener, stopping)
    finally:
        watching.cancel()
        publishing.cancel()
        await asyncio.to_thread(data_plane.close)
        await asyncio.to_thread(shipper.close)


async def _publish_metrics() -> None:
    while True:
        await asyncio.sleep(METRICS_SECONDS)
        try:
            metrics.publish()
        except Exception:
            # A metric must never cost more than itself.
            _logger.exception("metrics were lost")


async def _watch_record(
    folder: StateFolder, control_plane: ControlPlane, stopping: asyncio.Event
) -> None:
    """End with the owner, or when the state folder was removed: nobody could find this process."""
    owner_ended = owner()
    while True:
        await asyncio.sleep(OWNER_CHECK_SECONDS)
        if owner_ended():
            _logger.warning("the process that it was started for has ended: ending")
            stopping.set()
            return
        record = read_record(folder)
        if record is None or record.pid != os.getpid():
            _logger.warning("%s is gone, or another's: ending", folder.record)
            control_plane.discard_state()
            stopping.set()
            return
