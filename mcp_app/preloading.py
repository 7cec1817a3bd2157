"""The clients of Supabase and OpenAI imported in INIT, where the deployment wants that.

INIT has a whole processor, a call the memory's share of one. docs/cold-start.md has the trade.
"""

from __future__ import annotations

from mesh.runtime.config.settings import Settings
from mesh.runtime.garbage import imported

MODULES = ("supabase.backend", "openai_api.service", "supabase.client")


def preload(settings: Settings) -> None:
    """Import what the first call would, where that is set."""
    if settings.supabase is not None and settings.supabase.preload:
        for module in MODULES:
            imported(f"mcp_app.knowledge.{module}")
