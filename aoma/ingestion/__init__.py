"""`mesh ingest`: documents, repositories and tickets into Supabase, with their embeddings.

Reads with `aoma.corpus`, as the embedded index does; writes the tables that
`aoma/database/migrations` makes. What searches them is `mcp_app.knowledge.supabase`.

The way of an entry: read into a snapshot on this machine's disk, compared with the database
by digest, written without an embedding, and embedded from what the database then holds. So a
run that ends anywhere leaves rows that are right, some of them without an embedding, and the
next run does the rest.
"""
