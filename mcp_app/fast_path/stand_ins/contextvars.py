"""Context variables, from where the standard library's module takes them."""

from __future__ import annotations

from _contextvars import ContextVar

__all__ = ["ContextVar"]
