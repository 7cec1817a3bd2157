"""The encoding of a text: as its mark says, UTF-8, or what charset-normalizer finds."""

from __future__ import annotations

import codecs
from dataclasses import dataclass
from pathlib import Path

from charset_normalizer import from_bytes

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# What programs still write: the encodings of https://encoding.spec.whatwg.org/#legacy-encodings
# that tell texts apart.
_WIDE = ["utf_16_le", "utf_16_be"]
_LEGACY = [
    *("cp1252", "cp1250", "cp1251", "cp1253", "cp1254", "cp1255", "cp1256", "cp1257", "koi8_r"),
    *("cp932", "euc_jp", "gb18030", "big5", "cp949"),
]
_CHUNK_BYTES = 1024 * 1024
# The standard's own choice for a text that does not say what it is.
_USUAL = "cp1252"


@dataclass(frozen=True, slots=True)
class Decoded:
    """A text, and what it was encoded in; `replaced` where bytes were no text in it."""

    text: str
    encoding: str
    replaced: bool = False


def marked(beginning: bytes) -> str | None:
    """The encoding that a byte order mark at the beginning says, or None."""
    return next((known for mark, known in _MARKS if beginning.startswith(mark)), None)


def _reads_as_text(text: str) -> bool:
    """Whether there are words in it, since any few bytes are characters of UTF-16."""
    words = text.split()
    return len(words) > 1 and all(word.isprintable() for word in words)


def detected(content: bytes) -> str | None:
    """The likeliest encoding of a text that is not UTF-8, or None for binary data."""
    wide = b"\0" in content
    matches = from_bytes(content, cp_isolation=_WIDE if wide else _LEGACY, enable_fallback=False)
    best = matches.best()
    if best is None or (wide and not _reads_as_text(str(best))):
        return None
    usual = next((one for one in matches if _USUAL in one.could_be_from_charset), None)
    if usual and usual.coherence >= best.coherence:
        return _USUAL
    return best.encoding


def decoded(content: bytes) -> Decoded | None:
    """The text of these bytes; None for binary ones."""
    encoding = marked(content) or (None if b"\0" in content else "utf-8")
    if encoding:
        try:
            return Decoded(content.decode(encoding), encoding)
        except UnicodeDecodeError:
            text = content.decode(encoding, errors="replace")
        wrong = text.count("\ufffd")
        # Damaged, and not another encoding: most of what is beyond ASCII is right.
        if encoding != "utf-8" or sum(character > "\x7f" for character in text) > 2 * wrong:
            return Decoded(text, encoding, replaced=True)
    found = detected(content)
    if found is None:
        return None
    text = content.decode(found, errors="replace")
    return Decoded(text, found, replaced="\ufffd" in text)


def file_encoding(place: Path) -> str | None:
    """The encoding of a text file of any size, of which only parts are held in memory.

    None for binary data.

    Raises:
        OSError: it cannot be read.
    """
    decoder = codecs.getincrementaldecoder("utf-8")()
    with place.open("rb") as file:
        chunk = beginning = file.read(_CHUNK_BYTES)
        encoding = marked(beginning)
        if encoding or b"\0" in beginning:
            return encoding or detected(beginning)
        while chunk:
            try:
                decoder.decode(chunk)
            except UnicodeDecodeError:
                return detected(chunk)
            chunk = file.read(_CHUNK_BYTES)
    return "utf-8"
