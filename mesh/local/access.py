"""How callers get into the server on this machine, as its function was told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mesh.sign_in import issuer
from mesh.smoke.credential import ApiKey, SigV4
from mesh.smoke.smoke import TOOL_CHECKS
from mesh.stack import local_aws_client

if TYPE_CHECKING:
    import httpx

    from mesh.stack.deployment import Deployment

WITHOUT_KEYS = {"iam", "oauth"}


@dataclass(frozen=True)
class Access:
    """The access of one server.

    Attributes:
        variables: the function's environment variables.
    """

    variables: Mapping[str, str]

    @property
    def takes_keys(self) -> bool:
        """Whether an API key opens it."""
        return self.variables.get("MESH_AUTH") not in WITHOUT_KEYS

    @property
    def issuer(self) -> str | None:
        """Whose access tokens it takes."""
        return self.variables.get("MESH_OAUTH_ISSUER")

    def proof(self, key: str, signature: SigV4) -> httpx.Auth | None:
        """Give what the smoke test of live shows; None where somebody would have to sign in."""
        if self.takes_keys:
            return ApiKey(key)
        return signature if self.variables.get("MESH_AUTH") == "iam" else None

    @property
    def left_out(self) -> tuple[str, ...]:
        """The checks of live that nobody can make without signing in."""
        return TOOL_CHECKS if self.variables.get("MESH_AUTH") == "oauth" else ()

    def notes(self) -> list[str]:
        """Say what of the issuer does not fit; it is asked now."""
        return issuer.notes(self.variables)


def access(deployed: Deployment, outputs: Mapping[str, Any]) -> Access:
    """Ask local AWS what the function was told.

    Args:
        deployed: the deployment on this machine.
        outputs: Terraform's.
    """
    function = local_aws_client.client("lambda", deployed.running.environment)
    found = function.get_function_configuration(FunctionName=outputs["function_name"])
    return Access(found.get("Environment", {}).get("Variables", {}))
