"""The embedded backend: an index in SQLite, made by `aoma.corpus`, searched by keyword.

Standard library only, and no network.
"""
