"""This server, the clients of Supabase and OpenAI imported in INIT instead of in the first call."""

import importlib

for module in ("supabase.backend", "openai_api.service", "supabase.client"):
    importlib.import_module(f"mcp_app.knowledge.{module}")

handler = importlib.import_module("mcp_app.handler").handler
