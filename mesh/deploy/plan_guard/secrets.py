"""Whether a plan holds a secret in clear: whoever reads plan, state or console then has it.

Values are never shown, only where they are and what they look like.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from mesh.deploy.plan_guard.finding import Finding
from mesh.deploy.plan_guard.parameters import is_written_in_clear
from mesh.deploy.plan_guard.plan import Change, Plan
from mesh.settings.secret_forms import form_of, is_called_like_a_secret

# They have CloudFront's key value stores written by Terraform.
EDGE_KEYS = {"aws_cloudfrontkeyvaluestore_key", "aws_cloudfrontkeyvaluestore_keys_exclusive"}
INSTEAD = (
    "Add its name to the variable secrets and store it with `mesh secrets set`; change it first, "
    "because plans and state show it"
)


def secrets(plan: Plan) -> Iterator[Finding]:
    """Find secrets in variables, outputs and attributes, and parameters written with a value.

    Environment variables that the root's `not_secrets` names are none, as they are to the root.
    """
    for name, value in plan.variables.items():
        is_environment = name == "environment_variables"
        checked = _without_excused(value, plan) if is_environment else value
        yield from _found(f"var.{name}", name, checked)
    for name, value in plan.outputs.items():
        yield from _found(f"output.{name}", name, value)
    for change in plan.changes:
        if change.type == "aws_ssm_parameter" and is_written_in_clear(change):
            yield Finding(
                change.address,
                "`value` puts the parameter's content in clear into plan and state",
                "Use value_wo with value_wo_version, or insecure_value for what is no secret.",
            )
            continue
        if change.is_written:
            yield from _at_the_edge(change)
        is_function = change.type == "aws_lambda_function"
        for name, value in change.after.items():
            checked = value
            if is_function and name == "environment":
                checked = [
                    {**block, "variables": _without_excused(block.get("variables"), plan)}
                    for block in value or ()
                ]
            yield from _found(change.address, name, checked)


def _without_excused(environment: Any, plan: Plan) -> Any:
    """Leave out the environment variables of which `not_secrets` says that they are none."""
    if not isinstance(environment, dict):
        return environment
    given = plan.variables.get("environment_variables") or {}
    excused = {name for name in plan.variables.get("not_secrets") or () if name in given}
    return {
        name: value
        for name, value in environment.items()
        # Of the function only what the variable gave it.
        if name not in excused or value != given[name]
    }


def _at_the_edge(change: Change) -> Iterator[Finding]:
    """What CloudFront proves itself with: whatever Terraform knows of it is in the state."""
    if change.type in EDGE_KEYS:
        yield Finding(
            change.address,
            "puts a key's content in clear into plan and state",
            "Leave the content to `mesh domain rotate`.",
        )
    for origin in change.after.get("origin") or ():
        if isinstance(origin, dict) and origin.get("custom_header"):
            yield Finding(
                change.address,
                "`origin.custom_header` puts its value in clear into plan, state and whatever "
                "reads the distribution",
                "Leave the header to the function at viewer-request; see `mesh domain`.",
            )


def _found(address: str, name: str, value: Any) -> Iterator[Finding]:
    for path, text in _texts(name, value):
        form = form_of(text)
        if form is not None:
            problem = f"`{path}` holds in clear what looks like {form}"
        elif is_called_like_a_secret(re.split(r"[.\[]", path)[-1], text):
            problem = f"`{path}` is called like a secret and its value is in clear"
        else:
            continue
        yield Finding(address, problem, f"{INSTEAD}.")


def _texts(path: str, value: Any) -> Iterator[tuple[str, str]]:
    """Give every text inside a value that is not empty, and where it is."""
    if isinstance(value, str):
        if value:
            yield path, value
    elif isinstance(value, dict):
        for name, inner in value.items():
            yield from _texts(f"{path}.{name}", inner)
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _texts(f"{path}[{index}]", inner)
