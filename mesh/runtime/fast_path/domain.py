"""A server behind its own domain: only what came through it passes, as in `domain.middleware`."""

from __future__ import annotations

from copy import replace

from mesh.runtime.domain.origin_secret import (
    FORBIDDEN,
    HEADER,
    VIEWER_HEADER,
    OriginSecrets,
    refusal,
)
from mesh.runtime.fast_path import replies
from mesh.runtime.fast_path.replies import Reply
from mesh.runtime.request.errors import INTERNAL_ERROR, INVALID_REQUEST
from mesh.runtime.request.events import Head


class Domain:
    """Refuses what did not come through the domain, /health too.

    Args:
        url: The domain's address, with a slash at its end.
        secrets: What proves the way through it.
    """

    def __init__(self, url: str, secrets: OriginSecrets) -> None:
        self._url = url
        self._scheme, _, rest = url.partition("://")
        self._host = rest.removesuffix("/")
        self._secrets = secrets

    def passed(self, head: Head) -> Head | Reply:
        """The request as its client sent it, or the refusal of one that came another way."""
        # Signed for the Function URL: it came to the candidate, which has an address of its own.
        if head.arn is not None:
            return head
        value, viewer = head.headers.get(HEADER), head.headers.get(VIEWER_HEADER)
        refused = refusal(self._secrets, value, signed=False, address=self._url)
        if refused is not None:
            status, message = refused
            code = INVALID_REQUEST if status == FORBIDDEN else INTERNAL_ERROR
            return replies.failure(status, code, message)
        # The secret is nobody's business behind this.
        headers = {
            name: text for name, text in head.headers.items() if name not in {HEADER, VIEWER_HEADER}
        }
        headers |= {"host": self._host, "x-forwarded-proto": self._scheme}
        # Only with the proof is the address CloudFront's word.
        return replace(head, headers=headers, client=viewer or head.client)
