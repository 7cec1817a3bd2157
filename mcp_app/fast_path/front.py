"""The front of an instance: answers what it fully understands, and hands on the rest.

What it hands on goes to FastMCP, started at the first such request: `mcp_app.instance`. An
instance that is never asked for more stays small.
"""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable
from typing import Any

from mcp_app import logs, snapshot
from mcp_app.api_keys import KeyRing
from mcp_app.asgi.failures import INVALID_REQUEST, NOT_ALLOWED, NOTHING_HERE
from mcp_app.asgi.rate_limit import RateLimit
from mcp_app.caller import ANONYMOUS, Caller
from mcp_app.fast_path import replies
from mcp_app.fast_path.asked import Asked, read_event
from mcp_app.fast_path.callers import Callers, UndecidedError
from mcp_app.fast_path.replies import Reply
from mcp_app.key_ring import key_ring
from mcp_app.metrics import tool_metrics
from mcp_app.request_fields import request_fields, request_id, trace_id
from mcp_app.settings import Settings, SettingsError, load

# Not typing's; see `mcp_app.handler`.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from mcp_app.fast_path.domain import Domain

MESSAGES = frozenset({("POST", "/mcp"), ("POST", "/mcp/"), ("POST", "/rpc")})
# Asked for by clients that would listen for messages, or end a session: there is neither.
REFUSED = frozenset((method, path) for method in ("GET", "DELETE") for path in ("/mcp", "/mcp/"))
ROUTES = frozenset({"/", "/health", "/ready", "/mcp", "/mcp/", "/rpc"})
PLAIN_PATH = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._-")

logger = logging.getLogger("mesh.request")

type Answer = Callable[[Any, Any], Reply]
type Full = Callable[[RateLimit, bool], Answer]


class _HandOnError(Exception):
    """FastMCP's way answers this one."""


class Front:
    """Answers events.

    Args:
        settings: What this deployment is.
        key_ring: The valid API keys, where those are taken.
        full: Starts FastMCP's way, with the rate limit that both share and whether the
            instance has answered nothing yet.
        domain: What requests have to come through; None where they need not.
    """

    def __init__(
        self,
        settings: Settings,
        key_ring: KeyRing | None,
        full: Full,
        domain: Domain | None = None,
    ) -> None:
        self._settings = settings
        self._domain = domain
        self._rate_limit = RateLimit(settings.rate_limit_per_minute)
        self._callers = Callers(settings.auth, key_ring, self._rate_limit)
        self._metrics = tool_metrics(settings.metrics_namespace, settings.environment)
        self._full = full
        self._fastmcp: Answer | None = None
        self._cold = True
        self._methods: Any = None
        self._health: Reply | None = None

    def answer(self, event: Any, context: Any) -> Reply:
        """The Function URL response to one event."""
        started = time.perf_counter()
        asked = read_event(event)
        call: dict[str, Any] = {}
        if asked is not None:
            try:
                caller, reply = self._reply(asked, call)
            except _HandOnError:
                pass
            else:
                fields = request_fields(
                    method=asked.method,
                    path=asked.path,
                    status=reply["statusCode"],
                    duration_seconds=time.perf_counter() - started,
                    caller=caller.name,
                    cold=self._cold,
                    request_id=request_id(event, context),
                    trace_id=trace_id(asked.headers.get("x-amzn-trace-id", "")),
                    calls=[call] if call else [],
                    metrics=self._metrics,
                )
                self._cold = False
                logger.info("request", extra={"fields": fields})
                return reply
        if self._fastmcp is None:
            self._fastmcp = self._full(self._rate_limit, self._cold)
        self._cold = False
        # Here: nothing is left where nothing was handed on.
        from mcp_app import begun_call  # noqa: PLC0415 - likewise

        try:
            return self._fastmcp(event, context)
        finally:
            begun_call.forget()

    def close(self) -> None:
        """Close what is open; for tests, since Lambda ends a sandbox without a word."""
        if self._methods is not None:
            self._methods.close()

    def _reply(self, asked: Asked, call: dict[str, Any]) -> tuple[Caller, Reply]:
        """The caller and the answer; what is to be logged of a call goes into `call`.

        Raises:
            _HandOnError: it is for FastMCP.
        """
        if self._domain is not None:
            # First of all: who goes around the domain is not worth FastMCP's start.
            try:
                passed = self._domain.passed(asked)
            except UndecidedError:
                raise _HandOnError from None
            if isinstance(passed, dict):
                return ANONYMOUS, self._refused(asked, passed)
            asked = passed
        if (asked.method, asked.path) == ("GET", "/health"):
            return Caller(asked.arn) if asked.arn else ANONYMOUS, self._healthy()
        message = self._message(asked)
        try:
            caller = self._callers.find(asked)
        except UndecidedError:
            raise _HandOnError from None
        if isinstance(caller, dict):
            return ANONYMOUS, caller
        refusal = self._callers.charge(caller, asked)
        if refusal is not None:
            return caller, refusal
        if message is None:
            return caller, self._nothing_here(asked)
        try:
            return caller, self._methods.answer(message, caller, call)
        except Exception:  # noqa: BLE001 - whatever it is, FastMCP answers it in its own words
            call.clear()
            self._callers.give_back(caller, asked)
            raise _HandOnError from None

    def _refused(self, asked: Asked, refusal: Reply) -> Reply:
        """The refusal, of whatever path.

        Raises:
            _HandOnError: the path is logged otherwise than it was sent.
        """
        if not asked.path or "%" in asked.path:
            raise _HandOnError
        return refusal

    def _message(self, asked: Asked) -> Any:
        """The message in a request; None for a request that can hold none.

        Raises:
            _HandOnError: it is for FastMCP.
        """
        route = (asked.method, asked.path)
        if route in REFUSED or self._is_nowhere(asked):
            return None
        if route not in MESSAGES:
            raise _HandOnError
        if self._methods is None:
            # Imported at the first request that needs it, not in INIT.
            from mcp_app.fast_path.methods import Methods  # noqa: PLC0415

            self._methods = Methods(self._settings)
        message = self._methods.read(asked)
        if message is None:
            raise _HandOnError
        return message

    def _is_nowhere(self, asked: Asked) -> bool:
        """Whether there is plainly no such path: clients look for sign-in pages everywhere."""
        return (
            asked.method == "GET"
            and asked.path not in ROUTES
            # With a slash too much, it might be led to the path without.
            and asked.path.startswith("/")
            and not asked.path.endswith("/")
            and PLAIN_PATH.issuperset(asked.path)
            # Where access tokens are taken, some of these are there.
            and self._settings.oauth is None
        )

    def _nothing_here(self, asked: Asked) -> Reply:
        if asked.path in ROUTES:
            message = NOT_ALLOWED.format(method=asked.method, allowed="POST")
            return replies.failure(405, INVALID_REQUEST, message, {"allow": "POST"})
        return replies.failure(404, INVALID_REQUEST, NOTHING_HERE)

    def _healthy(self) -> Reply:
        if self._health is None:
            from mcp_app.asgi.health import NO_STORE, health_document  # noqa: PLC0415 - likewise
            from mcp_app.build_info import read  # noqa: PLC0415

            document = health_document(self._settings, read())
            self._health = replies.document(document, NO_STORE)
        return {**self._health, "headers": {**self._health["headers"]}}


def front(full: Full) -> Front | None:
    """The front for this deployment; None where it could answer next to nothing."""
    try:
        settings = load(os.environ)
    except SettingsError:
        # Started in full, the instance tells every caller what is wrong.
        return None
    if not settings.fast_path or settings.auth == "oauth" or snapshot.expected():
        # Of a snapshot FastMCP is a part: it costs no start.
        return None
    logs.configure(settings.log_level)
    if settings.supabase is not None and settings.supabase.preload:
        from mcp_app.preloading import preload  # noqa: PLC0415 - only where that is set

        preload(settings)
    keys = key_ring(settings)
    return Front(settings, keys, full, _domain(settings, keys))


def _domain(settings: Settings, keys: KeyRing | None) -> Domain | None:
    """What requests have to come through; None where they need not."""
    if settings.origin_secret_parameter is None:
        return None
    # Here, so that a server without a domain does not pay for it.
    from mcp_app.domain_secrets import origin_secrets  # noqa: PLC0415
    from mcp_app.fast_path.domain import Domain  # noqa: PLC0415

    secrets = origin_secrets(settings, keys)
    # Where there is a parameter there are both: `mcp_app.settings` sees to the address.
    assert secrets is not None  # noqa: S101 - for the type checker
    return Domain(str(settings.public_url), secrets)
