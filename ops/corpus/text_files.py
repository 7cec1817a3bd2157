"""Reads text files, and knows which files are not for reading."""

from __future__ import annotations

import codecs
import re
from fnmatch import fnmatch
from pathlib import Path, PurePosixPath

from ops.corpus.report import Ledger

LINKED = "symbolic link (its target is read where it lies)"
SECRET = "may hold secrets, by name or by a private key inside"
BINARY = "binary"
EMPTY = "empty"
REPLACED = "read, with bytes that are not UTF-8 replaced"
UNREADABLE = "not readable"
MISNAMED = "name is not UTF-8"

_SECRET_NAMES = (
    ".env",
    ".env.*",
    "*.env",
    "*.pem",
    "*.key",
    "*.p12",
    "*.pfx",
    "*.jks",
    "*.keystore",
    "*.kdbx",
    "*.tfstate",
    "*.tfstate.*",
    "*.tfvars",
    "*.tfvars.json",
    "*.tfplan",
    "id_rsa*",
    "id_ed25519*",
    "id_ecdsa*",
    ".npmrc",
    ".pypirc",
    ".netrc",
    ".htpasswd",
    "credentials",
    "credentials.json",
    "secrets.json",
    "secrets.y*ml",
    # A list of nothing but people's addresses.
    ".mailmap",
)
_EXAMPLE_NAMES = ("*.example", "*.sample", "*.template", "*.example.*", "*.dist")
_PRIVATE_KEY = re.compile(
    r"-----BEGIN (?:[A-Z]+ )*PRIVATE KEY(?: BLOCK)?-----\s+[A-Za-z0-9+/=:,\s-]{40}"
)
_ENCODINGS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def may_hold_secrets(path: str) -> bool:
    """Whether a file's name says that it is not for others; examples of such files are."""
    name = PurePosixPath(path).name.lower()
    if any(fnmatch(name, pattern) for pattern in _EXAMPLE_NAMES):
        return False
    return any(fnmatch(name, pattern) for pattern in _SECRET_NAMES)


def read_text(place: Path, name: str, limit_bytes: int, ledger: Ledger) -> str | None:
    """A file's text, or None with the reason noted in the ledger.

    Args:
        place: where the file lies.
        name: what the ledger calls it.
        limit_bytes: larger files are left out.
        ledger: takes the reason.
    """
    try:
        name.encode()
    except UnicodeEncodeError:
        ledger.skip(MISNAMED, [name.encode(errors="replace").decode()])
        return None
    if place.is_symlink():
        ledger.skip(LINKED, [name])
        return None
    if may_hold_secrets(name):
        ledger.skip(SECRET, [name])
        return None
    try:
        if place.stat().st_size > limit_bytes:
            ledger.skip(f"larger than {limit_bytes // 1024} KB", [name])
            return None
        content = place.read_bytes()
    except OSError:
        ledger.skip(UNREADABLE, [name])
        return None
    encoding = next((known for mark, known in _ENCODINGS if content.startswith(mark)), "utf-8")
    if encoding != "utf-16" and b"\0" in content:
        ledger.skip(BINARY, [name])
        return None
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError:
        text = content.decode(encoding, errors="replace")
        ledger.skip(REPLACED, [name])
    if not text.strip():
        ledger.skip(EMPTY, [name])
        return None
    if _PRIVATE_KEY.search(text):
        ledger.skip(SECRET, [name])
        return None
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\x00", "")
