"""An issuer with a certificate of a private authority, behind both ways of an instance."""

from __future__ import annotations

import pytest

from benchmarks.starts.authority import chain
from mesh.runtime.aws import tls
from tests.fixtures.instances import Client
from tests.fixtures.issuer import Issuer
from tests.local.runtime.access.conftest import AUDIENCE


@pytest.fixture(scope="module")
def pems(tmp_path_factory):
    """The authority's certificate, and a file of a server's key and chain."""
    root, server = chain()
    file = tmp_path_factory.mktemp("tls") / "server.pem"
    file.write_bytes(server)
    return root.decode(), file


@pytest.fixture
def issuer(pems):
    with Issuer(pems[1]) as running:
        yield running


def called(server: Client, issuer: Issuer) -> int:
    headers = {"authorization": f"Bearer {issuer.token(AUDIENCE)}"}
    stranger = Client(server._answer, None)
    return stranger.request("POST", "/rpc", {"method": "ping"}, headers=headers).status


def test_its_tokens_are_taken_once_the_authority_is_trusted(oauth_server, issuer, pems):
    assert called(oauth_server("oauth"), issuer) == 503
    assert called(oauth_server("oauth", issuer_ca=pems[0]), issuer) == 200


def test_public_authorities_stay_trusted_and_others_are_not_read_for_it(monkeypatch, pems):
    monkeypatch.setattr(tls, "_light_contexts", {})
    stats = {
        told: tls._light_context(told).settings.cert_store_stats()["x509"]
        for told in (None, pems[0])
    }
    assert stats[pems[0]] == stats[None] + 1
