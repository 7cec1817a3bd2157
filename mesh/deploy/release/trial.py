"""Trying a version: the smoke test at one of the two addresses, and what its failure says."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from mesh.failure import CommandFailedError
from mesh.smoke import smoke
from mesh.smoke.credential import ApiKey
from mesh.smoke.smoke import TOOL_CHECKS, UNAUTHORIZED
from mesh.smoke.smoke_report import Report
from mesh.smoke.streamable_http import NoAnswerError, Server

if TYPE_CHECKING:
    import httpx

    from mesh.deploy.release.target import Target
    from mesh.progress import Steps

KEY_SECONDS = 10.0
# A version that answers with the same server error so often in a row will not mend itself.
SAME_FAILURES = 4
# What a server demands, MESH_AUTH, for which no key is needed.
NO_KEY = frozenset({"none", "iam"})


class NotReleasedError(CommandFailedError):
    """The release did not pass; the text says what answered, and what is live now."""


def live_url(outputs: Mapping[str, Any]) -> str | None:
    """The address that callers have: the domain's, or the Function URL's; None before any."""
    told = outputs.get("mcp_url")
    return smoke.base_url(told) if told else None


def live_credential(target: Target, url: str, auth: str) -> httpx.Auth | None:
    """What a request to the live URL proves its right with; None for nothing."""
    if auth == "iam":
        return target.sign(url)
    return ApiKey(target.key) if target.key and auth != "none" else None


def refuse_wrong_key(url: str, key: str) -> None:
    """Notice a key that live does not take before anything is applied, not after the promotion.

    Raises:
        CommandFailedError: live answers 401.
    """
    ping = {"jsonrpc": "2.0", "id": 0, "method": "ping"}
    try:
        with Server(smoke.base_url(url), ApiKey(key), KEY_SECONDS) as server:
            refused = server.post("mcp", ping, initialized=True).status == UNAUTHORIZED
    except NoAnswerError:
        return  # live is down: a release may be what mends it
    if refused:
        raise CommandFailedError(
            f"{url} does not accept the key (MESH_API_KEY, or --api-key), so the new version "
            "could not be tested there. See `mesh keys list`; nothing was applied."
        )


def smoke_test(
    target: Target,
    name: str,
    url: str,
    proof: httpx.Auth | None,
    *,
    outputs: Mapping[str, Any],
    version: str,
    deadline_seconds: float,
    auth: str,
    steps: Steps,
) -> None:
    """Test that this version answers at a URL, as one step.

    Args:
        target: the deployment.
        name: which of its two addresses.
        url: that address.
        proof: what the requests prove their right with; None for nothing.
        outputs: Terraform's.
        version: the one that has to answer.
        deadline_seconds: for all checks.
        auth: what the server demands, MESH_AUTH.
        steps: where to show the progress.

    Raises:
        NotReleasedError: it does not, with what failed and what its log says.
    """
    # Without a key only what is public can be looked at.
    left_out = TOOL_CHECKS if proof is None and auth != "none" else ()
    since_ms = int(time.time() * 1000)
    with steps.step(f"smoke test of {name}") as step:
        report = smoke.smoke(
            url,
            configured=target.configured,
            credential=proof,
            deadline_seconds=deadline_seconds,
            expected={"function_version": version},
            left_out=left_out,
            failures=SAME_FAILURES,
        )
        if not report.ok:
            said = target.last_error(outputs, since_ms)
            lines = [
                f"version {version} does not pass the smoke test at {url} ({name}):",
                failures(report),
                *(["its log says:"] if said else []),
                *(f"  {line}" for line in said),
            ]
            raise NotReleasedError("\n".join(lines))
        step.detail = f"({sum(bool(check.ok) for check in report.checks)} checks)"
        # It passes, and whoever releases may know that this is no accident.
        repeated = [check for check in report.checks if check.attempts > 1]
        step.notes += [f"{check.name}: {check.detail}" for check in repeated]
        if left_out:
            step.notes.append("no key was given (MESH_API_KEY), so tools were not tried there")


def failures(report: Report) -> str:
    """The checks that failed, or had to be repeated, a line each."""
    found = [check for check in report.checks if check.ok is False or check.attempts > 1]
    return "\n".join(f"  {check.name}: {check.detail}" for check in found)
