"""`mesh up`: from the sources to a server that answers, and back to it after an edit."""

from __future__ import annotations

import os
import re
import shutil
import socket
import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mesh import build as bundle
from mesh.credentials import api_keys
from mesh.failure import CommandFailedError
from mesh.local.access import Access, access
from mesh.local_aws import LocalAwsError, process
from mesh.logs import function_log
from mesh.progress import Step, Steps
from mesh.runtime.access import api_keys as key_format
from mesh.settings import project
from mesh.settings.call import Call
from mesh.settings.variables import refuse_replaced, refuse_unknown
from mesh.smoke import credential, smoke
from mesh.smoke.streamable_http import NoAnswerError, Server
from mesh.stack import (
    deployment,
    local_aws_client,
    request_ways,
    stack,
    terraform,
    terraform_run,
    values,
)
from mesh.stack.stack import exclusive

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Any

    from mesh.build import BuildResult
    from mesh.local.extension import Services
    from mesh.local_aws.process import Running
    from mesh.settings import Settings
    from mesh.stack.deployment import Deployment, Inputs
    from mesh.stack.stack import Stack

STEPS = 6
KEY_NAME = "default"
LOCAL_AWS_LOG = "local-aws.log"
SMOKE_SECONDS = 20.0
# Instances trust the keys they have read for 60 s (MESH_SECRETS_TTL_SECONDS).
KEY_SECONDS = 75.0
UNAUTHORIZED = 401
# What Terraform says as it begins to change something; a plan that fails says none of it.
CHANGES = re.compile(r": (?:Creating|Modifying|Destroying)\.\.\.")
# What Terraform names as it refuses to take away what carries the address.
PROTECTION = "prevent_destroy"
AFRESH = "If it fails again, start afresh: `down`, then `up`."


@dataclass(frozen=True)
class Up:
    """What is up: addresses with a slash at the end, the key, how long it took.

    `api_key` is None where no key opens it, and `issuer` whose access tokens do. `name` is the
    server's, and `call` a call of one of its tools to try; None when none can be called safely.
    `notes` are what people have to know of it, a sentence or two each.
    """

    function_url: str
    candidate_url: str
    mcp_url: str
    live_version: str
    api_key: str | None
    issuer: str | None
    name: str
    call: Call | None
    notes: tuple[str, ...]
    seconds: float


def up(here: Stack, server: Settings, services: Services, steps: Steps) -> Up:
    """Build, start, deploy and test; again after an edit, only what changed.

    Args:
        here: the stack.
        server: the server's settings.
        services: what runs beside it.
        steps: where to show the progress.

    Raises:
        CommandFailedError: a step failed; what was up before is left running.
    """
    terraform.require_terraform()
    refuse_unknown(os.environ, here.terraform_root)
    if os.environ.get("TF_VAR_domain_name"):  # noqa: SIM112 - Terraform wants it so
        raise CommandFailedError(
            "TF_VAR_domain_name is set, and a domain cannot lead to this machine: unset it."
        )
    architecture = bundle.host_architecture()
    with exclusive(here.lock, "mesh up"):
        with steps.step("zip") as step:
            built = _build(here, server, services, architecture)
            step.detail = f"({built.zip_bytes / 1e6:.1f} MB, {architecture})"
            step.notes += built.notes
        with steps.step("local AWS") as step:
            running = _local_aws(here, step)
        services.start(here, steps)
        refuse_replaced(services.variables, os.environ, here.values_of(stack.ENVIRONMENT))
        deployed = deployment.Deployment(here, running)
        with steps.step("terraform init") as step:
            step.detail = "" if deployed.init() else "(unchanged)"
        with steps.step("terraform apply") as step:
            inputs = deployment.Inputs(
                architecture, server.name, built.code_sha256, built.path, services.variables
            )
            if deployed.is_current(inputs):
                outputs = here.read_outputs()
                step.detail = f"(unchanged, version {outputs['live_version']} is live)"
            else:
                deployed, outputs = _apply(deployed, inputs, step)
        services.store_secrets(deployed, outputs, steps)
        with steps.step("API key") as step:
            way_in = access(deployed, outputs)
            key = _key(deployed, outputs, services.environment, way_in, step)
        with steps.step("smoke test") as step:
            call = _smoke(deployed, outputs, way_in, key, built, server.smoke, step)
            step.notes += way_in.notes()
    return Up(
        function_url=outputs["function_url"],
        candidate_url=outputs["candidate_url"],
        mcp_url=outputs["mcp_url"],
        live_version=str(outputs["live_version"]),
        api_key=key if way_in.takes_keys else None,
        issuer=way_in.issuer,
        name=server.name,
        call=services.call(built, call),
        notes=tuple(services.notes),
        seconds=steps.seconds(),
    )


def _build(here: Stack, server: Settings, services: Services, architecture: str) -> BuildResult:
    """Build the zip, with its packages locked for this machine's processor."""
    variables = values.environment_variables(here, stack.ENVIRONMENT)
    made = services.project(project(server, bundle.target(architecture, "3.13"), variables))
    return bundle.build(made, architecture, output=here.zip_of(architecture))


def _local_aws(here: Stack, step: Step) -> Running:
    running = process.find(here.aws)
    if running is not None:
        step.detail = f"(process {running.pid} runs)"
        return running
    if here.aws.exists() and not deployment.is_recorded(here):
        # An earlier run ended half-way: what local AWS has, Terraform does not know.
        _forget(here)
        step.notes.append("removed what an earlier, unfinished run had left")
    taken = not here.aws.exists() and not _is_free(stack.ENDPOINT_PORT)
    running = _start(here)
    step.detail = f"({running.endpoint})"
    if taken:
        step.notes.append(
            f"port {stack.ENDPOINT_PORT} is busy, so the AWS endpoint is {running.endpoint}; "
            "it stays there until `mesh down`"
        )
    return running


def _start(here: Stack) -> Running:
    # 0 is the port it had before, when it had one, else any that is free.
    port = stack.ENDPOINT_PORT
    if here.aws.exists() or not _is_free(port):
        port = 0
    with _one_line():
        return process.start(
            here.aws,
            endpoint_port=port,
            url_ports=stack.URL_PORTS,
            log=here.logs / LOCAL_AWS_LOG,
            enforce_iam=True,
        )


def _apply(deployed: Deployment, inputs: Inputs, step: Step) -> tuple[Deployment, dict[str, Any]]:
    """Apply; start from nothing, once, when AWS and Terraform's state are at odds."""
    try:
        outputs = deployed.apply(inputs)
    except terraform_run.TerraformFailedError as error:
        if process.find(deployed.stack.aws) is None:
            raise CommandFailedError(
                "local AWS ended in the middle of terraform apply; run this again.\n"
                f"  its log: {deployed.stack.logs / LOCAL_AWS_LOG}"
            ) from error
        if PROTECTION in error.output:
            raise CommandFailedError(
                "these settings make a server at another address, for example with another name. "
                "`mesh down` removes the old one; then run this again."
            ) from error
        if not CHANGES.search(error.output):
            # The settings are wrong, and nothing was changed.
            raise
        if not deployment.ALREADY_EXISTS.search(error.output):
            raise CommandFailedError(f"{error}\n{AFRESH}") from error
        with _one_line():
            process.stop(deployed.stack.aws)
        _forget(deployed.stack)
        deployed = deployment.Deployment(deployed.stack, _start(deployed.stack))
        deployed.init()
        outputs = deployed.apply(inputs)
        step.notes.append("local AWS did not fit Terraform's state; both were made again")
    step.detail = f"(version {outputs['live_version']} is live)"
    return deployed, outputs


def _key(
    deployed: Deployment,
    outputs: dict[str, Any],
    further: Mapping[str, str],
    way_in: Access,
    step: Step,
) -> str:
    """Give a key that is valid, the one of `local.env` if at all possible.

    It is kept where no key opens the server, too: for when one does again.
    """
    here, aws = deployed.stack, deployed.running.environment
    parameter = api_keys.Parameter(local_aws_client.ssm(aws), outputs["api_keys_parameter"])
    before = api_keys.current(parameter)
    key = here.read_environment().get("MESH_API_KEY", "")
    if key_format.digest(key) in {known.sha256 for known in before}:
        step.detail = f"(in {here.environment_file.relative_to(here.root)})"
    else:
        # A key that people have put into their clients is worth keeping.
        key = key or key_format.generate()
        api_keys.store(parameter, KEY_NAME, key, keep=0)
        if before and way_in.takes_keys:
            _await_key(outputs["function_url"], key)
        step.detail = f"(new, in {here.environment_file.relative_to(here.root)})"
    if not way_in.takes_keys:
        step.detail = "(kept; the server takes no keys)"
    here.write_environment(
        {
            "MESH_URL": outputs["function_url"],
            "MESH_API_KEY": key,
            "MESH_CANDIDATE_URL": outputs["candidate_url"],
            **aws,
            **further,
        }
    )
    return key


def _smoke(
    deployed: Deployment,
    outputs: dict[str, Any],
    way_in: Access,
    key: str,
    built: BuildResult,
    configured: Call | None,
    step: Step,
) -> Call | None:
    """Test both addresses; give a call of a tool to show people."""
    example = None
    signature = credential.SigV4(
        local_aws_client.credentials(deployed.running.environment), deployed.running.region
    )
    tried = {
        "live": (outputs["function_url"], way_in.proof(key, signature), way_in.left_out),
        "candidate": (outputs["candidate_url"], signature, ()),
    }
    started_ms = int(time.time() * 1000)
    for name, (url, proof, left_out) in tried.items():
        report = smoke.smoke(
            url,
            credential=proof,
            deadline_seconds=SMOKE_SECONDS,
            expected={"content_sha256": built.content_sha256},
            configured=configured,
            left_out=left_out,
        )
        example = report.example
        if not report.ok:
            failed = "\n".join(
                f"  {check.name}: {check.detail}" for check in report.checks if check.ok is False
            )
            said = function_log.last_error(
                local_aws_client.logs(deployed.running.environment),
                outputs["log_group_name"],
                started_ms,
            )
            raise CommandFailedError(
                "\n".join(
                    [
                        f"{url} ({name}) is deployed and does not pass the smoke test:",
                        failed,
                        *(["its log says:"] if said else []),
                        *(f"  {line}" for line in said),
                    ]
                )
            )
        passed = f"{name} {sum(bool(check.ok) for check in report.checks)} checks"
        step.detail = f"{step.detail}, {passed}" if step.detail else passed
    ways = request_ways.read_ways(
        local_aws_client.logs(deployed.running.environment), outputs["log_group_name"], started_ms
    )
    step.detail = f"({step.detail}; {request_ways.as_text(ways)})" if ways else f"({step.detail})"
    if report.call is None:
        step.notes += [check.detail for check in report.checks if check.name == "tools/call"]
    return example


def _await_key(url: str, key: str) -> None:
    """Wait until running instances have noticed a key that was put while they ran."""
    ping = {"jsonrpc": "2.0", "id": 0, "method": "ping"}
    with Server(url, credential.ApiKey(key), KEY_SECONDS) as server:
        while server.remaining_seconds() > 1:
            try:
                reply = server.post("mcp", ping, initialized=True)
            except NoAnswerError:
                return  # the smoke test says it better
            if reply.status != UNAUTHORIZED:
                return
            time.sleep(0.5)


def _forget(here: Stack) -> None:
    """Remove the state of local AWS and Terraform's, which are only true together."""
    shutil.rmtree(here.aws, ignore_errors=True)
    here.terraform_state.unlink(missing_ok=True)
    here.outputs.unlink(missing_ok=True)


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


@contextmanager
def _one_line() -> Iterator[None]:
    try:
        yield
    except LocalAwsError as error:
        raise CommandFailedError(f"local AWS: {error}") from error
