"""Who makes the request that is being answered.

Access control says so; backends ask. It travels in a context variable, so that tools need
no argument for it and requests answered at one time never see each other's caller.
"""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from contextvars import Context, ContextVar

from mesh.runtime.record import Record


class Caller(Record):
    """A caller as access control knows it.

    Attributes:
        name: for logs: `key:<name>`, an ARN, a user's id, or `anonymous`.
        token: the caller's own access token, its signature, issuer, audience and expiry
            verified; sources that check rows by user are asked with it. None for callers
            who are no users: API keys, IAM.
        scopes: what the token was granted; None for callers without a token, which no scope limits.
        tools: the only tools that the caller may see and call; None for every tool.
        rate_per_minute: calls a minute; None for the deployment's own limit.
        sources: what the server calls the only sources that the caller may see, such as
            `documents:handbook`; None for all. The server's tools and resources keep to it.
    """

    _secret = ("token",)

    name: str
    token: str | None = None
    scopes: frozenset[str] | None = None
    tools: frozenset[str] | None = None
    rate_per_minute: int | None = None
    sources: frozenset[str] | None = None


ANONYMOUS = Caller("anonymous")

_current: ContextVar[Caller] = ContextVar("mesh_caller", default=ANONYMOUS)


def current_caller() -> Caller:
    """The caller of the request that is being answered; anonymous outside of one."""
    return _current.get()


@contextmanager
def calling(caller: Caller) -> Generator[None]:
    """What runs within answers this caller."""
    before = _current.set(caller)
    try:
        yield
    finally:
        _current.reset(before)


def call_from(caller: Caller, context: Context) -> None:
    """Have what runs in this context, which is only for one call, answer this caller."""
    context.run(_current.set, caller)
