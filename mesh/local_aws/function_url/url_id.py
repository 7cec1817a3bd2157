"""The id in a Function URL's name, as AWS makes it: the same for the same function and alias."""

from __future__ import annotations

import base64
import hashlib

from mesh.local_aws.functions import FunctionName, url_identifier

ID_LENGTH = 32


def url_id(function: FunctionName, qualifier: str | None) -> str:
    """32 lower-case letters and digits."""
    digest = hashlib.sha256(url_identifier(function, qualifier).encode()).digest()
    return base64.b32encode(digest).decode("ascii").lower()[:ID_LENGTH]
