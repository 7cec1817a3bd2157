"""SHA-256 from CPython's own module: loading OpenSSL for it costs a cold start 3 ms."""

from __future__ import annotations

try:
    from _sha2 import sha256  # type: ignore[import-not-found]
except ImportError:  # a Python built without it
    from hashlib import sha256

__all__ = ["sha256"]
