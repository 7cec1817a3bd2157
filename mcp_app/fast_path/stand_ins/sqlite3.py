"""SQLite from the extension module itself: what the package adds, adapters of dates, costs 2 ms."""

from __future__ import annotations

from _sqlite3 import SQLITE_INTERRUPT, Connection, DatabaseError, connect

__all__ = ["SQLITE_INTERRUPT", "Connection", "DatabaseError", "connect"]
