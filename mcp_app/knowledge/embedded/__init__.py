"""The embedded backend: an index in SQLite, made by `ops.corpus`, searched by keyword.

Standard library only, and no network.
"""
