"""The methods that the fast path answers, from what the build froze of FastMCP's answers."""

from __future__ import annotations

import importlib
import json
import marshal
import os
import sys
import time
from functools import partial

from mesh.runtime.access.caller import Caller
from mesh.runtime.access.permissions import is_limited, may_call
from mesh.runtime.concurrency import worker_thread
from mesh.runtime.config.settings import Settings
from mesh.runtime.fast_path import replies
from mesh.runtime.fast_path.catalogue import Catalogue
from mesh.runtime.fast_path.execution import Execution
from mesh.runtime.fast_path.messages import (
    LEVELS,
    LeftToFastMcpError,
    Message,
    plain_capabilities,
    plain_client,
    plain_headers,
    read_message,
)
from mesh.runtime.fast_path.replies import Reply, dumps
from mesh.runtime.fast_path.tool_calls import ToolCalls
from mesh.runtime.request.body import read_text
from mesh.runtime.request.events import Head

# Not typing's; see `mesh.runtime.handler`.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from mesh.runtime.fast_path.execution import Waiting
    from mesh.runtime.observability.tracing import Tracer

# The lists that the build froze whole; of the tools, a caller may see a part.
LISTS = frozenset({"prompts/list", "resources/templates/list"})
TOOLS, RESOURCES, DOCUMENT = "tools/list", "resources/list", "resources/read"
SAME_EVERYWHERE = frozenset({"logging/setLevel", "ping"})
# Variables of FastMCP that change no answer: `mesh.runtime.initialization` sets them, too.
WITHOUT_EFFECT = frozenset(
    {"FASTMCP_LOG_ENABLED", "FASTMCP_CHECK_FOR_UPDATES", "FASTMCP_TELEMETRY_MODE"}
)
HERE = frozenset({TOOLS, RESOURCES, DOCUMENT, "tools/call"})


def _written(name: str) -> Any:
    """A module that the build wrote beside this one."""
    return importlib.import_module(f"{__package__}.{name}")


def _chosen(variables: Mapping[str, str]) -> str:
    """Which of the frozen catalogues is this deployment's.

    Args:
        variables: Those that choose it, each with what stands for one that is not set.
    """
    values = (os.environ.get(name) or default for name, default in variables.items())
    return ";".join(",".join(sorted(value.split(","))) for value in values)


class Methods:
    """Answers messages.

    Args:
        settings: What this deployment is.
        tracer: Makes spans; None makes none.
        waiting: Keeps a client waiting; None where its answer comes in one piece.
    """

    def __init__(
        self,
        settings: Settings,
        tracer: Tracer | None = None,
        waiting: Waiting | None = None,
    ) -> None:
        frozen = _written("frozen").FROZEN
        self._settings = settings
        self._tool_scopes = settings.oauth.tool_scopes if settings.oauth else {}
        self._tracer = tracer
        self._waiting = waiting
        self._execution = Execution(waiting)
        self._catalogue = Catalogue(frozen["catalogue"])
        self._results: dict[str, dict[str, str]] = frozen["results"]
        self._meta: str = frozen["meta"]
        self._placeholder: str = frozen["name"]
        self._name = dumps(settings.name)[1:-1]
        self._lists: Any = frozen["lists"].get(_chosen(frozen["chosen_by"]))
        if not self._tool_scopes.keys() <= frozen["tools"].keys():
            # FastMCP's way says which tool is not there. Perhaps a name that is misspelt was
            # to protect one that is.
            self._lists = None
        self._answers_resources: str = frozen["answers_resources"]
        self._texts: dict[str, dict[str, str]] = {}
        self._calls = ToolCalls(
            self._catalogue, frozen["tools"], self._execution, explains=frozen["explains"]
        )
        # FastMCP reads these itself: how it validates, and what it says of errors, may depend on
        # them.
        self._is_set_up = all(
            frozen["fastmcp"].get(name) == os.environ.get(name)
            for name in {*frozen["fastmcp"], *os.environ} - WITHOUT_EFFECT
            if name.startswith("FASTMCP_")
        )
        self.has_routes: bool = frozen["has_routes"]
        self.limits_sources: bool = frozen["limits_sources"]

    @property
    def introduced(self) -> tuple[str, str | None]:
        """The server's name and its instructions, as it greets clients.

        Raises:
            LeftToFastMcpError: FastMCP has to say it.
        """
        self._catalogue.check("initialize")
        greeting = json.loads(self._named(self._results["initialize"]["*"]))
        return greeting["serverInfo"]["name"], greeting.get("instructions")

    def read(self, head: Head, event: Any) -> Message | None:
        """The message in a request, if it is one of those that are answered here.

        Raises:
            LeftToFastMcpError: FastMCP or the server is another than in the build.
        """
        if not self._is_set_up:
            raise LeftToFastMcpError("environment")
        if self._lists is None or not plain_headers(head.headers):
            return None
        body = read_text(event)
        message = None if body is None else read_message(head, body, traced=self._traces_here())
        return message if message is not None and self._is_answered(message) else None

    def stop(self) -> None:
        """Leave all messages to FastMCP: a request has changed the server."""
        self._is_set_up = False

    def _traces_here(self) -> bool:
        """Whether a call may say in `_meta` what trace it belongs to.

        A tool that uses OpenTelemetry itself finds that only in FastMCP's way.
        """
        return self._tracer is not None and "opentelemetry" not in sys.modules

    def _is_answered(self, message: Message) -> bool:
        if message.method == "notifications/initialized":
            return message.request_id is None and not message.params
        if message.request_id is None or message.method.startswith("notifications/"):
            return False
        if message.method in LISTS or message.method in HERE:
            return True
        if message.method == "initialize":
            # The handshake is of the era before.
            return not message.modern
        return message.method in self._results["modern" if message.modern else "legacy"]

    def answer(self, message: Message, caller: Caller, call: dict[str, Any]) -> Reply:
        """The answer.

        Args:
            message: One that `read` gave.
            caller: Whose it is.
            call: Gets what is to be logged.

        Raises:
            Exception: FastMCP has to answer; a tool that was called is not called again there.
        """
        try:
            return self._answer(message, caller, call)
        except BaseException:
            self._calls.leave()
            raise
        finally:
            self._calls.forget()

    def _answer(self, message: Message, caller: Caller, call: dict[str, Any]) -> Reply:
        if message.method == "notifications/initialized":
            return replies.accepted()
        assert message.request_id is not None  # noqa: S101 - `read` saw to it
        call["rpc_method"] = message.method
        if self._waiting is not None:
            self._waiting.expect(events=message.patient, at_once=message.streamed)
        if message.method == "tools/call":
            result = self._called(message, caller, call)
        elif message.method in {RESOURCES, DOCUMENT}:
            result = self._named(self._resources(message, caller))
            call["outcome"] = "ok"
        else:
            call["outcome"] = "ok"
            result = self._known(message, caller)
        if message.escaped:
            result = replies.in_ascii(result)
        return replies.answer(message.request_id, result, streamed=message.streamed)

    def _called(self, message: Message, caller: Caller, call: dict[str, Any]) -> str:
        params = message.params
        name = params.get("name")
        if not params.keys() <= {"name", "arguments"} or not self._calls.known(name):
            raise LeftToFastMcpError("tool")
        assert isinstance(name, str)  # noqa: S101 - it is known
        if name not in self._lists["tools"]:
            # The server has it, and this deployment does not offer it.
            raise LeftToFastMcpError("tool")
        if not may_call(caller, name, self._tool_scopes):
            raise LeftToFastMcpError("access")
        meta = self._named(self._meta) if message.modern else None
        span = self._tracer.call(name, message.traceparent) if self._tracer else None
        if span is not None:
            with span:
                try:
                    result = self._result(message, name, caller, call, meta)
                except LeftToFastMcpError:
                    span.leave()
                    raise
                span.failed = call["outcome"] != "ok"
            return result
        return self._result(message, name, caller, call, meta)

    def _result(
        self, message: Message, name: str, caller: Caller, call: dict[str, Any], meta: str | None
    ) -> str:
        started = time.perf_counter()
        result, fine = self._calls.result(
            name,
            message.params.get("arguments", {}),
            caller,
            meta=meta,
            # In the era before, Pydantic writes the whole answer.
            pythons=message.escaped or message.plain,
        )
        elapsed = round((time.perf_counter() - started) * 1000, 2)
        outcome = "ok" if fine else "tool_error"
        call |= {"outcome": outcome, "tool": name, "tool_duration_ms": elapsed}
        return result

    def _resources(self, message: Message, caller: Caller) -> str:
        if is_limited(caller, self._tool_scopes):
            raise LeftToFastMcpError("access")
        frozen = self._lists["modern" if message.modern else "legacy"].get(message.method)
        if self._answers_resources:
            answer = importlib.import_module(self._answers_resources).answer
            run = partial(self._execution.run, caller=caller, in_thread=False)
            result: str = answer(frozen, message.method, message.params, run)
            return result
        if frozen is None or message.params:
            raise LeftToFastMcpError("resource")
        self._catalogue.check(message.method)
        return str(frozen)

    def _known(self, message: Message, caller: Caller) -> str:
        method, params = message.method, message.params
        era = "modern" if message.modern else "legacy"
        if method not in SAME_EVERYWHERE:
            self._catalogue.check(method)
        if method == "initialize":
            return self._named(self._greeting(params))
        if method == "logging/setLevel":
            level = params.get("level")
            if params.keys() != {"level"} or type(level) is not str or level not in LEVELS:
                raise LeftToFastMcpError("params")
        elif method == TOOLS:
            return self._named(self._listed(era, params, caller))
        elif params:
            raise LeftToFastMcpError("params")
        if method in LISTS:
            if is_limited(caller, self._tool_scopes):
                # What a tool keeps from a caller may be read there.
                raise LeftToFastMcpError("access")
            return self._named(self._lists[era][method])
        return self._named(self._results[era][method])

    def _listed(self, era: str, params: dict[str, Any], caller: Caller) -> str:
        """A page of tools, as FastMCP divides them."""
        pages, names = self._lists[era].get(TOOLS), self._lists["tools"]
        if not (pages and params.keys() <= {"cursor"}):
            raise LeftToFastMcpError("params")
        if is_limited(caller, self._tool_scopes):
            names = [name for name in names if may_call(caller, name, self._tool_scopes)]
            if params or len(names) > pages[0][3]:
                # Their pages are others than those of all tools.
                raise LeftToFastMcpError("access")
            # One page: what stands around it is what stands around the last.
            pages = [[None, *pages[-1][1:3], len(names)]]
        first = 0
        for cursor, before, after, count in pages:
            if params == ({} if cursor is None else {"cursor": cursor}):
                if era not in self._texts:
                    self._texts[era] = marshal.loads(_written("listed").LISTED[era])  # noqa: S302 - the build's
                texts = self._texts[era]
                listed = ",".join(texts[name] for name in names[first : first + count])
                return f"{before}{listed}{after}"
            first += count
        raise LeftToFastMcpError("params")

    def _greeting(self, params: dict[str, Any]) -> str:
        version = params.get("protocolVersion")
        if params.keys() != {"protocolVersion", "capabilities", "clientInfo"} or not (
            type(version) is str
            and plain_capabilities(params["capabilities"])
            and plain_client(params["clientInfo"])
        ):
            raise LeftToFastMcpError("params")
        known = self._results["initialize"]
        return known.get(version) or known["*"]

    def _named(self, text: str) -> str:
        return text.replace(self._placeholder, self._name)

    def close(self) -> None:
        """End the thread that tools ran in; for tests, since Lambda just ends a sandbox."""
        worker_thread.end()
