"""An issuer whose certificate is of a company's own authority, asked from both positions."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

from benchmarks.starts.authority import chain
from mesh.cli.operation import doctor
from mesh.sign_in import issuer as asked_issuer
from tests.fixtures.issuer import PATH
from tests.fixtures.signing_in import SignInIssuer


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    """The authority's certificate, in a file."""
    folder = tmp_path_factory.mktemp("authority")
    root, server = chain()
    (folder / "server.pem").write_bytes(server)
    (folder / "root.pem").write_bytes(root)
    return folder / "root.pem"


@pytest.fixture(scope="module")
def private(authority):
    with SignInIssuer(authority.with_name("server.pem")) as running:
        yield running


def test_the_server_and_the_command_trust_it_once_they_are_told(serve, private, authority, ask):
    url = serve(issuer=private.url, issuer_ca=authority.read_text())
    asked = ask(url, "--ca", str(authority))
    assert asked.exit_code == 0, asked.answers
    assert asked.state("function") == asked.state("accepted") == asked.state("call") == "ok"


def test_a_command_that_was_not_told_names_the_certificate(serve, private, authority, ask):
    asked = ask(serve(issuer=private.url, issuer_ca=authority.read_text()))
    assert asked.failure()[0] == "issuer"
    assert "its certificate is not trusted here" in asked.told("issuer")
    # It is still sent a token, and has the keys.
    assert asked.state("function") == "ok"


def test_a_server_that_was_not_told_is_named_with_the_setting(serve, private, authority, ask):
    asked = ask(serve(issuer=private.url), "--ca", str(authority))
    assert asked.failure()[:2] == ("function", "this server")
    assert "oauth_issuer_ca" in asked.answers["function"]["remedy"]


def test_a_certificate_that_cannot_be_read_is_named(serve, private, tmp_path, ask, authority):
    damaged = authority.read_text().replace("MII", "MIJ", 1)
    asked = ask(serve(issuer=private.url, issuer_ca=damaged), "--ca", str(authority))
    assert "oauth_issuer_ca) is no certificate" in asked.told("function")
    (tmp_path / "ca.pem").write_text(damaged)
    outcome = CliRunner().invoke(
        doctor.command, ["auth", "--ca", str(tmp_path / "ca.pem"), private.url]
    )
    assert "cannot be read: give it as PEM" in str(outcome.exception)
    variables = {"MESH_OAUTH_ISSUER": private.url, "MESH_OAUTH_ISSUER_CA": damaged}
    assert "cannot be read" in asked_issuer.notes(variables)[0]


def test_a_release_trusts_what_the_function_is_told_to(private, authority):
    variables = {"MESH_OAUTH_ISSUER": private.url}
    assert "certificate is not trusted" in asked_issuer.notes(variables)[0]
    told = variables | {"MESH_OAUTH_ISSUER_CA": authority.read_text()}
    assert asked_issuer.notes(told) == []


DOCUMENT = "/client.json"


def told(private, **said):
    """A client's metadata document, as it is when all is well but for this."""
    return {
        "client_id": f"{private.origin}{DOCUMENT}",
        "redirect_uris": ["http://127.0.0.1/callback"],
        **said,
    }


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({}, None),
        (None, "HTTP 404"),
        ({"client_id": "https://other.example/c"}, "not its own address"),
        ({"redirect_uris": ["https://other.example/callback"]}, "do not have http://127.0.0.1:"),
    ],
    ids=["right", "missing", "another client's", "another redirect"],
)
def test_a_clients_metadata_document_serves_as_its_id_or_says_why_not(
    serve, private, authority, ask, said, why
):
    private.forget()
    openid = f"{PATH}/.well-known/openid-configuration"
    private.documents[openid]["client_id_metadata_document_supported"] = True
    if said is not None:
        private.documents[DOCUMENT] = told(private, **said)
    url = serve(issuer=private.url, issuer_ca=authority.read_text())
    client_id = f"{private.origin}{DOCUMENT}"
    asked = ask(url, "--ca", str(authority), "--client-id", client_id)
    if why is None:
        assert asked.exit_code == 0, asked.answers
        assert private.asked[0]["client_id"] == client_id
    else:
        assert asked.failure()[:2] == ("client", "the client's settings")
        assert why in asked.told("client")
