"""The project on this machine behaves as a hosted one where it matters."""

from __future__ import annotations

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import KeySet

from aoma.local_supabase.http.faults import Fault
from aoma.local_supabase.keys import Keys
from tests.fixtures.admission import FOREIGN_HOSTS, PAGES, ask, is_refused


def get(project, path, key, token=None):
    headers = {"apikey": key} if key else {}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    return httpx.get(f"{project.url}{path}", headers=headers)


def add_document(project, name, readers=None):
    with project.connect() as connection:
        connection.execute(
            "insert into mesh_documents (id, title, corpus, readers) values (%s, %s, 'docs', %s)",
            (name, name, readers),
        )


def test_a_request_without_an_api_key_is_refused(supabase):
    assert get(supabase, "/rest/v1/mesh_documents", None).status_code == 401


def test_a_request_with_an_unknown_api_key_is_refused(supabase):
    answer = get(supabase, "/rest/v1/mesh_documents", "sb_publishable_nobody")
    assert (answer.status_code, answer.json()["message"]) == (401, "Invalid API key")


@pytest.mark.parametrize("key", ["publishable_key", "anon_key"])
def test_a_public_key_alone_is_the_role_anon(supabase, key):
    answer = get(supabase, "/rest/v1/mesh_documents", getattr(supabase, key))
    assert answer.status_code == 401
    assert answer.json()["code"] == "42501"


@pytest.mark.parametrize("key", ["secret_key", "service_role_key"])
def test_a_service_key_bypasses_row_level_security(supabase, key):
    add_document(supabase, "secret", ["nobody"])
    value = getattr(supabase, key)
    answer = get(supabase, "/rest/v1/mesh_documents?select=id", value, value)
    assert answer.json() == [{"id": "secret"}]


def test_an_expired_token_is_refused(supabase):
    token = supabase.server_token(expires_in=-60)
    answer = get(supabase, "/rest/v1/mesh_documents", supabase.publishable_key, token)
    assert (answer.status_code, answer.json()["message"]) == (401, "JWT expired")


def test_a_token_signed_with_another_key_is_refused(supabase):
    token = Keys.fresh().role_token("mesh_server")
    answer = get(supabase, "/rest/v1/mesh_documents", supabase.publishable_key, token)
    assert answer.status_code == 401


def test_published_keys_verify_a_users_token_and_are_public(supabase):
    found = httpx.get(f"{supabase.issuer}/.well-known/jwks.json").json()
    assert not any("d" in key for key in found["keys"])
    token = supabase.user_token("ann@example.com", groups=["board"])
    claims = jwt.decode(token, KeySet.import_key_set(found), algorithms=["ES256"]).claims
    assert claims["iss"] == supabase.issuer
    assert claims["app_metadata"]["groups"] == ["board"]


def test_fresh_removes_rows_and_brings_back_what_was_dropped(supabase):
    add_document(supabase, "one")
    supabase.fresh()
    with supabase.connect() as connection:
        assert connection.execute("select count(*) from mesh_documents").fetchone() == (0,)
        connection.execute("drop function mesh_source_states()")
    supabase.fresh()
    answer = httpx.post(
        f"{supabase.rest_url}/rpc/mesh_source_states",
        headers={
            "apikey": supabase.publishable_key,
            "Authorization": f"Bearer {supabase.server_token()}",
        },
        json={},
    )
    assert answer.status_code == 200


def test_an_ordered_fault_meets_its_path_and_only_as_often_as_ordered(supabase):
    supabase.faults.add(Fault.error(500), path="/mesh_tickets")
    token = supabase.server_token()

    def status(table):
        return get(supabase, f"/rest/v1/{table}", supabase.publishable_key, token).status_code

    assert [status("mesh_documents"), status("mesh_tickets"), status("mesh_tickets")] == [
        200,
        500,
        200,
    ]


def test_a_database_that_is_down_is_a_503_and_comes_back_with_its_rows(supabase):
    add_document(supabase, "kept")
    token = supabase.server_token()
    supabase.stop_database()
    try:
        down = get(supabase, "/rest/v1/mesh_documents", supabase.publishable_key, token)
    finally:
        supabase.start_database()
    up = get(supabase, "/rest/v1/mesh_documents?select=id", supabase.publishable_key, token)
    assert (down.status_code, up.json()) == (503, [{"id": "kept"}])


@pytest.mark.parametrize("host", FOREIGN_HOSTS.values(), ids=FOREIGN_HOSTS)
def test_the_gateway_takes_no_request_for_a_foreign_host(supabase, host):
    key = {"apikey": supabase.secret_key}
    for method in ("GET", "OPTIONS", "POST"):
        path = "/rest/v1/mesh_documents"
        assert is_refused(supabase.port, key, method=method, path=path, host=host)
    assert supabase.requests.to() == []


@pytest.mark.parametrize("headers", PAGES.values(), ids=PAGES)
def test_the_gateway_takes_no_request_of_a_web_page(supabase, headers):
    key = {"apikey": supabase.secret_key}
    for method in ("GET", "OPTIONS", "POST"):
        path = "/rest/v1/mesh_documents"
        assert is_refused(supabase.port, {**key, **headers}, method=method, path=path)
    assert supabase.requests.to() == []


def test_the_gateways_answers_have_no_cors_headers(supabase):
    key = {"apikey": supabase.secret_key}
    for path, status in (("/rest/v1/mesh_documents", 200), ("/auth/v1/.well-known/jwks.json", 200)):
        answered, told, _ = ask(supabase.port, key, method="GET", path=path)
        assert answered == status
        assert not [name for name in told if name.startswith("access-control-")]
    _, told, _ = ask(supabase.port, key, method="OPTIONS", path="/rest/v1/mesh_documents")
    assert not [name for name in told if name.startswith("access-control-")]
