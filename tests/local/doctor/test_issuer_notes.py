"""`mesh up` and `mesh release` say what of an issuer does not fit the function's settings."""

from __future__ import annotations

import socket
from contextlib import closing

import pytest
from botocore.credentials import Credentials

from mesh.local.access import Access
from mesh.sign_in import issuer
from mesh.smoke.credential import ApiKey, SigV4
from mesh.smoke.smoke import TOOL_CHECKS
from tests.fixtures.issuer import PATH
from tests.fixtures.signing_in import SignInIssuer


def test_an_issuer_that_fits_needs_no_note():
    with SignInIssuer() as running:
        assert issuer.notes({"MESH_OAUTH_ISSUER": running.url}) == []
    assert issuer.notes({}) == []


def test_a_closed_port_is_noted():
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
    (note,) = issuer.notes({"MESH_OAUTH_ISSUER": url})
    assert "connection refused" in note
    assert "check oauth_issuer" in note


def test_metadata_that_is_not_there_is_noted_and_the_given_keys_are_asked_for():
    with SignInIssuer() as running:
        running.documents.clear()
        notes = issuer.notes(
            {"MESH_OAUTH_ISSUER": running.url, "MESH_OAUTH_JWKS_URL": running.jwks_url}
        )
    assert any("HTTP 404" in note for note in notes)
    assert any(note.startswith("sign-in, keys") for note in notes)


def test_an_issuer_where_no_client_can_register_is_noted():
    with SignInIssuer() as running:
        del running.documents[f"{PATH}/.well-known/openid-configuration"]["registration_endpoint"]
        (note,) = issuer.notes({"MESH_OAUTH_ISSUER": running.url})
    assert "no client can register by itself" in note


@pytest.mark.parametrize(
    ("auth", "proof", "left_out"),
    [
        ("api_key", ApiKey, ()),
        ("both", ApiKey, ()),
        ("iam", SigV4, ()),
        # Nobody can sign in for a smoke test.
        ("oauth", type(None), TOOL_CHECKS),
    ],
)
def test_live_is_tested_in_the_way_that_it_takes(auth, proof, left_out):
    access = Access({"MESH_AUTH": auth})
    shown = access.proof("mesh_key", SigV4(Credentials("id", "secret"), "us-east-1"))
    assert isinstance(shown, proof)
    assert access.left_out == left_out
    assert access.takes_keys == (proof is ApiKey)
