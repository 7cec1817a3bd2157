"""The front of an instance: answers what it fully understands, and hands on the rest.

What it hands on goes to FastMCP, started at the first such request: `http.instance`. An
instance that is never asked for more stays small.
"""

from __future__ import annotations

import logging
import os
import sys
import time
from collections.abc import Callable

from mesh.runtime.access.access_control import DISCOVERY, OAUTH_METADATA, PUBLIC
from mesh.runtime.access.api_keys import KeyRing
from mesh.runtime.access.caller import ANONYMOUS, Caller
from mesh.runtime.access.key_ring import key_ring
from mesh.runtime.access.rate_limit import RateLimit
from mesh.runtime.access.web_origins import REFUSED as REFUSED_ORIGIN
from mesh.runtime.access.web_origins import may_call, own_origin
from mesh.runtime.aws import snapshot
from mesh.runtime.config.settings import Settings, SettingsError, load
from mesh.runtime.fast_path import replies
from mesh.runtime.fast_path.callers import Callers
from mesh.runtime.fast_path.messages import LeftToFastMcpError
from mesh.runtime.fast_path.replies import Reply
from mesh.runtime.garbage import imported
from mesh.runtime.oauth.protected_resource import CACHE, metadata_document
from mesh.runtime.observability import logs, way
from mesh.runtime.observability.access_log import alias_of, request_fields, request_id, trace_id
from mesh.runtime.observability.metrics import tool_metrics
from mesh.runtime.request.errors import (
    INTERNAL,
    INTERNAL_ERROR,
    INVALID_REQUEST,
    NOT_ALLOWED,
    NOTHING_HERE,
)
from mesh.runtime.request.events import BadEventError, Head, read_head
from mesh.runtime.server import call_outcome

# Not typing's; see `mesh.runtime.handler`.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from mesh.runtime.access.access_tokens import AccessTokens
    from mesh.runtime.fast_path.domain import Domain
    from mesh.runtime.fast_path.execution import Waiting
    from mesh.runtime.observability.tracing import Tracer

# The build writes it; a checkout has none.
FROZEN = f"{__file__.rpartition('/')[0]}/frozen.pyc"
HEALTH = frozenset({("GET", "/health"), ("HEAD", "/health")})
MESSAGES = frozenset({("POST", "/mcp"), ("POST", "/mcp/"), ("POST", "/rpc")})
# Asked for by clients that would listen for messages, or end a session: there is neither.
REFUSED = frozenset((method, path) for method in ("GET", "DELETE") for path in ("/mcp", "/mcp/"))
ROUTES = frozenset({"/", "/health", "/ready", "/mcp", "/mcp/", "/rpc"})
PLAIN_PATH = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._-")

logger = logging.getLogger("mesh.request")

type Answer = Callable[[Any, Any], Reply]
type Full = Callable[[RateLimit, bool, AccessTokens | None], Answer]


class Front:
    """Answers events.

    Args:
        settings: What this deployment is.
        key_ring: The valid API keys, where those are taken.
        full: Starts FastMCP's way, with the rate limit that both share, whether the instance
            has answered nothing yet, and what tells callers by access tokens.
        domain: What requests have to come through; None where they need not.
        waiting: Keeps a client waiting; None where its answer comes in one piece.
    """

    def __init__(
        self,
        settings: Settings,
        key_ring: KeyRing | None,
        full: Full,
        domain: Domain | None = None,
        waiting: Waiting | None = None,
    ) -> None:
        self._settings = settings
        self._waiting = waiting
        self._domain = domain
        self._rate_limit = RateLimit(settings.rate_limit_per_minute)
        self._tokens = _tokens(settings)
        self._callers = Callers(settings, key_ring, self._tokens, self._rate_limit)
        self._metrics = tool_metrics(settings.metrics_namespace, settings.environment)
        self._tracer = _tracer(settings)
        self._full = full
        self._fastmcp: Answer | None = None
        self._cold = True
        self._methods: Any = None
        self._health: Reply | None = None

    def answer(self, event: Any, context: Any) -> Reply:
        """The Function URL response to one event; whatever fails here, FastMCP's way answers."""
        started = time.perf_counter()
        call: dict[str, Any] = {}
        try:
            head = read_head(event)
            if self._tracer is not None:
                self._tracer.begin(head.headers.get("traceparent"))
            caller, reply = self._reply(head, event, call)
        except BadEventError as error:
            # As `mesh.runtime.http.instance` says it.
            logger.warning("refused an event: %s", error)
            return replies.failure(400, INVALID_REQUEST, str(error))
        except LeftToFastMcpError as left:
            reason = left.reason
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # noqa: BLE001 - a library may raise anything
            _log_failure(error)
            reason = "error"
        else:
            try:
                self._log(head, caller, reply, call, event, context, started)
            except Exception as error:  # noqa: BLE001 - what was answered is not answered twice
                _log_failure(error)
            self._cold = False
            return reply
        return self._full_answer(event, context, reason)

    def _log(
        self,
        head: Head,
        caller: Caller,
        reply: Reply,
        call: dict[str, Any],
        event: Any,
        context: Any,
        started: float,
    ) -> None:
        fields = request_fields(
            method=head.method,
            path=head.path,
            status=reply["statusCode"],
            duration_seconds=time.perf_counter() - started,
            caller=caller.name,
            cold=self._cold,
            request_id=request_id(event, context),
            trace_id=trace_id(head.headers.get("x-amzn-trace-id", "")),
            calls=[call] if call else [],
            metrics=self._metrics,
            way=way.FAST,
            alias=alias_of(context),
        )
        logger.info("request", extra={"fields": fields})
        if self._tracer is not None:
            self._tracer.end(fields)

    def _full_answer(self, event: Any, context: Any, reason: str) -> Reply:
        """FastMCP's answer; started, if this is the first event that needs it."""
        way.hand_on(reason)
        if self._fastmcp is None:
            try:
                # Tools' modules are looked at before FastMCP takes them over.
                self._loaded_methods()
                self._fastmcp = self._full(self._rate_limit, self._cold, self._tokens)
            except KeyboardInterrupt:
                raise
            except BaseException:
                # A module of the author's may call `sys.exit` when it is imported.
                logger.exception("FastMCP could not be started")
                return replies.failure(500, INTERNAL_ERROR, INTERNAL)
        self._cold = False
        try:
            return self._fastmcp(event, context)
        finally:
            call_outcome.forget()
            if _server_has_changed():
                self._loaded_methods().stop()

    def close(self) -> None:
        """Close what is open; for tests, since Lambda ends a sandbox without a word."""
        if self._methods is not None:
            self._methods.close()

    def _reply(self, head: Head, event: Any, call: dict[str, Any]) -> tuple[Caller, Reply]:
        """The caller and the answer; what is to be logged of a call goes into `call`.

        Until the caller is known to be one, nothing looks at the body.

        Raises:
            LeftToFastMcpError: It is for FastMCP.
        """
        admitted = self._admitted(head)
        if isinstance(admitted, dict):
            return ANONYMOUS, admitted
        head = admitted
        route = head.method, head.path
        reply = self._for_all(head, route)
        if reply is not None:
            return Caller(head.arn) if head.arn else ANONYMOUS, reply
        caller = self._callers.find(head)
        if isinstance(caller, dict):
            return ANONYMOUS, caller
        if caller.sources is not None and not self._loaded_methods().limits_sources:
            raise LeftToFastMcpError("access")
        answered_here = route in REFUSED or self._is_nowhere(head)
        if not answered_here and route not in MESSAGES:
            raise LeftToFastMcpError("page")
        refusal = self._callers.charge(caller, head)
        if refusal is not None:
            return caller, refusal
        if answered_here:
            return caller, self._nothing_here(head)
        try:
            return caller, self._answered(head, event, caller, call)
        except BaseException:
            call.clear()
            self._callers.give_back(caller, head)
            raise

    def _admitted(self, head: Head) -> Head | Reply:
        """The request as its client sent it, or the refusal of one that came another way.

        Nobody who is refused here is worth FastMCP's start.
        """
        if self._domain is not None:
            passed = self._domain.passed(head)
            if isinstance(passed, dict):
                return passed
            head = passed
        # As `mesh.runtime.access.origin_guard`.
        origin = head.headers.get("origin")
        if origin is not None:
            own = own_origin(head.scheme, head.headers.get("host", ""))
            if not may_call(origin, own, self._settings.allowed_origins):
                return replies.failure(403, INVALID_REQUEST, REFUSED_ORIGIN)
        return head

    def _for_all(self, head: Head, route: tuple[str, str]) -> Reply | None:
        """What anybody may ask for: the server's health, and where its tokens come from.

        Raises:
            LeftToFastMcpError: It is for FastMCP, whoever asks.
        """
        if route in HEALTH:
            return self._healthy()
        oauth = self._settings.oauth
        if oauth is not None and route in OAUTH_METADATA:
            address = self._callers.address(head)
            return replies.document(metadata_document(oauth, self._settings.name, address), CACHE)
        if route in DISCOVERY:
            from mesh.runtime.http.discovery import document

            url = self._callers.address(head).url
            introduced = self._loaded_methods().introduced
            return replies.document(*document(head.path, self._settings, introduced, url))
        if route in PUBLIC:
            raise LeftToFastMcpError("page")
        return None

    def _answered(self, head: Head, event: Any, caller: Caller, call: dict[str, Any]) -> Reply:
        """The answer to a message.

        Raises:
            LeftToFastMcpError: It is for FastMCP.
        """
        methods = self._loaded_methods()
        message = methods.read(head, event)
        if message is None:
            raise LeftToFastMcpError("method")
        reply: Reply = self._methods.answer(message, caller, call)
        return reply

    def _loaded_methods(self) -> Any:
        """Imported at the first request that needs it, not in INIT."""
        if self._methods is None:
            from mesh.runtime.fast_path.methods import Methods

            self._methods = Methods(self._settings, self._tracer, self._waiting)
        return self._methods

    def _is_nowhere(self, head: Head) -> bool:
        """Whether there is plainly no such path: clients look for sign-in pages everywhere."""
        return (
            head.method == "GET"
            and head.path not in ROUTES
            # With a slash too much, it might be led to the path without.
            and head.path.startswith("/")
            and not head.path.endswith("/")
            and PLAIN_PATH.issuperset(head.path)
            # Where access tokens are taken, some of these are there.
            and self._settings.oauth is None
            and not self._loaded_methods().has_routes
        )

    def _nothing_here(self, head: Head) -> Reply:
        if head.path in ROUTES:
            message = NOT_ALLOWED.format(method=head.method, allowed="POST")
            return replies.failure(405, INVALID_REQUEST, message, {"allow": "POST"})
        return replies.failure(404, INVALID_REQUEST, NOTHING_HERE.format(path=head.path))

    def _healthy(self) -> Reply:
        if self._health is None:
            from mesh.runtime.config.build_info import read
            from mesh.runtime.http.health import NO_STORE, health_document

            document = health_document(self._settings, read())
            self._health = replies.document(document, NO_STORE)
        return {**self._health, "headers": {**self._health["headers"]}}


def _server_has_changed() -> bool:
    """Whether a request that FastMCP has answered changed what the server offers."""
    changes = sys.modules.get("mesh.runtime.server.changes")
    return changes is not None and bool(changes.has_changed())


def _log_failure(error: BaseException) -> None:
    """Say what failed and where; not the message, which may quote the request."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    where = f" at {trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}" if trace else ""
    logger.error("the fast path failed: %s%s", type(error).__name__, where)


def front(full: Full, waiting: Waiting | None = None) -> Front | None:
    """The front for this deployment; None where it could answer next to nothing.

    Args:
        full: See `Front`.
        waiting: As above.
    """
    try:
        settings = load(os.environ)
    except SettingsError:
        # Started in full, the instance tells every caller what is wrong.
        return None
    if snapshot.expected():
        # FastMCP is part of it: it costs no start.
        way.hand_on("snapshot")
        return None
    if not settings.fast_path or not os.path.exists(FROZEN):  # noqa: PTH110 - pathlib costs
        return None
    logs.configure(settings.log_level)
    # As for FastMCP: authors' modules may look for it, too.
    os.environ.setdefault("HOME", "/tmp")  # noqa: S108 - private to the instance
    for module in settings.preload:
        imported(module)
    keys = key_ring(settings)
    return Front(settings, keys, full, _domain(settings, keys), waiting)


def _tokens(settings: Settings) -> AccessTokens | None:
    """What tells callers by access tokens; None where none are taken."""
    if settings.oauth is None:
        return None
    from mesh.runtime.access.access_tokens import AccessTokens  # not for other deployments

    return AccessTokens(settings.oauth)


def _tracer(settings: Settings) -> Tracer | None:
    """What makes spans; None where no collector takes any."""
    if settings.otlp_endpoint is None:
        return None
    from mesh.runtime.observability.tracing import tracer  # few deployments have a collector

    return tracer(settings)


def _domain(settings: Settings, keys: KeyRing | None) -> Domain | None:
    """What requests have to come through; None where they need not."""
    if settings.origin_secret_parameter is None:
        return None
    # Here, so that a server without a domain does not pay for it.
    from mesh.runtime.domain.domain_secrets import origin_secrets
    from mesh.runtime.fast_path.domain import Domain

    secrets = origin_secrets(settings, keys)
    # Where there is a parameter there are both: `mesh.runtime.config.settings` sees to the address.
    assert secrets is not None  # noqa: S101 - for the type checker
    return Domain(str(settings.public_url), secrets)
