"""The comparison in constant time: what `hmac.compare_digest` itself is without OpenSSL."""

from __future__ import annotations

from _operator import _compare_digest

compare_digest = _compare_digest
