"""Keeps people's e-mail addresses out of what is indexed."""

from __future__ import annotations

import re

# A local part has at most 64 characters (RFC 5321, 4.5.3.1.1); the limit keeps the search
# linear in a text of one endless word.
_ADDRESS = re.compile(r"[<(]?[\w.+%-]{1,64}@[\w-]+(?:\.[\w-]+)+\b[>)]?")
_TRAILING = re.compile(r"[ \t]+$", re.MULTILINE)


def without_addresses(text: str) -> str:
    """`text` without e-mail addresses, as in trailers such as Signed-off-by."""
    return _TRAILING.sub("", _ADDRESS.sub("", text)).strip()


def name_without_address(name: str) -> str:
    """A person's name; of one that is an address, the part before the @. May be empty."""
    return without_addresses(name) or name.strip(" <(").split("@")[0]
