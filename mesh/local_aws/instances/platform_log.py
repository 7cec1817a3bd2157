"""The lines that Lambda itself writes about an instance and its invocations.

https://docs.aws.amazon.com/lambda/latest/dg/python-logging.html (text),
https://docs.aws.amazon.com/lambda/latest/dg/telemetry-schema-reference.html (JSON).
"""

from __future__ import annotations

import math

from mesh.local_aws.cloudwatch.logs import LogStream
from mesh.local_aws.functions import FunctionVersion
from mesh.local_aws.instances.memory import MB
from mesh.local_aws.instances.runtime_api import Result


def init_start(log: LogStream, version: FunctionVersion, phase: str) -> None:
    """A process begins, in the phase init or, after a failure, in the phase invoke."""
    log.platform(
        f"INIT_START Runtime Version: {version.runtime}.local\tRuntime Version ARN: "
        f"arn:aws:lambda:{version.function.region}::runtime:local",
        "initStart",
        {
            "initializationType": "on-demand",
            "phase": phase,
            "runtimeVersion": f"{version.runtime}.local",
            "functionName": version.function.name,
            "functionVersion": version.version,
        },
    )


def init_report(log: LogStream, result: Result, init_ms: float, phase: str) -> None:
    """INIT failed. When it does not fail, the first REPORT tells how long it took."""
    log.platform(
        f"INIT_REPORT Init Duration: {init_ms:.2f} ms\tPhase: {phase}\t"
        f"Status: {result.platform_status}\tError Type: {result.error_type}",
        "initReport",
        {
            "initializationType": "on-demand",
            "phase": phase,
            "status": result.platform_status,
            "errorType": result.error_type,
            "metrics": {"durationMs": round(init_ms, 3)},
        },
    )


def start(log: LogStream, version: FunctionVersion, request: str) -> None:
    """An invocation begins."""
    log.platform(
        f"START RequestId: {request} Version: {version.version}",
        "start",
        {"requestId": request, "version": version.version},
    )


def report(
    log: LogStream,
    version: FunctionVersion,
    request: str,
    result: Result,
    *,
    duration_ms: float,
    init_ms: float | None,
    peak_bytes: int,
) -> None:
    """An invocation has ended: END and REPORT.

    Args:
        log: The instance's stream.
        version: What ran.
        request: Its request id.
        result: What came of it.
        duration_ms: How long it took.
        init_ms: How long INIT took, when this is the instance's first invocation.
        peak_bytes: Highest memory so far; 0 when unknown.
    """
    # INIT is billed since August 2025.
    billed = math.ceil(duration_ms + (init_ms or 0.0))
    used = min(math.ceil(peak_bytes / MB), version.memory_mb) or version.memory_mb
    text = (
        f"REPORT RequestId: {request}\tDuration: {duration_ms:.2f} ms\t"
        f"Billed Duration: {billed} ms\tMemory Size: {version.memory_mb} MB\t"
        f"Max Memory Used: {used} MB"
    )
    metrics: dict[str, object] = {
        "durationMs": round(duration_ms, 3),
        "billedDurationMs": billed,
        "memorySizeMB": version.memory_mb,
        "maxMemoryUsedMB": used,
    }
    record: dict[str, object] = {"requestId": request, "metrics": metrics, "status": "success"}
    if init_ms is not None:
        text += f"\tInit Duration: {init_ms:.2f} ms"
        metrics["initDurationMs"] = round(init_ms, 3)
    if result.error_type is not None:
        record["status"] = result.platform_status or "error"
        record["errorType"] = result.error_type
    if result.platform_status is not None:
        text += f"\tStatus: {result.platform_status}"
        if result.platform_status == "error":
            text += f"\tError Type: {result.error_type}"
    log.platform(f"END RequestId: {request}", "runtimeDone", {"requestId": request})
    log.platform(text, "report", record)
