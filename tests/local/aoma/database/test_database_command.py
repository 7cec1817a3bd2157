"""`mesh database` at the terminal: what it says, and one line for everything that fails."""

from __future__ import annotations

import json
import time

import httpx
import pytest
from click.testing import CliRunner
from joserfc.jwk import ECKey, OctKey, RSAKey

from mcp_app.knowledge.supabase.keys import claims
from mesh.cli import command_line, run


@pytest.fixture
def mesh(capfd, monkeypatch):
    """Runs `mesh ...`; gives its status, standard output and standard error."""
    monkeypatch.delenv("MESH_DATABASE_URL", raising=False)

    def call(*arguments):
        status = run(arguments)
        said = capfd.readouterr()
        return status, said.out, said.err

    return call


def test_migrate_says_what_it_did_and_where(mesh, supabase):
    status, out, err = mesh("database", "migrate", "--database-url", supabase.database_url)
    assert (status, out) == (0, "up to date\n")
    assert f"127.0.0.1:{supabase.postgres.port}, database postgres, user postgres" in err
    assert supabase.keys.database_password not in out + err


def test_status_counts_what_is_there(mesh, supabase, add, add_document):
    add_document("guide", "deploy")
    add_document("later", "deploy", embedded=False)
    add("mesh_embedding", model="text-embedding-3-small", dimensions=1536)
    _, shown, _ = mesh("database", "status", "--database-url", supabase.database_url)
    assert "passages    2, 1 of them embedded" in shown
    assert "embeddings  text-embedding-3-small, 1536 dimensions" in shown
    _, text, _ = mesh("database", "status", "--json", "--database-url", supabase.database_url)
    assert json.loads(text)["counts"]["passages"] == {"rows": 2, "embedded": 1}


def test_status_of_a_database_that_is_not_migrated_says_so(mesh, supabase):
    url = supabase.postgres.url("postgres", "template1")
    status, shown, _ = mesh("database", "status", "--database-url", url)
    assert status == 0
    assert "`mesh database migrate` applies it" in shown


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("", "Which database? Set MESH_DATABASE_URL"),
        ("postgresql://postgres:pass%20word@{place}/postgres", "wrong password"),
        ("postgresql://postgres:{password}@{place}/nowhere", "there is no such database"),
        ("postgresql://postgres:pass-word@127.0.0.1:1/postgres", "Is the host right"),
        ("postgresql://postgres:pass/wo@rd@127.0.0.1/postgres", "percent-encoded"),
        ("mysql://pass-word", "cannot be read"),
    ],
)
def test_a_failure_is_one_line_without_the_password(mesh, supabase, url, said):
    place = f"127.0.0.1:{supabase.postgres.port}"
    given = url.format(place=place, password=supabase.keys.database_password)
    status, out, err = mesh("database", "migrate", "--database-url", given)
    assert (status, out) == (1, "")
    assert said in err
    assert len(err.splitlines()) == 1
    for secret in (supabase.keys.database_password, "pass-word", "pass%20word", "wo@rd"):
        assert secret not in err


def mint(key, *options):
    arguments = ["database", "token", "--signing-key", "-", *options]
    return CliRunner().invoke(command_line, arguments, input=key)


def test_a_minted_token_reads_what_the_server_may_and_nothing_else(supabase):
    made = mint(json.dumps(supabase.keys.signing), "--days", "30")
    token = made.output.strip()
    assert len(made.output.splitlines()) == 1
    assert claims(token)["role"] == "mesh_server"
    assert claims(token)["exp"] == pytest.approx(time.time() + 30 * 86400, abs=60)
    headers = {"apikey": supabase.publishable_key, "Authorization": f"Bearer {token}"}
    tables = {"mesh_documents": 200, "mesh_migrations": 403}
    for table, status in tables.items():
        url = f"{supabase.rest_url}/{table}"
        assert httpx.get(url, headers=headers).status_code == status


def test_the_legacy_secret_signs_too(supabase):
    token = mint(supabase.keys.jwt_secret).output.strip()
    headers = {"apikey": supabase.anon_key, "Authorization": f"Bearer {token}"}
    assert httpx.get(f"{supabase.rest_url}/mesh_documents", headers=headers).status_code == 200


@pytest.mark.parametrize(
    "key",
    [
        lambda: ECKey.generate_key("P-256").as_pem(private=True).decode(),
        lambda: RSAKey.generate_key(2048).as_pem(private=True).decode(),
        lambda: json.dumps(OctKey.generate_key(256).as_dict(private=True)),
    ],
    ids=["ec", "rsa", "oct"],
)
def test_keys_of_all_kinds_sign(key):
    assert claims(mint(key()).output.strip())["role"] == "mesh_server"


@pytest.mark.parametrize(
    ("key", "said"),
    [
        (lambda: "short", "has 5 characters"),
        (lambda: '{"kty": "EC"}', "cannot be read"),
        (lambda: "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----", "cannot be read"),
        (lambda: json.dumps(ECKey.generate_key("P-256").as_dict(private=False)), "public key"),
        (lambda: ECKey.generate_key("P-384").as_pem(private=True).decode(), "needs P-256"),
    ],
    ids=["short", "half a key", "no key", "public", "another curve"],
)
def test_what_cannot_sign_is_refused_and_not_shown(key, said):
    made = mint(key())
    assert made.exit_code == 1
    assert said in str(made.exception)
    assert key() not in str(made.exception)
