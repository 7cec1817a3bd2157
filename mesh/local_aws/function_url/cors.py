"""CORS settings of a Function URL: preflight requests answered, headers on responses.

https://docs.aws.amazon.com/lambda/latest/dg/urls-configuration.html#urls-cors and
https://docs.aws.amazon.com/lambda/latest/api/API_Cors.html
"""

from __future__ import annotations

from mesh.local_aws.functions import FunctionUrl
from mesh.local_aws.http_server import Request, Response

ANY = "*"
PREFIX = "access-control-"
# A browser sends these without asking: https://fetch.spec.whatwg.org/#cors-safelisted-method
ASKED_METHOD = "access-control-request-method"
ASKED_HEADERS = "access-control-request-headers"


def preflight(url: FunctionUrl | None, request: Request) -> Response | None:
    """The URL's own answer to a browser that asks first; None for any other request.

    Neither the function nor access control sees a preflight: it carries no credentials. An
    origin or method that is not allowed gets no CORS headers, and the browser stops there.
    """
    if url is None or not url.cors or request.method != "OPTIONS":
        return None
    method = request.header(ASKED_METHOD)
    if request.header("origin") is None or method is None:
        return None
    response = Response(200, [("content-type", "application/json")])
    if not _allowed(method, url.cors.get("AllowMethods")):
        return response
    headers = _origin_headers(url, request)
    if headers:
        headers.append((f"{PREFIX}allow-methods", _joined(url, "AllowMethods", method)))
        wanted = request.header(ASKED_HEADERS)
        if url.cors.get("AllowHeaders"):
            headers.append((f"{PREFIX}allow-headers", _joined(url, "AllowHeaders", wanted)))
        headers.append((f"{PREFIX}max-age", str(url.cors.get("MaxAge") or 0)))
    return Response(200, [*response.headers, *headers])


def response_headers(
    url: FunctionUrl | None, request: Request, given: list[tuple[str, str]]
) -> list[tuple[str, str]]:
    """A response's headers, and those of the URL's settings beside them.

    The function's own CORS headers stay, so a function that sends some has them twice, and
    browsers refuse two values of Access-Control-Allow-Origin. AWS's page says so.
    """
    if url is None or not url.cors:
        return given
    own = _origin_headers(url, request)
    if own and url.cors.get("ExposeHeaders"):
        own.append((f"{PREFIX}expose-headers", _joined(url, "ExposeHeaders", None)))
    return [*given, *own]


def _origin_headers(url: FunctionUrl, request: Request) -> list[tuple[str, str]]:
    origin = request.header("origin")
    origins = url.cors.get("AllowOrigins") or []
    if origin is None or not _allowed(origin, origins):
        return []
    credentials = bool(url.cors.get("AllowCredentials"))
    # With credentials a browser takes no wildcard.
    shown = ANY if ANY in origins and not credentials else origin
    headers = [(f"{PREFIX}allow-origin", shown), ("vary", "Origin")]
    if credentials:
        headers.append((f"{PREFIX}allow-credentials", "true"))
    return headers


def _allowed(value: str, names: list[str] | None) -> bool:
    return any(name in {ANY, value} for name in names or [])


def _joined(url: FunctionUrl, setting: str, asked: str | None) -> str:
    """The setting; a wildcard becomes what was asked for, which browsers take in every mode.

    Lambda keeps names of headers in lower case, and answers with them so.
    """
    names: list[str] = url.cors[setting]
    if ANY in names and asked:
        return asked
    joined = ",".join(names)
    return joined if setting == "AllowMethods" else joined.lower()
