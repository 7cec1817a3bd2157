"""Reads text files, and knows which files are not for reading."""

from __future__ import annotations

import codecs
import re
from fnmatch import fnmatch
from pathlib import Path, PurePosixPath

from aoma.corpus.report import Ledger

LINKED = "symbolic link (its target is read where it lies)"
CONFIDENTIAL = "may hold secrets, by name or by a private key inside"
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


def encoding_of(beginning: bytes) -> str:
    """The encoding that a byte order mark at the beginning says; UTF-8 without one."""
    return next((known for mark, known in _ENCODINGS if beginning.startswith(mark)), "utf-8")


def holds_private_key(text: str) -> bool:
    """Whether a private key in PEM form is pasted into a text."""
    return _PRIVATE_KEY.search(text) is not None


def _decoded(content: bytes, name: str, ledger: Ledger) -> str | None:
    """The text of these bytes, or None for binary ones."""
    encoding = encoding_of(content)
    if encoding != "utf-16" and b"\0" in content:
        return None
    try:
        return content.decode(encoding)
    except UnicodeDecodeError:
        ledger.skip(REPLACED, [name])
        return content.decode(encoding, errors="replace")


def _shown(name: str) -> str:
    """`name` without the surrogates that stand for bytes that are not UTF-8 (PEP 383)."""
    return name.encode(errors="replace").decode()


def _refusal(place: Path, name: str, limit_bytes: int) -> str | None:
    """Why a file is not opened at all, or None."""
    if name != _shown(name):
        return MISNAMED
    if place.is_symlink():
        return LINKED
    if may_hold_secrets(name):
        return CONFIDENTIAL
    if place.stat().st_size > limit_bytes:
        return f"larger than {limit_bytes // 1024} KB"
    return None


def read_text(place: Path, name: str, limit_bytes: int, ledger: Ledger) -> str | None:
    """A file's text with its lines ended alike, or None with the reason in the ledger.

    Args:
        place: where the file lies.
        name: what the ledger calls it.
        limit_bytes: larger files are left out.
        ledger: takes the reason.
    """
    shown = _shown(name)
    text = None
    try:
        reason = _refusal(place, name, limit_bytes)
        content = b"" if reason else place.read_bytes()
    except OSError:
        reason = UNREADABLE
    if reason is None:
        text = _decoded(content, shown, ledger)
        if text is None:
            reason = BINARY
        elif not text.strip():
            reason = EMPTY
        elif holds_private_key(text):
            reason = CONFIDENTIAL
    if reason or text is None:
        ledger.skip(reason or BINARY, [shown])
        return None
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\x00", "")
