"""Lambda's Invoke operation, through the data plane.

https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
"""

from __future__ import annotations

import asyncio
import base64
import json
import re
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import parse_qs, unquote

from ministack import app as ministack
from ministack.core.responses import (
    get_account_id,
    get_region,
    set_request_account_id,
    set_request_region,
)
from ministack.core.router import extract_access_key_id, extract_region
from ministack.services import lambda_svc

from mesh.local_aws.functions import FunctionName, UnknownFunctionError
from mesh.local_aws.host import CannotRunHereError
from mesh.local_aws.invocations.data_plane import DataPlane
from mesh.local_aws.invocations.executions import Outcome, PayloadTooLargeError, ThrottledError

PATH = re.compile(r"/2015-03-31/functions/([^/]+)/invocations/?")
TAIL_BYTES = 4096


class InvokeApi:
    """Answers synchronous Invoke calls.

    Others (Event, DryRun) are left to MiniStack, which comes back here through `execute`; so
    are all where policies count, for MiniStack asks them.
    """

    def __init__(self, data_plane: DataPlane) -> None:
        self._data_plane = data_plane

    def takes(self, scope: dict[str, Any]) -> bool:
        """Whether a request is a synchronous Invoke."""
        if ministack.AUTH or scope["method"] != "POST" or not PATH.fullmatch(scope["path"]):
            return False
        kind = _headers(scope).get("x-amz-invocation-type", "RequestResponse")
        return kind == "RequestResponse"

    async def __call__(
        self,
        scope: dict[str, Any],
        receive: Callable[[], Awaitable[dict[str, Any]]],
        send: Callable[[dict[str, Any]], Awaitable[None]],
    ) -> None:
        """Answer one."""
        headers = _headers(scope)
        query = parse_qs(scope["query_string"].decode("latin-1"))
        payload = await _body(receive)
        set_request_account_id(extract_access_key_id(headers, query))
        set_request_region(extract_region(headers, query))
        status, extra, body = await self._answer(scope["path"], headers, query, payload)
        extra["content-type"] = "application/json"
        encoded = [(name.encode(), value.encode("latin-1")) for name, value in extra.items()]
        await send({"type": "http.response.start", "status": status, "headers": encoded})
        await send({"type": "http.response.body", "body": body})

    async def _answer(
        self, path: str, headers: dict[str, str], query: dict[str, list[str]], payload: bytes
    ) -> tuple[int, dict[str, str], bytes]:
        found = PATH.fullmatch(path)
        name, qualifier = lambda_svc._resolve_request_scoped_name_and_qualifier(  # noqa: SLF001 - MiniStack is in this process, and pinned
            unquote(found[1] if found else "")
        )
        qualifier = qualifier or query.get("Qualifier", [None])[0]
        function = FunctionName(get_account_id(), get_region(), name)
        try:
            json.loads(payload or b"{}")
        except ValueError as error:
            message = f"Could not parse request body into json: {error}"
            return _refuse(400, "InvalidRequestContentException", message)
        context = headers.get("x-amz-client-context")
        work = self._data_plane.invoke(
            function,
            qualifier,
            payload or b"{}",
            client_context=base64.b64decode(context).decode() if context else None,
        )
        try:
            outcome = await asyncio.wrap_future(self._data_plane.call(work))
        except UnknownFunctionError as unknown:
            return _refuse(404, "ResourceNotFoundException", str(unknown), Type="User")
        except PayloadTooLargeError:
            message = "Request must be smaller than 6291456 bytes for the InvokeFunction operation"
            return _refuse(413, "RequestTooLargeException", message)
        except ThrottledError as throttled:
            return _refuse(
                429, "TooManyRequestsException", "Rate Exceeded.", Reason=throttled.reason
            )
        except CannotRunHereError as cannot:
            return _refuse(502, "InvalidRuntimeException", str(cannot))
        extra = {
            "x-amzn-requestid": outcome.request_id,
            "x-amz-executed-version": outcome.version,
            "x-amzn-trace-id": outcome.trace_id,
        }
        if outcome.result.error_type is not None:
            extra["x-amz-function-error"] = "Unhandled"
        if headers.get("x-amz-log-type") == "Tail":
            tail = outcome.tail.encode()[-TAIL_BYTES:]
            extra["x-amz-log-result"] = base64.b64encode(tail).decode("ascii")
        return 200, extra, outcome.result.payload

    def execute(self, func: dict[str, Any], event: Any) -> dict[str, Any]:
        """Run a function for MiniStack's own callers, in MiniStack's result shape.

        Called in worker threads, never on the control plane's loop.
        """
        arn = str((func.get("config") or func)["FunctionArn"])
        _, _, _, region, account, _, name, *rest = arn.split(":")
        function = FunctionName(account, region, name)
        work = self._data_plane.invoke(
            function, rest[0] if rest else None, json.dumps(event).encode()
        )
        try:
            outcome = self._data_plane.call(work).result()
        except ThrottledError as throttled:
            answer: dict[str, Any] = lambda_svc._throttle_response(  # noqa: SLF001 - see above
                throttled.reason, "Rate Exceeded."
            )
            return answer
        except (UnknownFunctionError, PayloadTooLargeError, CannotRunHereError) as error:
            body = {"errorType": type(error).__name__, "errorMessage": str(error)}
            return {"body": body, "error": True, "log": ""}
        return _in_ministacks_shape(outcome)


def _in_ministacks_shape(outcome: Outcome) -> dict[str, Any]:
    failed = outcome.result.error_type is not None
    try:
        body = json.loads(outcome.result.payload or b"null")
    except ValueError:
        # Of a function that answers in streaming mode.
        body = outcome.result.payload
    return {"body": body, "error": failed, "log": outcome.tail}


def _headers(scope: dict[str, Any]) -> dict[str, str]:
    return {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}


async def _body(receive: Callable[[], Awaitable[dict[str, Any]]]) -> bytes:
    chunks = []
    more = True
    while more:
        message = await receive()
        chunks.append(message.get("body", b""))
        more = message.get("more_body", False)
    return b"".join(chunks)


def _refuse(status: int, kind: str, message: str, **more: str) -> tuple[int, dict[str, str], bytes]:
    # boto3 finds the error's class by this header.
    body = json.dumps({"Message": message, **more}).encode()
    return status, {"x-amzn-errortype": kind}, body
