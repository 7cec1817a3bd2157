"""Copies secrets from where a task definition names them. No value is ever shown or written."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from mesh.credentials import stored_secrets
from mesh.failure import CommandFailedError
from mesh.migration.inventory.secret_references import ENVIRONMENT, PARAMETER, Reference


def value_of(reference: Reference, client: Callable[[str], Any]) -> str:
    """Read one secret at its old place.

    Raises:
        CommandFailedError: it cannot be read, or is not text; the message never has the value.
    """
    try:
        if reference.kind == ENVIRONMENT:
            value = _in_environment(reference, client("ecs"))
        elif reference.kind == PARAMETER:
            # AWS takes the name or the ARN.
            found = client("ssm").get_parameter(Name=reference.source, WithDecryption=True)
            value = str(found["Parameter"]["Value"])
        else:
            value = _in_secrets_manager(reference, client("secretsmanager"))
    except ClientError as error:
        code = error.response.get("Error", {}).get("Code", "error")
        raise CommandFailedError(
            f"{reference.name}: {reference.source} cannot be read: {code}."
        ) from None
    except BotoCoreError as error:
        raise CommandFailedError(f"{reference.name}: {error}") from None
    return value


def _in_environment(reference: Reference, ecs: Any) -> str:
    task = ecs.describe_task_definition(taskDefinition=reference.source)["taskDefinition"]
    for container in task["containerDefinitions"]:
        if container["name"] == reference.container:
            for one in container.get("environment", []):
                if one["name"] == reference.name:
                    return str(one["value"])
    raise CommandFailedError(f"{reference.name}: {reference.source} no longer has it.")


def _in_secrets_manager(reference: Reference, client: Any) -> str:
    wanted = {"SecretId": reference.source}
    if reference.stage:
        wanted["VersionStage"] = reference.stage
    if reference.version:
        wanted["VersionId"] = reference.version
    value = client.get_secret_value(**wanted).get("SecretString")
    if value is None:
        raise CommandFailedError(f"{reference.name}: {reference.source} is binary, not text.")
    if not reference.json_key:
        return str(value)
    try:
        found = json.loads(value)[reference.json_key]
    except (ValueError, KeyError, TypeError):
        raise CommandFailedError(
            f"{reference.name}: {reference.source} has no key {reference.json_key}."
        ) from None
    return found if isinstance(found, str) else json.dumps(found)


def copy(reference: Reference, client: Callable[[str], Any], target: Any, parameter: str) -> None:
    """Store the secret in a parameter that Terraform has made.

    Raises:
        CommandFailedError: it cannot be read or stored.
    """
    value = stored_secrets.checked(reference.name, value_of(reference, client))
    stored_secrets.put(target, parameter, value)
