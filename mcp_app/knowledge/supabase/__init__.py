"""The supabase backend: search in Supabase, embeddings and answers by OpenAI.

Imported when the backend is chosen, and `postgrest` and `openai` when they are first needed.
Tables and functions are made by `mesh database migrate`.
"""
