"""`mesh doctor auth`: a client's whole discovery and sign-in, a line for each step."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from mesh.doctor.report import Answer, Report, State
from mesh.failure import CommandFailedError
from mesh.sign_in import authorization, function, issuer, resource, token
from mesh.sign_in.authorization import Authorization, Loopback, SignInFailedError
from mesh.sign_in.client import Client, Registration
from mesh.sign_in.exchange import NoAnswerError, is_safe, trusting
from mesh.sign_in.finding import Finding, Party, note, unknown, well, wrong
from mesh.sign_in.finding import State as FindingState
from mesh.sign_in.issuer import Issuer
from mesh.sign_in.resource import FORBIDDEN, UNAUTHORIZED, Resource

NO_TERMINAL = (
    "not tried: somebody has to sign in, and there is no terminal; --no-browser prints the address"
)


@dataclass(frozen=True)
class Wishes:
    """How to sign in.

    Attributes:
        client_id: of a client that is registered already, or the address of its metadata
            document; None to register one.
        client_secret: of a confidential client.
        audiences: the server's `oauth_audiences`.
        port: of the redirect to this machine; 0 for any.
        token: to explain instead of signing in; None for none.
        authority: a private one that the certificates are of, as PEM text.
        show: given the address to open; None where nobody is there to sign in.
    """

    client_id: str | None = None
    client_secret: str | None = None
    audiences: tuple[str, ...] = ()
    port: int = 0
    token: str | None = None
    authority: str | None = None
    show: Callable[[str], None] | None = None


def examine(url: str, wishes: Wishes) -> Report:
    """Go through every step of a sign-in.

    Args:
        url: of the MCP endpoint, or of the server alone.
        wishes: how to sign in.

    Raises:
        CommandFailedError: `url` is no address that a client would use.
    """
    address = url if "://" in url else f"https://{url}"
    if not is_safe(address):
        raise CommandFailedError(
            f"{url!r} is no address of an MCP server: give it as https://HOST/mcp."
        )
    with trusting(wishes.authority):
        return _examined(address, wishes)


def _examined(address: str, wishes: Wishes) -> Report:
    found = resource.examine(address)
    findings = [*found.findings]
    named = found.issuer
    if named is not None and is_safe(named):
        asked = issuer.examine(named)
        findings += asked.findings
        if asked.metadata:
            findings += [issuer.pkce(asked), resource.scopes(found, asked.metadata)]
        findings.append(function.reaches(found, next(iter(wishes.audiences), None)))
        if wishes.token is None:
            findings += _signed_in(found, asked, wishes)
        findings.append(resource.step_up(found))
    if wishes.token is not None:
        findings += _explained(found, wishes.token, wishes)
        findings.append(_called(found, wishes.token, findings))
    return Report(found.url, tuple(_answer(one) for one in findings))


def _answer(finding: Finding) -> Answer:
    details = dict(finding.details)
    if finding.party is not None:
        details |= {"responsible": str(finding.party), "remedy": finding.remedy}
    return Answer(finding.step, State(finding.state), finding.lines(), details)


def _signed_in(found: Resource, asked: Issuer, wishes: Wishes) -> list[Finding]:
    """Sign in, as far as that is possible."""
    usable = is_safe(asked.metadata.get("authorization_endpoint")) and is_safe(
        asked.metadata.get("token_endpoint")
    )
    if not usable:
        return [unknown("client", "not tried: the issuer has no place to sign in")]
    try:
        loopback = Loopback(wishes.port)
    except OSError as error:
        raise CommandFailedError(f"port {wishes.port} is taken here: {error.strerror}.") from error
    with loopback:
        registration = Registration(asked, loopback.redirect)
        try:
            client, finding = (
                registration.given(wishes.client_id, wishes.client_secret)
                if wishes.client_id
                else registration.made(found.scopes)
            )
            if client is None:
                return [finding, unknown("sign-in", "not tried: the issuer knows no client")]
            return [finding, *_with_client(found, asked, wishes, client, loopback)]
        finally:
            registration.close()


def _with_client(
    found: Resource, asked: Issuer, wishes: Wishes, client: Client, loopback: Loopback
) -> list[Finding]:
    attempt = Authorization(asked, client, found.identifier, found.scopes)
    try:
        answer = attempt.first_answer()
        if answer is None:
            if wishes.show is None:
                return [unknown("sign-in", NO_TERMINAL)]
            wishes.show(attempt.address)
            answer = loopback.answer(authorization.SIGN_IN_SECONDS)
            if answer is None:
                return [attempt.no_answer()]
        tokens = attempt.tokens(attempt.code(answer))
    except SignInFailedError as error:
        return [error.finding]
    findings = [well("sign-in", f"as client {client.id}, with PKCE, for {found.identifier}")]
    findings += _explained(found, tokens["access_token"], wishes)
    findings.append(_called(found, tokens["access_token"], findings))
    return [*findings, _refreshed(attempt, tokens)]


def _explained(found: Resource, given: str, wishes: Wishes) -> list[Finding]:
    explained = token.explain(
        given,
        issuer=found.issuer,
        resource=found.identifier,
        audiences=wishes.audiences,
        client_ids=(wishes.client_id,) if wishes.client_id else (),
        scopes=found.scopes,
        authority=wishes.authority,
    )
    if found.is_mesh:
        return explained
    # Another server may take what Mesh refuses, such as opaque tokens: the call tells.
    return [
        replace(one, state=FindingState.NOTE, told=("by the rules of Mesh", *one.told))
        if one.state is FindingState.WRONG
        else one
        for one in explained
    ]


def _called(found: Resource, given: str, before: list[Finding]) -> Finding:
    """Call the server with a token, unless it may be another server's."""
    said = next((one.details for one in before if one.step == "token"), {})
    audiences, own = said.get("aud") or [], found.identifier
    others = [one for one in audiences if "://" in one]
    if others and own not in others and not any(one in own for one in others):
        return unknown("call", f"not sent to the server: the token is for {' '.join(others)}")
    try:
        reply = resource.call(found.url, given)
    except NoAnswerError as error:
        return wrong("call", str(error), Party.SERVER, "check that it runs")
    if reply.ok:
        return well("call", "the server takes the token")
    if reply.status == UNAUTHORIZED:
        return wrong(
            "call",
            f"the server refuses the token: {reply.said()}",
            Party.SERVER,
            "compare iss and aud above with oauth_issuer and oauth_audiences",
        )
    if reply.status == FORBIDDEN:
        return wrong(
            "call",
            f"the token lacks scopes: {reply.said()}",
            Party.SERVER,
            "set oauth_scopes so that clients ask for them, and let the issuer grant them",
        )
    return wrong("call", f"the server answers {reply.said()}", Party.SERVER, "see mesh logs")


def _refreshed(attempt: Authorization, tokens: dict[str, object]) -> Finding:
    given = tokens.get("refresh_token")
    if not isinstance(given, str):
        return note(
            "refresh",
            "no refresh token, so people sign in again whenever the token ends",
            Party.SERVER,
            "add offline_access to oauth_scopes, and allow the client the grant refresh_token",
        )
    try:
        new = attempt.refreshed(given)
    except SignInFailedError as error:
        return error.finding
    rotates = new.get("refresh_token") not in {None, given}
    return well("refresh", f"a new token{', and a new refresh token' if rotates else ''}")
