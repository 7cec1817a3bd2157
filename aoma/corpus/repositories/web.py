"""Web addresses of a repository's files and commits, from its origin.

Only an origin that others can open gives a link: no local path, no private host, and
never the credentials that an origin may carry.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import quote, urlsplit

_SCP = re.compile(r"^(?:[^@/\s]+@)(?P<host>[^:/\s]+):(?P<path>(?!/)[^\s]+)$")
_PRIVATE_SUFFIXES = (".local", ".localdomain", ".internal", ".lan", ".home", ".corp", ".test")


@dataclass(frozen=True, slots=True)
class Web:
    """A repository on the web: its page, and how its host builds addresses below it."""

    page: str
    commit_form: str
    file_form: str

    def commit(self, commit: str) -> str:
        """The page of a commit."""
        return self.page + self.commit_form.format(commit=commit)

    def file(self, commit: str, path: str) -> str:
        """The page of a file as it was at a commit, so that the link stays true."""
        return self.page + self.file_form.format(commit=commit, path=quote(path))


def _forms(host: str) -> tuple[str, str]:
    """How a host writes the addresses of a commit and of a file."""
    if "gitlab" in host:
        return "/-/commit/{commit}", "/-/blob/{commit}/{path}"
    if "bitbucket" in host:
        return "/commits/{commit}", "/src/{commit}/{path}"
    if host in {"codeberg.org", "gitea.com"} or "gitea" in host or "forgejo" in host:
        return "/commit/{commit}", "/src/commit/{commit}/{path}"
    return "/commit/{commit}", "/blob/{commit}/{path}"


def _public(host: str) -> bool:
    try:
        return ip_address(host).is_global
    except ValueError:
        return "." in host and not host.endswith(_PRIVATE_SUFFIXES)


def web_of(origin: str | None) -> Web | None:
    """The repository's address on the web, or None when its origin is not a public one.

    Args:
        origin: what `git remote get-url origin` says: http(s)://, ssh:// or git@host:path.
    """
    if not origin:
        return None
    scp = _SCP.match(origin) if "://" not in origin else None
    if scp:
        scheme, host, port, path = "https", scp["host"], None, scp["path"]
    else:
        try:
            parts = urlsplit(origin)
            scheme, host, port, path = parts.scheme, parts.hostname or "", parts.port, parts.path
        except ValueError:
            return None
        if scheme == "ssh":
            # The port is ssh's, and says nothing of the web.
            scheme, port = "https", None
        if scheme not in {"http", "https"}:
            return None
    host = host.lower()
    path = path.strip("/").removesuffix(".git").strip("/")
    if not path or not _public(host):
        return None
    place = f"{host}:{port}" if port else host
    return Web(f"{scheme}://{place}/{quote(path)}", *_forms(host))
