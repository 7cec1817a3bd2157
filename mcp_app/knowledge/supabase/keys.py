"""What Supabase is asked with: never a key that row-level security does not hold for."""

from __future__ import annotations

import base64
import binascii
import json
from typing import Any

from mcp_app.knowledge.calls import CallFailedError
from mesh.runtime.aws.secrets import name_of

# https://supabase.com/docs/guides/api/api-keys
SERVICE_KEY = "sb_secret_"
SERVICE_ROLE = "service_role"


def claims(token: str) -> dict[str, Any]:
    """The claims of a JWT, its signature not looked at; none of what is no JWT."""
    parts = token.split(".")
    try:
        payload = json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    except (IndexError, ValueError, binascii.Error):
        return {}
    return payload if isinstance(payload, dict) else {}


def refuse_service_key(value: str, parameter: str) -> None:
    """Let a service key go no further.

    Raises:
        CallFailedError: it is one.
    """
    if value.startswith(SERVICE_KEY) or claims(value).get("role") == SERVICE_ROLE:
        raise CallFailedError(
            f"SSM parameter {parameter} holds a service key, which row-level security does not "
            "hold for, so it is not used",
            "Store the publishable key with `mesh secrets set SUPABASE_KEY`, and a token of the "
            "role mesh_server, made by `mesh database token`, with `mesh secrets set "
            "SUPABASE_TOKEN`.",
        )


def refuse_what_is_no_token(value: str, parameter: str) -> None:
    """Let nothing but a JWT with a role of its own be the server's token.

    Raises:
        CallFailedError: it is no JWT, or that of a role that may see nothing.
    """
    if claims(value).get("role") in {None, "", "anon"}:
        raise CallFailedError(
            f"SSM parameter {parameter} holds no token of the role mesh_server",
            "Make one with `mesh database token`, and set it with `mesh secrets set "
            f"{name_of(parameter)}`.",
        )
