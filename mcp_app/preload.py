"""The clients of Supabase and OpenAI; imported in INIT where `preload_modules` names it.

INIT has a whole processor, and a call has the memory's share of one.
docs/explanation/cold-starts.md says when that pays.
"""

from __future__ import annotations

from mesh.runtime.garbage import imported

for _module in ("supabase.backend", "openai_api.service", "supabase.client"):
    imported(f"mcp_app.knowledge.{_module}")
