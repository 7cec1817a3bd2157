"""Which SSM parameter `mesh keys` means when nobody names it."""

from __future__ import annotations

from mesh.credentials import deployed_parameters
from mesh.credentials.api_keys import Parameter

OUTPUT = "api_keys_parameter"


def find(
    name: str | None, region: str | None, environment: str | None = None
) -> tuple[Parameter, str, str | None]:
    """Give the parameter, in words where it is, and the server's `/mcp` where that is known.

    Args:
        name: the parameter's name. When None, that of the stack on this machine if it
            runs, else the output of the root in `terraform/`.
        region: for the last two; AWS_REGION or the profile's when None.
        environment: one whose parameter it is, instead.

    Raises:
        CommandFailedError: there is none to be found.
    """
    if name is not None:
        return Parameter(deployed_parameters.client_of(region), name), "named by --parameter", None
    found = deployed_parameters.find(
        OUTPUT,
        region,
        remedy="Name the parameter with --parameter.",
        environment=environment,
    )
    return Parameter(found.client, found.value), found.where, found.outputs.get("mcp_url")
