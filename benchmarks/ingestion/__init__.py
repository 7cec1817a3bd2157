"""How long ingestion takes, and how fast searches are, with as much as a company has.

    .venv/bin/python -m benchmarks.ingestion

Everything is made up and local: the texts, the embeddings' stand-in, the database.
"""
