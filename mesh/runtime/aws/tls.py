"""The authorities that this instance's clients trust: the system's, read once for all of them.

Reading them costs more than a small import, and each HTTP client would do it for itself.
Imported by both ways of an instance, and never twice.
"""

from __future__ import annotations

from _thread import allocate_lock

# Not typing's; see `mesh.runtime.handler`.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from ssl import SSLContext

_context: SSLContext | None = None
_making = allocate_lock()


def client_context() -> SSLContext:
    """The context of every connection with TLS; whoever asks first waits for it to be made."""
    global _context
    with _making:
        if _context is None:
            import ssl  # not for deployments that never ask

            _context = ssl.create_default_context()
        return _context
