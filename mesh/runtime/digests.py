"""SHA-256 and a comparison in constant time, without loading OpenSSL, which takes 3 ms.

That is a fifteenth of a cold start of a bare handler. These are CPython's own modules; where
one is missing, the public one takes its place.
"""

from __future__ import annotations

# Not typing's; see `mesh.runtime.handler`.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from hashlib import sha256
    from hmac import compare_digest
else:
    try:
        from _operator import _compare_digest as compare_digest
        from _sha2 import sha256
    except ImportError:  # a Python built without them
        from hashlib import sha256
        from hmac import compare_digest

__all__ = ["compare_digest", "sha256"]
