"""Function URL events: what a request is, known before anything looks at its body.

Both ways of an instance read an event here, and nowhere else. Whatever is wrong with one, from
whoever invoked the function, is a `BadEventError`.
https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html#urls-payloads
"""

from __future__ import annotations

import re

from mesh.runtime.record import Record

# Not typing's; see `mesh.runtime.handler`.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

HOST = re.compile(r"[A-Za-z0-9._-]{1,255}(:[0-9]{1,5})?")
SCHEMES = frozenset({"http", "https"})
TEXT = frozenset({str})
NOTHING_OR_TEXT = frozenset({str, type(None)})
NOTHING_OR_BOOL = frozenset({bool, type(None)})
# No route is as long: a longer path leads nowhere, decoded or not.
MAX_DECODED_PATH = 512
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html
ARN_PARTS = 6
IDENTITIES = frozenset({"iam", "sts"})


class BadEventError(Exception):
    """The event is not a Function URL event; the message says why, and quotes nothing of it."""


class Head(Record):
    """A request without its body.

    Attributes:
        method: Such as `POST`.
        path: Without the query; percent-encoding decoded, up to 512 characters.
        headers: By their names in lower case; their UTF-8 read as Latin-1, as Starlette reads it.
        client: The address that it came from.
        arn: The IAM identity that signed it, where the Function URL checked a signature.
        domain: The Function URL that was called; None where Lambda does not say.
    """

    method: str
    path: str
    headers: dict[str, str]
    client: str
    arn: str | None
    domain: str | None

    @property
    def scheme(self) -> str:
        """`https`, but on a developer's machine."""
        return self.headers.get("x-forwarded-proto", "https")


def read_head(event: Any) -> Head:
    """The request in an event. Its body is not decoded, measured or copied.

    Args:
        event: Any JSON value.

    Raises:
        BadEventError: It is not of payload format 2.0.
    """
    if type(event) is not dict or event.get("version") != "2.0":
        raise BadEventError(
            "This function answers Function URL events, payload format 2.0. Call its URL "
            "instead of invoking it, or send such an event."
        )
    about = event.get("requestContext")
    http = about.get("http") if isinstance(about, dict) else None
    if not isinstance(about, dict) or not isinstance(http, dict):
        http = about = {}
    found: list[Any] = [http.get(name) for name in ("method", "path", "sourceIp")]
    if {*map(type, found)} != TEXT:
        raise BadEventError("The event lacks requestContext.http with method, path and sourceIp.")
    method, path, client = found
    headers, shown = _headers(event.get("headers"))
    query, domain = event.get("rawQueryString"), about.get("domainName")
    cookies = event.get("cookies") or []
    if type(cookies) is not list or not TEXT.issuperset(map(type, cookies)):
        raise BadEventError("The event's cookies are not a list of strings.")
    if not NOTHING_OR_TEXT.issuperset(map(type, (query, domain, event.get("body")))):
        raise BadEventError(
            "The event's rawQueryString, body and requestContext.domainName are not strings."
        )
    if type(event.get("isBase64Encoded")) not in NOTHING_OR_BOOL:
        raise BadEventError("The event's isBase64Encoded is neither true nor false.")
    text = "\n".join([*found, query or "", *cookies, shown])
    try:
        text.encode()
    except UnicodeEncodeError:
        raise BadEventError("The event is not valid Unicode.") from None
    if not text.isascii():
        headers = {name: value.encode().decode("latin-1") for name, value in headers.items()}
    _check_address(headers, domain)
    return Head(method, _decoded(path), headers, client, iam_arn(about), domain or None)


def _headers(given: Any) -> tuple[dict[str, str], str]:
    """Headers by their names in lower case, and all of their text.

    Of two names that are the same in lower case the last counts.
    """
    if given is None:
        return {}, ""
    try:
        # Fails where one is no text.
        names, values = "\n".join(given), "\n".join(given.values())
    except (TypeError, AttributeError):
        raise BadEventError("The event's headers are not an object of strings.") from None
    if not names.isascii():
        # https://www.rfc-editor.org/rfc/rfc9110#section-5.1
        raise BadEventError("The event has a header whose name is not ASCII.")
    if names != names.lower():
        given = {name.lower(): value for name, value in given.items()}
    return given, values


def _check_address(headers: dict[str, str], domain: str | None) -> None:
    """See that what becomes the server's address, in answers and in the ASGI scope, can be one."""
    host = headers.get("host", "lambda")
    if not HOST.fullmatch(host):
        raise BadEventError("The Host header is not a host name, with or without a port.")
    if domain and domain != host and not HOST.fullmatch(domain):
        raise BadEventError("The event's requestContext.domainName is not a host name.")
    if headers.get("x-forwarded-proto", "https") not in SCHEMES:
        raise BadEventError("The X-Forwarded-Proto header is neither http nor https.")


def _decoded(path: str) -> str:
    if "%" in path and len(path) <= MAX_DECODED_PATH:
        # Its import costs milliseconds, and clients of this server need no escapes.
        from urllib.parse import unquote

        path = unquote(path)
    return path or "/"


def iam_arn(request_context: dict[str, Any]) -> str | None:
    """ARN of the caller whose signature the Function URL has checked; None where it checked none.

    Args:
        request_context: The event's `requestContext`.

    Raises:
        BadEventError: There is an identity of another kind. API keys and users have names in
            the log too: nobody may get one of their names by invoking the function directly.
    """
    authorizer = request_context.get("authorizer")
    iam = authorizer.get("iam") if isinstance(authorizer, dict) else authorizer
    if iam is None:
        return None
    arn = iam.get("userArn") if isinstance(iam, dict) else None
    if not isinstance(arn, str) or not _is_identity(arn):
        raise BadEventError(
            "The event's requestContext.authorizer.iam.userArn is not the ARN of an IAM "
            "identity, such as arn:aws:iam::123456789012:user/NAME."
        )
    return arn


def _is_identity(arn: str) -> bool:
    parts = arn.split(":", ARN_PARTS - 1)
    return (
        len(parts) == ARN_PARTS
        and parts[0] == "arn"
        and parts[1].startswith("aws")
        and parts[2] in IDENTITIES
        and parts[-1] != ""
        and arn.isascii()
        and arn.isprintable()
    )
