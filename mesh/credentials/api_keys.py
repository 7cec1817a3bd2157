"""API keys in their SSM parameter: made, rotated, revoked; only their hashes are stored."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass, replace

from mesh.credentials.stored_keys import Keys, Parameter, change, read
from mesh.failure import CommandFailedError
from mesh.runtime.access import api_keys

__all__ = ["Limits", "Parameter", "create", "current", "revoke", "rotate", "store"]

KEYS_PER_NAME = 2  # enough to rotate: make the new one, move the clients, revoke the old one
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@-]{0,63}")


@dataclass(frozen=True)
class Limits:
    """What a key may do, and for how long.

    Attributes:
        lifetime: until it expires; None for never.
        tools: the only tools it may call; None for every tool.
        rate_per_minute: calls a minute; None for the deployment's own limit.
        sources: the only sources it may see, as the server names them; None for all.
    """

    lifetime: dt.timedelta | None = None
    tools: tuple[str, ...] | None = None
    rate_per_minute: int | None = None
    sources: tuple[str, ...] | None = None


NO_LIMITS = Limits()


def current(parameter: Parameter) -> Keys:
    """Give the keys that are stored, those that have expired too.

    Raises:
        CommandFailedError: the parameter cannot be read, or holds something else.
    """
    return read(parameter)[0]


def create(parameter: Parameter, name: str, limits: Limits = NO_LIMITS) -> str:
    """Make a key, store its hash under `name`, and give the key: nobody can read it again.

    Args:
        parameter: where.
        name: whose key it is.
        limits: what it may do.

    Raises:
        CommandFailedError: the name does not fit or has two keys already, the parameter
            is full, or it cannot be read or written.
    """
    if not NAME.fullmatch(name):
        raise CommandFailedError(
            f"{name!r} is no name for a key: use 1 to 64 letters, digits and . _ @ -, "
            "a letter or digit first."
        )
    key = api_keys.generate()
    store(parameter, name, key, limits=limits)
    return key


def store(
    parameter: Parameter,
    name: str,
    key: str,
    *,
    keep: int = KEYS_PER_NAME - 1,
    limits: Limits = NO_LIMITS,
) -> api_keys.ApiKey:
    """Store the hash of `key`, and give what is stored.

    Args:
        parameter: where.
        name: under which name.
        key: the clear key.
        keep: how many older keys of this name may stay; with 0 they are replaced,
            otherwise one more than this is an error.
        limits: what the key may do.

    Raises:
        CommandFailedError: see `create`.
    """
    now = dt.datetime.now(dt.UTC)
    made = api_keys.ApiKey(
        name=name,
        sha256=api_keys.digest(key),
        last4=key[-4:],
        created=_stamp(now),
        expires=_stamp(now + limits.lifetime) if limits.lifetime is not None else None,
        tools=limits.tools,
        rate_per_minute=limits.rate_per_minute,
        sources=limits.sources,
    )

    def with_key(keys: Keys) -> Keys:
        if keep == 0:
            return (*(other for other in keys if other.name != name), made)
        _refuse_a_third(keys, name, keep)
        return (*keys, made)

    change(parameter, with_key)
    return made


def rotate(
    parameter: Parameter, name: str, *, grace: dt.timedelta, lifetime: dt.timedelta | None = None
) -> tuple[str, api_keys.ApiKey]:
    """Make the successor of a key, and let the old one end.

    The new key may do what the old one may. It lives as long as the old one was made for,
    unless told otherwise.

    Args:
        parameter: where.
        name: the key's name.
        grace: how long the old key is still valid, unless it ends earlier by itself.
        lifetime: of the new key.

    Returns:
        The new key in clear, and the old one as it is stored now.

    Raises:
        CommandFailedError: there is no such key, or there are two already.
    """
    key = api_keys.generate()
    now = dt.datetime.now(dt.UTC)
    ending: api_keys.ApiKey | None = None

    def rotated(keys: Keys) -> Keys:
        nonlocal ending
        _refuse_a_third(keys, name, KEYS_PER_NAME - 1)
        old = next((other for other in keys if other.name == name), None)
        if old is None:
            raise CommandFailedError(_no_key(parameter, keys, name))
        life = lifetime or _lifetime(old)
        end = _stamp(now + grace)
        ending = replace(old, expires=min(old.expires or end, end))
        new = replace(
            old,
            sha256=api_keys.digest(key),
            last4=key[-4:],
            created=_stamp(now),
            expires=_stamp(now + life) if life is not None else None,
        )
        return (*(ending if other == old else other for other in keys), new)

    change(parameter, rotated)
    assert ending is not None  # noqa: S101 - set by the change, which has been made
    return key, ending


def _stamp(moment: dt.datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def _lifetime(key: api_keys.ApiKey) -> dt.timedelta | None:
    """How long the key was made to be valid."""
    if key.expires is None:
        return None
    return dt.timedelta(seconds=api_keys.moment(key.expires) - api_keys.moment(key.created))


def _refuse_a_third(keys: Keys, name: str, keep: int) -> None:
    same_name = [other for other in keys if other.name == name]
    if len(same_name) > keep:
        last4 = ", ".join(other.last4 for other in same_name)
        raise CommandFailedError(
            f"{name} has {len(same_name)} keys already (ending in {last4}): revoke the "
            f"one that is no longer used, `mesh keys revoke {name} --oldest`."
        )


def _no_key(parameter: Parameter, keys: Keys, wanted: str) -> str:
    names = ", ".join(sorted({key.name for key in keys})) or "no key at all"
    return f"there is no key {wanted} in {parameter.name}: {names}."


def revoke(
    parameter: Parameter, name: str, *, last4: str | None = None, oldest: bool = False
) -> Keys:
    """Take away the key of this name, or one of its two, and give what was taken.

    Args:
        parameter: where.
        name: the key's name.
        last4: only the key that ends in these characters.
        oldest: only the older one of two.

    Raises:
        CommandFailedError: there is no such key, or there are two and nothing says which.
    """
    revoked: Keys = ()

    def without_key(keys: Keys) -> Keys:
        nonlocal revoked
        chosen = [key for key in keys if key.name == name and last4 in {None, key.last4}]
        if not chosen:
            wanted = f"{name} ending in {last4}" if last4 else name
            raise CommandFailedError(_no_key(parameter, keys, wanted))
        if len(chosen) > 1 and oldest:
            chosen = [min(chosen, key=lambda key: key.created)]
        if len(chosen) > 1:
            endings = ", ".join(f"{key.last4} ({key.created})" for key in chosen)
            raise CommandFailedError(
                f"{name} has two keys, ending in {endings}: say which with --last4 or --oldest."
            )
        revoked = tuple(chosen)
        return tuple(key for key in keys if key not in revoked)

    change(parameter, without_key)
    return revoked
