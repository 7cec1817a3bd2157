"""Asks Supabase and OpenAI from an unpacked bundle: `python -I -S asking.py BUNDLE URL URL`.

Prints one JSON line of what came of it; whatever is missing in the bundle ends it with a
traceback.
"""

from __future__ import annotations

import asyncio
import json
import sys
from dataclasses import asdict

sys.path.insert(0, sys.argv[1])

from mcp_app.deadline import Deadline
from mcp_app.knowledge.errors import SourceUnavailableError
from mcp_app.knowledge.supabase.backend import SupabaseBackend
from mcp_app.supabase_settings import load

# Not secret: what the server that is asked here takes for secrets.
SUPABASE, OPENAI = sys.argv[2:4]
PARAMETERS = json.loads(sys.argv[4])
SETTINGS = {
    "SUPABASE_URL": SUPABASE,
    "MESH_SECRETS": json.dumps(
        {
            "SUPABASE_KEY": "/mesh/test/supabase-key",
            "SUPABASE_TOKEN": "/mesh/test/supabase-token",
            "OPENAI_API_KEY": "/mesh/test/openai-api-key",
        }
    ),
    "OPENAI_BASE_URL": f"{OPENAI}/v1",
    "AOMA_EMBEDDING_DIMENSIONS": "3",
    "AOMA_ANSWER_MODEL": "gpt-test",
    "AOMA_VECTOR_STORE_ID": "vs_1",
}


async def main() -> None:
    """Ask everything once, and once what fails."""
    backend = SupabaseBackend(load(SETTINGS, secrets_ttl_seconds=60), PARAMETERS.__getitem__)
    deadline = Deadline.after(60)
    passages = await backend.search_documents("how long are proxies kept", deadline=deadline)
    tickets = await backend.search_tickets("upload hangs", deadline=deadline, mode="keyword")
    ticket = await backend.get_ticket("AOMA-7", deadline=deadline)
    count = await backend.count_tickets(deadline=deadline)
    text = await backend.write("Be brief.", "Passages", max_tokens=100, deadline=deadline)
    states = await backend.check(deadline)
    try:
        await backend.search_commits("checksum", deadline=deadline)
        failure = ""
    except SourceUnavailableError as error:
        failure = str(error)
    await backend.close()
    result = {
        "passages": [asdict(hit) for hit in passages.hits],
        "tickets": [hit.id for hit in tickets.hits],
        "ticket": ticket and ticket.id,
        "count": count.total,
        "text": text,
        "states": {state.source: state.status for state in states},
        "failure": failure,
    }
    sys.stdout.write(json.dumps(result) + "\n")


asyncio.run(main())
