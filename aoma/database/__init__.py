"""The database of the supabase backend: migrations, what they are applied to, and tokens.

The SQL lies in `migrations/`. How the server asks the database is
`mcp_app.knowledge.supabase`; what fills it is `aoma.ingestion`.
"""

# Where commands find the database, when it is not named on the command line.
URL_VARIABLE = "MESH_DATABASE_URL"
