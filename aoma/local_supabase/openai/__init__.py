"""A stand-in for OpenAI's API on this machine: it checks requests, and nothing is paid.

Embeddings are hashed words or a small model's, and answers are quotations; both say so. What is
not part of OpenAI's API belongs elsewhere.
"""
