"""Supabase and OpenAI on this machine, for tests and `make up BACKEND=supabase`.

Real PostgreSQL with pgvector, real PostgREST, a gateway in front of it, and a stand-in for
OpenAI that says so. What differs from the hosted services is in README.md. Nothing in here
knows what is stored in the database: `aoma.database` does.
"""


class LocalSupabaseError(Exception):
    """Something about this machine; the text says what, and what to do."""
