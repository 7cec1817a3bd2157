"""How a task definition names its secrets, and what each is called on Lambda.

https://docs.aws.amazon.com/AmazonECS/latest/developerguide/specifying-sensitive-data.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from mesh.settings import secret_forms

NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,99}")
SUFFIX = re.compile(r"-[A-Za-z0-9]{6}$")
ENVIRONMENT = "task definition"
PARAMETER = "SSM"
SECRET = "Secrets Manager"  # noqa: S105 - a service's name
# What terraform/fargate gives to the container.
MESH_SECRETS, MESH_API_KEYS = "MESH_SECRETS", "MESH_API_KEYS_PARAMETER"


@dataclass(frozen=True)
class Reference:
    """Where one secret of the old service is.

    Attributes:
        name: what the server calls it; its name on Lambda too.
        kind: SSM, Secrets Manager, or the environment of the task definition, in clear.
        source: name or ARN there; the task definition's ARN for the last kind.
        json_key: which value of a JSON object; empty for all of it.
        stage: of Secrets Manager, such as AWSCURRENT; empty for the current one.
        version: of Secrets Manager; empty for none in particular.
        container: whose environment it is, for the last kind.
    """

    name: str
    kind: str
    source: str
    json_key: str = ""
    stage: str = ""
    version: str = ""
    container: str = ""

    def as_dict(self) -> dict[str, str]:
        """What is set, for the mapping; never a value of a secret."""
        return {key: value for key, value in asdict(self).items() if value}


def parse(name: str, value_from: str) -> Reference:
    """Read one `valueFrom`.

    Args:
        name: Of the environment variable.
        value_from: An SSM name or ARN, or an ARN of Secrets Manager with or without
            `:json-key:version-stage:version-id`.
    """
    parts = value_from.split(":")
    if parts[0] == "arn" and parts[2:3] == ["secretsmanager"]:
        further = [*parts[7:], "", "", ""]
        return Reference(name, SECRET, ":".join(parts[:7]), *further[:3])
    return Reference(name, PARAMETER, value_from)


def place(name: str) -> str:
    """One name for a thing, whichever way a task definition writes it.

    A parameter is there by its name or its ARN, a secret with or without AWS's six characters at
    the end of its ARN.
    """
    parts = name.split(":", 5)
    if parts[0] == "arn" and parts[2:3] == ["ssm"]:
        return parts[-1].removeprefix("parameter").lstrip("/")
    if parts[0] == "arn" and parts[2:3] == ["secretsmanager"]:
        return SUFFIX.sub("", parts[-1].removeprefix("secret:"))
    return name if parts[0] == "arn" else name.lstrip("/")


def of_container(container: Mapping[str, Any], task_arn: str) -> list[Reference]:
    """Every secret of a container, also those that stand in its environment in clear."""
    found = [parse(one["name"], one["valueFrom"]) for one in container.get("secrets", [])]
    found += of_mesh(container)
    return found + [
        Reference(one["name"], ENVIRONMENT, task_arn, container=container["name"])
        for one in container.get("environment", [])
        if is_secret(one["name"], one.get("value", ""))
    ]


def of_mesh(container: Mapping[str, Any]) -> list[Reference]:
    """Secrets of a server that Mesh already runs, in a container: it reads them itself."""
    variables = {one["name"]: one.get("value", "") for one in container.get("environment", [])}
    try:
        named = json.loads(variables.get(MESH_SECRETS) or "{}")
    except ValueError:
        return []
    if not isinstance(named, dict):
        return []
    return [Reference(name, PARAMETER, str(parameter)) for name, parameter in named.items()]


def api_keys_parameter(container: Mapping[str, Any]) -> str | None:
    """Where a server that Mesh already runs has its API keys; None for another."""
    for one in container.get("environment", []):
        if one["name"] == MESH_API_KEYS:
            return one.get("value") or None
    return None


def is_secret(name: str, value: str) -> bool:
    """Whether a plain variable is a secret, by its name or its value."""
    return bool(secret_forms.form_of(value) or secret_forms.is_called_like_a_secret(name, value))


def read_mapping(content: object) -> list[Reference]:
    """The references in a mapping that was written.

    Raises:
        ValueError: it is no such mapping.
    """
    if not isinstance(content, dict) or not isinstance(content.get("secrets"), list):
        raise ValueError("it has no list called secrets")  # noqa: TRY004 - one error for the file
    found = []
    for one in content["secrets"]:
        try:
            reference = Reference(**one["old"], name=one["new"])
        except (TypeError, KeyError) as error:
            raise ValueError(
                f"an entry of secrets is not as mesh migrate writes it: {error}"
            ) from error
        if reference.kind not in {ENVIRONMENT, PARAMETER, SECRET}:
            raise ValueError(f"{reference.name} has the unknown kind {reference.kind!r}")
        found.append(reference)
    return found
