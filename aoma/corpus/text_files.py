"""Reads text files, and knows which files are not for reading."""

from __future__ import annotations

import re
import stat
from fnmatch import fnmatch
from pathlib import Path, PurePosixPath

from aoma.corpus.encodings import decoded
from aoma.corpus.report import Ledger

LINKED = "symbolic link (its target is read where it lies)"
CONFIDENTIAL = "may hold secrets, by name or by a private key inside"
BINARY = "binary"
EMPTY = "empty"
REPLACED = "read, with bytes replaced that are no text"
RECODED = "read in another encoding than UTF-8, as its bytes show"
PICTURE = "read without the pictures or other data that stand in the text"
UNREADABLE = "not readable"
IRREGULAR = "no regular file (a pipe, a socket, a device)"
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
# https://www.rfc-editor.org/rfc/rfc2397; shorter ones may be examples.
_DATA_URL = re.compile(r"data:[\w.+-]+/[\w.+-]+(?:;[\w.+=-]+)*;base64,[A-Za-z0-9+/=_-]{64,}")
_UTF_8 = frozenset({"utf-8", "utf-8-sig"})


def may_hold_secrets(path: str) -> bool:
    """Whether a file's name says that it is not for others; examples of such files are."""
    name = PurePosixPath(path).name.lower()
    if any(fnmatch(name, pattern) for pattern in _EXAMPLE_NAMES):
        return False
    return any(fnmatch(name, pattern) for pattern in _SECRET_NAMES)


def holds_private_key(text: str) -> bool:
    """Whether a private key in PEM form is pasted into a text."""
    return _PRIVATE_KEY.search(text) is not None


def shown(name: str) -> str:
    """`name` without the surrogates that stand for bytes that are not UTF-8 (PEP 383)."""
    return name.encode(errors="replace").decode()


def _refusal(place: Path, name: str, limit_bytes: int) -> str | None:
    """Why a file is not opened at all, or None."""
    if name != shown(name):
        return MISNAMED
    if place.is_symlink():
        return LINKED
    if may_hold_secrets(name):
        return CONFIDENTIAL
    found = place.stat()
    if not stat.S_ISREG(found.st_mode):
        # A pipe would be waited for without end.
        return IRREGULAR
    if found.st_size > limit_bytes:
        return f"larger than {limit_bytes // 1024} KB"
    return None


def read_bytes(place: Path, name: str, limit_bytes: int, ledger: Ledger) -> bytes | None:
    """A file's bytes, or None with the reason in the ledger.

    Args:
        place: where the file lies.
        name: what the ledger calls it.
        limit_bytes: larger files are left out.
        ledger: takes the reason.
    """
    content = b""
    try:
        reason = _refusal(place, name, limit_bytes)
        content = b"" if reason else place.read_bytes()
    except OSError:
        reason = UNREADABLE
    if reason is None and not content.strip():
        reason = EMPTY
    if reason:
        ledger.skip(reason, [shown(name)])
    return None if reason else content


def binary(path: str) -> str:
    """The reason for which a file that is no text is left out, with its kind."""
    suffix = PurePosixPath(path).suffix.lower()
    return f"{BINARY} ({suffix})" if suffix else BINARY


def text_of(content: bytes, name: str, ledger: Ledger) -> str | None:
    """The text of a file's bytes with its lines ended alike; None with the reason in the ledger."""
    found = decoded(content)
    if found is None:
        ledger.skip(binary(name), [name])
        return None
    if holds_private_key(found.text):
        ledger.skip(CONFIDENTIAL, [name])
        return None
    if found.encoding not in _UTF_8:
        ledger.skip(RECODED, [f"{name} ({found.encoding})"])
    if found.replaced:
        ledger.skip(REPLACED, [name])
    text = found.text.replace("\r\n", "\n").replace("\r", "\n").replace("\x00", "")
    if not text.strip():
        ledger.skip(EMPTY, [name])
        return None
    return text


def without_pictures(text: str, name: str, ledger: Ledger) -> str:
    """A document's text without pictures and other data that its addresses hold."""
    shorter, pictures = _DATA_URL.subn("", text)
    if pictures:
        ledger.skip(PICTURE, [name])
    return shorter


def read_text(place: Path, name: str, limit_bytes: int, ledger: Ledger) -> str | None:
    """A file's text, or None with the reason in the ledger; see `read_bytes` and `text_of`."""
    content = read_bytes(place, name, limit_bytes, ledger)
    return None if content is None else text_of(content, shown(name), ledger)
