"""A stand-in for OpenAI's API on this machine: it checks requests and has no model behind it.

Embeddings are hashed words, and answers are quotations; both say so. What is not part of OpenAI's
API belongs elsewhere.
"""
