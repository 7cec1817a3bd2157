"""Environment variables, read with a check and a message that says what fits."""

from __future__ import annotations

from collections.abc import Mapping

LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
PLAIN = frozenset("abcdefghijklmnopqrstuvwxyz0123456789.-/")
# An underscore is no part of a registered domain, and of names within a network it often is.
HOST = frozenset("abcdefghijklmnopqrstuvwxyz0123456789._-")
HIGHEST_PORT = 65535

type Variables = Mapping[str, str]


class SettingsError(Exception):
    """A setting is missing or out of range; the message names it and says what fits."""


def choice(variables: Variables, name: str, default: str, choices: tuple[str, ...]) -> str:
    """One of `choices`.

    Raises:
        SettingsError: it is another.
    """
    value = variables.get(name) or default
    if value not in choices:
        raise SettingsError(f"{name} is {value!r}; it must be one of {', '.join(choices)}.")
    return value


def number(name: str, text: str, limits: tuple[float, float], unit: str = "") -> float:
    """The number in `text`, within both limits, which are included.

    Raises:
        SettingsError: it is no number, or beyond a limit.
    """
    least, most = limits
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not least <= value <= most:
        what = f"a number{' of ' if unit else ''}{unit}"
        raise SettingsError(f"{name} is {text!r}; it must be {what} from {least:g} to {most:g}.")
    return value


def required(variables: Variables, name: str, why: str) -> str:
    """A variable that must not be empty.

    Raises:
        SettingsError: it is; `why` ends the message.
    """
    value = variables.get(name, "").strip()
    if not value:
        raise SettingsError(f"{name} is not set; {why}.")
    return value


def is_plain(text: str) -> bool:
    """Whether it is `https://`, a host's name in lower case, and perhaps a path.

    Of such an address it is known, without `urllib.parse` and its 3 ms, that it is one.
    """
    scheme, _, rest = text.partition("https://")
    return not scheme and PLAIN.issuperset(rest) and rest[:1] not in {"", "/"}


def address(name: str, text: str) -> str:
    """An address with https; http too where it is this machine's own.

    Raises:
        SettingsError: it is none, or has a user or a fragment.
    """
    if is_plain(text):
        return text
    from urllib.parse import urlsplit  # most servers have no such address

    try:
        parts = urlsplit(text)
        local = parts.scheme == "http" and parts.hostname in LOOPBACK
        fits = (parts.scheme == "https" or local) and parts.hostname and not parts.username
    except ValueError:
        fits = False
    if not fits or parts.fragment:
        raise SettingsError(f"{name} is no address with https, such as https://id.example.com.")
    return text


def names(variables: Variables, name: str) -> tuple[str, ...]:
    """The parts of a comma-separated list; none when it is not set."""
    return tuple(part.strip() for part in variables.get(name, "").split(",") if part.strip())


def origins(variables: Variables, name: str) -> tuple[str, ...]:
    """A comma-separated list of web origins, each exactly as browsers send it in `Origin`.

    https://html.spec.whatwg.org/multipage/browsers.html#ascii-serialisation-of-an-origin

    Raises:
        SettingsError: one is written in a way that no browser sends, so it would never match.
    """
    found = names(variables, name)
    for origin in found:
        if not _is_origin(origin):
            raise SettingsError(
                f"{name} has {origin!r}; write an origin as browsers send it: http:// or https://, "
                "the host in lower case, a port other than the usual one, and no path or wildcard, "
                "such as https://app.example.com."
            )
    return found


def _is_origin(text: str) -> bool:
    scheme, _, rest = text.partition("://")
    host, colon, port = rest.partition(":")
    usual = {"http": "80", "https": "443"}.get(scheme)
    if usual is None or not host or not HOST.issuperset(host):
        return False
    if not colon:
        return True
    value = int(port) if port.isdecimal() and len(port) <= len(str(HIGHEST_PORT)) else 0
    return port == str(value) != usual and 0 < value <= HIGHEST_PORT
