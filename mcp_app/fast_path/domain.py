"""A server behind its own domain: only what came through it passes, as in `mcp_app.asgi.domain`."""

from __future__ import annotations

from dataclasses import replace

from mcp_app.asgi.domain import FORBIDDEN
from mcp_app.asgi.failures import INTERNAL_ERROR, INVALID_REQUEST
from mcp_app.fast_path import replies
from mcp_app.fast_path.asked import Asked
from mcp_app.fast_path.callers import UndecidedError
from mcp_app.fast_path.replies import Reply
from mcp_app.origin_secret import HEADER, VIEWER_HEADER, OriginSecrets, refusal


class Domain:
    """Refuses what did not come through the domain, /health too.

    Args:
        url: The domain's address, with a slash at its end.
        secrets: What proves the way through it.
    """

    def __init__(self, url: str, secrets: OriginSecrets) -> None:
        self._url = url
        self._secrets = secrets

    def passed(self, asked: Asked) -> Asked | Reply:
        """The request as its client sent it, or the refusal of one that came another way.

        Raises:
            UndecidedError: it is for FastMCP.
        """
        # Signed for the Function URL: it came to the candidate, which has an address of its own.
        if asked.arn is not None:
            return asked
        value, viewer = asked.headers.get(HEADER), asked.headers.get(VIEWER_HEADER)
        try:
            refused = refusal(self._secrets, value, signed=False, address=self._url)
        except UnicodeEncodeError:
            raise UndecidedError from None
        if refused is not None:
            status, message = refused
            code = INVALID_REQUEST if status == FORBIDDEN else INTERNAL_ERROR
            return replies.failure(status, code, message)
        # Only with the proof is it CloudFront's word.
        return replace(asked, client=viewer) if viewer else asked
