"""What a text that cannot be changed is refused with."""

from __future__ import annotations


class BadTextError(Exception):
    """The text is not what it should be; the message says where and what."""
