"""What this server is told by its environment, beside what Mesh is told."""

from __future__ import annotations

import os
from collections.abc import Mapping

from mcp_app.supabase_settings import SupabaseSettings
from mesh.runtime.config import settings as of_mesh
from mesh.runtime.config.settings import TASK_ROOT
from mesh.runtime.config.variables import SettingsError, choice

# Not typing's; see `mesh.runtime.handler`.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Literal

__all__ = ["BACKENDS", "Backend", "Settings", "SettingsError", "load"]

NAME = "aoma-mesh"

type Backend = Literal["embedded", "supabase"]

BACKENDS: tuple[Backend, ...] = ("embedded", "supabase")


class Settings(of_mesh.Settings):
    """What this deployment is. Nothing secret: secrets are read from SSM by name.

    Attributes:
        backend: Where knowledge comes from; never switched silently.
        index: The embedded index file.
        supabase: What the backend `supabase` asks; None with another.
    """

    backend: Backend
    index: str
    supabase: SupabaseSettings | None


def load(variables: Mapping[str, str] = os.environ) -> Settings:
    """Read and check the settings.

    Raises:
        SettingsError: a variable is missing or has a value that does not fit.
    """
    variables = {**variables, "MESH_NAME": variables.get("MESH_NAME") or NAME}
    common = of_mesh.load(variables)
    backend: Backend = choice(variables, "AOMA_BACKEND", "embedded", BACKENDS)  # type: ignore[assignment]
    supabase = None
    if backend == "supabase":
        # Here: what other deployments do not need costs their cold start 5 ms.
        from mcp_app.supabase_settings import load as load_supabase

        supabase = load_supabase(variables, secrets_ttl_seconds=common.secrets_ttl_seconds)
    return Settings(
        **common.as_dict(),
        backend=backend,
        index=f"{TASK_ROOT}/knowledge.sqlite3",
        supabase=supabase,
    )
