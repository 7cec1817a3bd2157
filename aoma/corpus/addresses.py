"""Keeps people's e-mail addresses out of what is indexed."""

from __future__ import annotations

import re
from functools import cache

from publicsuffixlist import PublicSuffixList

# Both are linear in a text of one endless word. Brackets say that it is an address.
_BRACKETED = re.compile(r"[<(][\w.+%'-]{1,64}@[\w-]+(?:\.[\w-]+)+[>)]")
_ADDRESS = re.compile(
    r"""(?P<login>\b[a-z][a-z0-9+.-]{0,20}://[^\s/@?\#]{1,200}@)   # of a URL: not an address
    |[<(]?(?:mailto:)?(?<![\w.+%-])[\w.+%-]++@(?P<host>(?>[\w-]+(?:\.[\w-]+)+))
    (?!:(?:\S{0,200}/|\S{1,200}\.git\b|~|\d))[>)]?           # git@host:path, host:port
    """,
    re.VERBOSE | re.IGNORECASE,
)
_VERSION = re.compile(r"v?\d+\.\d+(?:\.|[-+]|$)", re.IGNORECASE)
# Names that the root of the DNS does not have, and networks of companies do (RFC 6761, RFC 8375).
_PRIVATE = frozenset(
    [
        "example",
        "test",
        "invalid",
        "localhost",
        "local",
        "localdomain",
        "internal",
        "intranet",
        "lan",
        "home",
        "corp",
        "private",
    ]
)
_TRAILING = re.compile(r"[ \t]+$", re.MULTILINE)


@cache
def _suffixes() -> PublicSuffixList:
    return PublicSuffixList(accept_unknown=False)


def _is_host(name: str) -> bool:
    """Whether mail could go there: under a domain that is registered, and not a version."""
    last = name.rpartition(".")[2].lower()
    if _VERSION.match(name):
        return False
    return last in _PRIVATE or _suffixes().publicsuffix(last) is not None


def _removed(found: re.Match[str]) -> str:
    if found["login"] or not _is_host(found["host"]):
        return found[0]
    return ""


def without_addresses(text: str) -> str:
    """`text` without e-mail addresses, as in trailers such as Signed-off-by.

    `name@1.2.3`, `git@host:path` and logins in URLs stay: they are no addresses.
    """
    return _TRAILING.sub("", _ADDRESS.sub(_removed, _BRACKETED.sub("", text))).strip()


def name_without_address(name: str) -> str:
    """A person's name; of one that is an address, the part before the @. May be empty."""
    return without_addresses(name) or name.strip(" <(").split("@")[0]
