"""`mesh doctor auth` signs in as clients do, and names who has to act where a step fails."""

from __future__ import annotations

import socket
from contextlib import closing

import jwt
import pytest
from click.testing import CliRunner

from mesh.cli.operation import doctor
from mesh.sign_in import authorization
from tests.fixtures.issuer import PATH

OPENID = f"{PATH}/.well-known/openid-configuration"
KEYS = f"{PATH}/.well-known/jwks.json"
SERVER, ISSUER, CLIENT = "this server", "the issuer", "the client's settings"


def test_every_step_succeeds_where_all_fits(serve, issuer, ask):
    asked = ask(f"{serve(renames=False)}mcp")
    assert {step: asked.state(step) for step in asked.answers} == dict.fromkeys(
        (
            "server",
            "resource",
            "issuer",
            "keys",
            "pkce",
            "scopes",
            "function",
            "client",
            "sign-in",
            "token",
            "accepted",
            "call",
            "refresh",
            "step-up",
        ),
        "ok",
    )
    assert asked.exit_code == 0
    # What it registered is gone again.
    assert issuer.removed == [f"{PATH}/register/client-1"]


def test_the_screen_is_80_columns_wide_and_shows_no_token(serve, issuer):
    outcome = CliRunner().invoke(doctor.command, ["auth", serve()])
    assert outcome.exit_code == 0, outcome.output
    assert max(map(len, outcome.output.splitlines())) <= 80
    assert "eyJ" not in outcome.output
    assert "aud http://127.0.0.1:" in outcome.output
    # Lambda renames the challenge of a 403.
    assert "step-up" in outcome.output


def metadata(**said):
    """What the issuer's metadata says otherwise; None leaves a name out."""

    def change(issuer):
        document = issuer.documents[OPENID] | said
        issuer.documents[OPENID] = {name: one for name, one in document.items() if one is not None}

    return change


def refusal(endpoint, status, **document):
    return lambda issuer: issuer.refusals.update({endpoint: (status, document)})


def sent_back(**answer):
    return lambda issuer: issuer.sent_back.update(answer)


def token(**claims):
    return lambda issuer: issuer.claims_said.update(claims)


# Nobody listens there.
NOWHERE = "http://127.0.0.1:1/nowhere"


FAILURES = [
    (
        "metadata without a name",
        metadata(issuer=None),
        "issuer",
        SERVER,
        "an issuer whose metadata names itself",
    ),
    ("keys out of reach", metadata(jwks_uri=NOWHERE), "keys", ISSUER, "make its keys reachable"),
    (
        "registration out of reach",
        metadata(registration_endpoint=NOWHERE),
        "client",
        ISSUER,
        "make registration reachable",
    ),
    (
        "a sign-in page out of reach",
        metadata(authorization_endpoint=NOWHERE),
        "sign-in",
        ISSUER,
        "make its sign-in reachable",
    ),
    (
        "a token endpoint out of reach",
        metadata(token_endpoint=NOWHERE),
        "sign-in",
        ISSUER,
        "make its token endpoint reachable",
    ),
    (
        "a damaged token",
        lambda issuer: setattr(issuer, "opaque", "a.b.c"),
        "token",
        CLIENT,
        "access_token",
    ),
    ("no metadata", lambda issuer: issuer.documents.pop(OPENID), "issuer", SERVER, "oauth_issuer"),
    (
        "metadata of another issuer",
        metadata(issuer="https://other.example"),
        "issuer",
        SERVER,
        "https://other.example",
    ),
    ("no sign-in page", metadata(authorization_endpoint=None), "issuer", ISSUER, "code grant"),
    ("no address of keys", metadata(jwks_uri=None), "keys", SERVER, "oauth_jwks_url"),
    (
        "no keys",
        lambda issuer: issuer.documents.update({KEYS: {"keys": []}}),
        "keys",
        ISSUER,
        "ES256",
    ),
    (
        "a shared secret alone",
        lambda issuer: issuer.documents.update({KEYS: {"keys": [{"kty": "oct", "alg": "HS256"}]}}),
        "keys",
        ISSUER,
        "shared secret",
    ),
    ("keys not found", lambda issuer: issuer.statuses.update({KEYS: 404}), "keys", ISSUER, "JWK"),
    ("plain PKCE", metadata(code_challenge_methods_supported=["plain"]), "pkce", ISSUER, "S256"),
    ("no registration", metadata(registration_endpoint=None), "client", CLIENT, "--client-id"),
    ("closed registration", refusal("register", 401), "client", ISSUER, "open dynamic"),
    (
        "a registration policy",
        refusal("register", 400, error="invalid_redirect_uri"),
        "client",
        ISSUER,
        "policy",
    ),
    (
        "registration with an unknown scope",
        refusal("register", 400, error="invalid_client_metadata", error_description="scope"),
        "client",
        SERVER,
        "oauth_scopes",
    ),
    (
        "an unknown redirect",
        refusal("authorize", 400, error="invalid_request", error_description="redirect_uri"),
        "sign-in",
        CLIENT,
        "/callback",
    ),
    (
        "an unknown client",
        refusal("authorize", 400, error="invalid_client"),
        "sign-in",
        CLIENT,
        "--client-id",
    ),
    (
        "an unknown resource",
        sent_back(error="invalid_target"),
        "sign-in",
        ISSUER,
        "with the identifier http://127.0.0.1:",
    ),
    (
        "an unknown scope",
        sent_back(error="invalid_scope"),
        "sign-in",
        SERVER,
        "asked for: mesh offline_access",
    ),
    ("a user who may not", sent_back(error="access_denied"), "sign-in", ISSUER, "this user"),
    (
        "a client that may not",
        sent_back(error="unauthorized_client"),
        "sign-in",
        CLIENT,
        "authorization code grant",
    ),
    ("another state", sent_back(state="other"), "sign-in", ISSUER, "state"),
    ("another issuer's answer", sent_back(iss="https://other.example"), "sign-in", SERVER, "other"),
    (
        "a confidential client",
        refusal("token", 401, error="invalid_client"),
        "sign-in",
        CLIENT,
        "--client-secret",
    ),
    ("a broken token endpoint", refusal("token", 500), "sign-in", ISSUER, "log"),
    (
        "an opaque token",
        lambda issuer: setattr(issuer, "opaque", "ya29.a0AfH6SMBx"),
        "token",
        ISSUER,
        "JWT",
    ),
    ("another audience", token(audience="authenticated"), "accepted", ISSUER, "authenticated"),
    ("no audience", token(audience=None, token_use="access"), "accepted", SERVER, "client_ids"),
    ("an ID token", token(nonce="n", scope=None), "accepted", CLIENT, "access_token"),
    ("another issuer's token", token(iss="https://other.example"), "accepted", SERVER, "other"),
    ("a token of yesterday", token(iat=1, exp=3600), "accepted", CLIENT, "refresh"),
]


@pytest.mark.parametrize(
    ("break_it", "step", "party", "remedy"),
    [pytest.param(*one, id=name) for name, *one in FAILURES],
)
def test_a_failure_names_the_step_who_has_to_act_and_what_to_set(
    serve, issuer, ask, break_it, step, party, remedy
):
    url = serve()
    break_it(issuer)
    asked = ask(url)
    failed, responsible, advice = asked.failure()
    assert (failed, responsible) == (step, party), asked.answers[failed]
    assert remedy in advice
    assert asked.exit_code == 2


def test_a_token_signed_with_a_shared_secret_is_named(serve, issuer, ask):
    url = serve()
    claims = issuer.claims(f"{url}mcp", scope="mesh")
    issuer.opaque = jwt.encode(claims, "s" * 32, "HS256", {"typ": "at+jwt"})
    assert ask(url).failure() == (
        "accepted",
        ISSUER,
        "sign access tokens with a key pair: ES256, EdDSA or RS256",
    )


def test_clients_without_cimd_are_named_where_nothing_else_is_offered(serve, issuer, ask):
    metadata(registration_endpoint=None, client_id_metadata_document_supported=True)(issuer)
    asked = ask(serve())
    assert asked.state("client") == "note"
    assert "clients that do not have it cannot register" in asked.told("client")


def test_a_refused_refresh_is_named(serve, issuer, ask, monkeypatch):
    url = serve()
    answered = issuer.post

    def post(path, body):
        if "grant_type=refresh_token" in body:
            return 400, {"error": "unsupported_grant_type"}
        return answered(path, body)

    monkeypatch.setattr(issuer, "post", post)
    assert ask(url).failure() == (
        "refresh",
        ISSUER,
        "allow the client's grant (code, refresh_token)",
    )


NOTES = [
    ("no scopes", {"scopes": ()}, lambda _: None, "scopes", "oauth_scopes"),
    ("no refresh token", {"scopes": ("mesh",)}, lambda _: None, "refresh", "offline_access"),
    ("a renamed challenge", {}, lambda _: None, "step-up", "domain"),
    (
        "PKCE not stated",
        {},
        metadata(code_challenge_methods_supported=None),
        "pkce",
        "nothing to set",
    ),
    ("scopes not listed", {}, metadata(scopes_supported=["openid"]), "scopes", "compare"),
    (
        "an unlisted offline_access",
        {"scopes": ("mesh",)},
        metadata(scopes_supported=["mesh", "offline_access"]),
        "scopes",
        "offline_access",
    ),
]


@pytest.mark.parametrize(
    ("oauth", "change", "step", "remedy"), [pytest.param(*one, id=name) for name, *one in NOTES]
)
def test_what_stops_only_some_clients_is_a_note(serve, issuer, ask, oauth, change, step, remedy):
    change(issuer)
    asked = ask(serve(**oauth))
    assert asked.state(step) == "note"
    assert remedy in asked.answers[step]["remedy"]
    assert asked.exit_code == 0


def test_an_issuer_that_listens_nowhere_is_named(serve, ask):
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        port = taken.getsockname()[1]
    asked = ask(serve(issuer=f"http://127.0.0.1:{port}"))
    assert asked.failure()[:2] == ("issuer", SERVER)
    assert "connection refused" in asked.told("issuer")
    # The server says the same from where it runs.
    assert asked.state("function") == "wrong"
    assert "ConnectionRefusedError" in asked.told("function")


def test_the_rfc_8414_address_alone_is_enough(serve, issuer, ask):
    document = issuer.documents.pop(OPENID)
    issuer.documents[f"/.well-known/oauth-authorization-server{PATH}"] = document
    assert ask(serve()).exit_code == 0


def test_a_slash_at_the_issuers_end_is_named(serve, issuer, ask):
    asked = ask(serve(issuer=f"{issuer.url}/"))
    assert asked.failure() == ("issuer", SERVER, f"set oauth_issuer to exactly {issuer.url!r}")


def test_a_known_client_signs_in_without_registration(serve, issuer, ask):
    metadata(registration_endpoint=None)(issuer)
    asked = ask(serve(), "--client-id", "known")
    assert asked.exit_code == 0
    assert issuer.asked[0]["client_id"] == "known"
    assert issuer.asked[0]["code_challenge_method"] == "S256"


def test_a_metadata_document_needs_an_issuer_that_reads_it(serve, issuer, ask):
    asked = ask(serve(), "--client-id", "https://client.example/oauth.json")
    assert asked.failure()[:2] == ("client", ISSUER)
    metadata(client_id_metadata_document_supported=True)(issuer)
    asked = ask(serve(), "--client-id", "https://localhost:1/oauth.json")
    assert asked.failure()[:2] == ("client", CLIENT)
    assert "no https address with a path" in ask(serve(), "--client-id", "https://a.example/").told(
        "client"
    )


def test_it_stops_before_somebody_has_to_sign_in_without_a_terminal(serve, issuer, ask):
    issuer.has_page = True
    asked = ask(serve())
    assert asked.state("sign-in") == "unknown"
    assert "no terminal" in asked.told("sign-in")
    assert asked.exit_code == 1


def test_a_browser_that_does_not_come_back_is_named(serve, issuer, ask, monkeypatch):
    issuer.has_page = True
    monkeypatch.setattr(authorization, "SIGN_IN_SECONDS", 0.01)
    asked = ask(serve(), "--no-browser")
    assert asked.failure()[:2] == ("sign-in", CLIENT)
    assert "/callback" in asked.failure()[2]


def test_other_audiences_have_to_be_given(serve, issuer, ask):
    issuer.claims_said["audience"] = "authenticated"
    url = serve(audiences=("authenticated",))
    assert "--audience" in ask(url).told("function")
    assert ask(url, "--audience", "authenticated").exit_code == 0


@pytest.mark.parametrize("url", ["http://example.com/mcp", "ftp://example.com", "https://"])
def test_no_address_is_refused_in_one_line(url):
    outcome = CliRunner().invoke(doctor.command, ["auth", url])
    assert "is no address of an MCP server" in str(outcome.exception)
