"""The event a Function URL makes of a request: payload format 2.0.

https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html#urls-payloads
"""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import parse_qsl

from mesh.local_aws.http_server import Request

# Bodies of these types arrive as text, all others as base64.
TEXT_TYPES = (
    "application/json",
    "application/javascript",
    "application/xml",
    "application/x-www-form-urlencoded",
)
# The listener's own, or about the connection and not the request.
NOT_FORWARDED = frozenset(
    {
        "connection",
        "cookie",
        "keep-alive",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
        "expect",
    }
)


@dataclass(frozen=True, slots=True)
class Caller:
    """Who signed the request (AWS_IAM)."""

    access_key: str
    account_id: str
    user_id: str
    arn: str


def build_event(
    request: Request,
    *,
    url_id: str,
    port: int,
    request_id: str,
    trace_id: str,
    caller: Caller | None,
    now: datetime,
) -> bytes:
    """The event as JSON.

    Path and query are passed on as they came, still percent-encoded.
    """
    path, _, query = request.target.partition("?")
    headers = _joined_headers(request)
    # Without TLS: what a client has to use to come back here.
    headers.setdefault("x-amzn-trace-id", trace_id.partition(";")[0])
    headers["x-forwarded-for"] = request.client
    headers["x-forwarded-port"] = str(port)
    headers["x-forwarded-proto"] = "http"
    if caller is not None:
        # AWS consumes the signature.
        headers.pop("authorization", None)
    domain = headers.get("host", f"127.0.0.1:{port}")
    cookies = [
        cookie.strip()
        for name, value in request.headers
        if name == "cookie"
        for cookie in value.split(";")
        if cookie.strip()
    ]
    body, encoded = _body(request, headers.get("content-type", ""))
    http = {
        "method": request.method,
        "path": path,
        "protocol": request.protocol,
        "sourceIp": request.client,
        "userAgent": headers.get("user-agent"),
    }
    context: dict[str, object] = {
        "accountId": caller.account_id if caller else "anonymous",
        "apiId": url_id,
        "domainName": domain,
        "domainPrefix": url_id,
        "http": {name: value for name, value in http.items() if value is not None},
        "requestId": request_id,
        "routeKey": "$default",
        "stage": "$default",
        "time": now.astimezone(UTC).strftime("%d/%b/%Y:%H:%M:%S +0000"),
        "timeEpoch": int(now.timestamp() * 1000),
    }
    if caller is not None:
        context["authorizer"] = {
            "iam": {
                "accessKey": caller.access_key,
                "accountId": caller.account_id,
                "callerId": caller.user_id,
                "cognitoIdentity": None,
                "principalOrgId": None,
                "userArn": caller.arn,
                "userId": caller.user_id,
            }
        }
    event: dict[str, object] = {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": path,
        "rawQueryString": query,
        "headers": headers,
        "requestContext": context,
        "isBase64Encoded": encoded,
    }
    # AWS leaves out what a request does not have.
    if cookies:
        event["cookies"] = cookies
    if query:
        event["queryStringParameters"] = _joined_query(query)
    if body is not None:
        event["body"] = body
    return json.dumps(event, ensure_ascii=False).encode()


def _joined_headers(request: Request) -> dict[str, str]:
    headers: dict[str, str] = {}
    for name, value in request.headers:
        if name not in NOT_FORWARDED:
            headers[name] = f"{headers[name]},{value}" if name in headers else value
    return headers


def _joined_query(query: str) -> dict[str, str]:
    parameters: dict[str, str] = {}
    for name, value in parse_qsl(query, keep_blank_values=True):
        parameters[name] = f"{parameters[name]},{value}" if name in parameters else value
    return parameters


def _body(request: Request, content_type: str) -> tuple[str | None, bool]:
    if not request.body:
        return None, False
    kind = content_type.partition(";")[0].strip().lower()
    if kind.startswith("text/") or kind in TEXT_TYPES or kind.endswith(("+json", "+xml")):
        try:
            return request.body.decode(), False
        except UnicodeDecodeError:
            pass
    return base64.b64encode(request.body).decode("ascii"), True
