"""People, programs and employees get in, with a certified issuer of a private authority.

One deployment behind a Function URL on a local AWS. People use a browser to sign in.
"""

from __future__ import annotations

import asyncio
import json
import ssl
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import httpx2
import pytest
from mcp import Client
from mcp.client.auth.extensions.client_credentials import ClientCredentialsOAuthProvider
from mcp.client.auth.extensions.identity_assertion import IdentityAssertionOAuthProvider
from mcp.client.streamable_http import streamable_http_client

from benchmarks.starts.authority import chain
from mesh.build.environment import ROOT
from tests.acceptance.clients.conftest import served_at
from tests.fixtures import node
from tests.fixtures.certified import SECRET, certified_issuer
from tests.fixtures.clients.programs.python_signs_in import Storage
from tests.fixtures.clients.real_clients import PROGRAMS
from tests.fixtures.issuer import Issuer

SECONDS = 120
TOKEN_SECONDS = 4
QUESTION = {"query": "Terraform"}


@dataclass(frozen=True)
class Place:
    """A server, its issuer, and who else there is.

    Attributes:
        url: of the server's MCP endpoint.
        issuer: of the access tokens.
        identity: of the employees: an identity provider that the issuer trusts.
        authority: PEM file of the certificate that all of their certificates come from.
        document: address of a client's metadata document.
    """

    url: str
    issuer: str
    identity: Issuer
    authority: Path
    document: str

    @property
    def context(self) -> ssl.SSLContext:
        """Trusts the authority."""
        return ssl.create_default_context(cafile=str(self.authority))


@contextmanager
def metadata_document(certificate: Path) -> Iterator[str]:
    """Publish a client's metadata document; gives its address."""
    said: dict[str, Any] = {}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = json.dumps(said).encode()
            self.send_response(200)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_arguments: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    address = f"https://127.0.0.1:{server.server_port}/client.json"
    said |= {
        "client_id": address,
        "client_name": "A client with a document",
        "redirect_uris": ["http://127.0.0.1/callback"],
        "grant_types": ["authorization_code", "refresh_token"],
        "response_types": ["code"],
        "token_endpoint_auth_method": "none",
        "application_type": "native",
    }
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield address
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture(scope="module")
def place(aws_of_clients, mesh_zip, tmp_path_factory) -> Iterator[Place]:
    folder = tmp_path_factory.mktemp("authority")
    root, server = chain()
    authority, certificate = folder / "root.pem", folder / "server.pem"
    authority.write_bytes(root)
    certificate.write_bytes(server)
    with ExitStack() as running:
        identity = running.enter_context(Issuer())
        issuer = running.enter_context(
            certified_issuer(
                identity, certificate=certificate, authority=authority, seconds=TOKEN_SECONDS
            )
        )
        url = served_at(
            aws_of_clients,
            "signed-in",
            "NONE",
            mesh_zip,
            MESH_AUTH="oauth",
            MESH_OAUTH_ISSUER=issuer,
            MESH_OAUTH_ISSUER_CA=root.decode(),
            MESH_OAUTH_SCOPES="mesh offline_access",
            MESH_OAUTH_REQUIRED_SCOPES="mesh",
            MESH_TOOL_SCOPES='{"search_code_files": ["code"]}',
        )
        document = running.enter_context(metadata_document(certificate))
        yield Place(f"{url}mcp", issuer, identity, authority, document)


def sign_in(browser, address: str) -> None:
    """Somebody signs in and consents."""
    page = browser.new_context(ignore_https_errors=True).new_page()
    page.goto(address)
    page.fill("input[name=login]", "ada")
    page.fill("input[name=password]", "any")
    page.click("button[type=submit]")
    page.click("button[type=submit]")
    page.wait_for_url("http://127.0.0.1:*/callback*")


@pytest.mark.parametrize("way", ["registration", "a known client", "its document"])
def test_a_user_signs_in_as_the_command_asks(chromium, place, way):
    options = {
        "registration": [],
        "a known client": ["--client-id", "known"],
        "its document": ["--client-id", place.document],
    }[way]
    command = ["-m", "mesh", "doctor", "auth", "--json", "--no-browser"]
    with (
        subprocess.Popen(
            [sys.executable, *command, "--ca", str(place.authority), *options, place.url],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as doctor,
        chromium() as browser,
    ):
        try:
            assert doctor.stderr is not None
            told = doctor.stderr.readline()
            assert told == "Open this address and sign in:\n", doctor.communicate()
            sign_in(browser, doctor.stderr.readline().strip())
            said, _ = doctor.communicate(timeout=SECONDS)
        finally:
            doctor.kill()
    answers = json.loads(said)["answers"]
    states = {step: answer["state"] for step, answer in answers.items()}
    assert doctor.returncode == 0, answers
    for step in ("function", "client", "sign-in", "accepted", "call", "refresh"):
        assert states[step] == "ok", answers[step]
    assert answers["token"]["aud"] == [place.url]


def client_program(place: Place, name: str) -> list[str]:
    """The command of an official client that is known by its document, or registers itself."""
    if name == "Python":
        program = PROGRAMS / "python_signs_in.py"
        return [sys.executable, str(program), place.url, str(place.authority), place.document]
    return [node.node(), "typescript_signs_in.mjs", place.url, str(place.authority)]


@pytest.mark.parametrize("name", ["Python", "TypeScript"])
def test_the_official_clients_sign_in_call_and_get_new_tokens(chromium, place, name):
    command = client_program(place, name)
    with tempfile.TemporaryDirectory(dir=node.FOLDER) as folder:
        (Path(folder) / "typescript_signs_in.mjs").write_text(
            (PROGRAMS / "typescript_signs_in.mjs").read_text()
        )
        trusted = {"NODE_EXTRA_CA_CERTS": str(place.authority), "PYTHONPATH": str(ROOT)}
        with (
            subprocess.Popen(
                command,
                cwd=folder,
                env=node.environment() | trusted,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            ) as program,
            chromium() as browser,
        ):
            try:
                assert program.stdout is not None
                address = program.stdout.readline().strip()
                assert address.startswith(place.issuer), program.communicate()
                sign_in(browser, address)
                said, failed = program.communicate(timeout=SECONDS)
            finally:
                program.kill()
    assert program.returncode == 0, failed
    seen = json.loads(said.splitlines()[-1])
    assert json.loads(seen["found"])["hits"]
    assert seen["refreshed"]
    assert (seen["client"] == place.document) == (name == "Python")


async def restored(response: httpx2.Response) -> None:
    """Give the challenge its name again, as a domain of one's own does."""
    challenge = response.headers.get("x-amzn-remapped-www-authenticate")
    if challenge:
        response.headers["www-authenticate"] = challenge


def called(
    place: Place, provider: httpx2.Auth, tool: str = "search_knowledge", *, by_domain: bool = False
) -> Any:
    """What a tool answers a program with these credentials."""
    hooks = {"response": [restored] if by_domain else []}

    async def call() -> Any:
        async with (
            httpx2.AsyncClient(
                auth=provider, verify=place.context, timeout=SECONDS, event_hooks=hooks
            ) as http,
            Client(streamable_http_client(place.url, http_client=http)) as client,
        ):
            return await client.call_tool(tool, QUESTION)

    return asyncio.run(call())


def machine(place: Place, scope: str) -> ClientCredentialsOAuthProvider:
    return ClientCredentialsOAuthProvider(
        place.url, Storage(), "machine", SECRET, scope=scope, issuer=place.issuer
    )


def test_a_program_gets_in_by_itself_with_client_credentials(place):
    found = called(place, machine(place, "mesh"))
    assert json.loads(found.content[0].text)["hits"]


def test_a_client_that_sees_the_challenge_asks_for_the_scope_of_a_tool(place):
    provider = machine(place, "mesh")
    found = called(place, provider, "search_code_files", by_domain=True)
    assert "hits" in json.loads(found.content[0].text)
    tokens = provider.context.current_tokens
    assert tokens is not None
    assert "code" in str(tokens.scope).split()


def own_token(place: Place, resource: str, scope: str) -> str:
    """A token of a program, for a resource."""
    form = {"grant_type": "client_credentials", "scope": scope, "resource": resource}
    reply = httpx.post(
        f"{place.issuer}/token",
        data=form,
        auth=("machine", SECRET),
        verify=place.context,
        timeout=SECONDS,
    )
    return str(reply.json()["access_token"])


def refusal(place: Place, token: str, method: str = "initialize", **params: Any) -> tuple[int, str]:
    """The status and words with which a call with this token is refused."""
    reply = httpx.post(
        place.url,
        json={"jsonrpc": "2.0", "id": 1, "method": method, "params": params},
        headers={
            "authorization": f"Bearer {token}",
            "accept": "application/json, text/event-stream",
        },
        timeout=SECONDS,
    )
    return reply.status_code, reply.json()["error"]["message"]


def test_tokens_are_refused_with_words_because_function_urls_rename_the_header(place):
    token = own_token(place, "https://other.example/mcp", "mesh")
    status, said = refusal(place, token)
    assert (status, "its audience is not this one" in said) == (401, True)

    status, said = refusal(place, own_token(place, place.url, "code"))
    assert (status, "not granted what is needed: mesh" in said) == (403, True)

    calls = {"name": "search_code_files", "arguments": QUESTION}
    status, said = refusal(place, own_token(place, place.url, "mesh"), "tools/call", **calls)
    assert (status, "code" in said) == (403, True)


def id_jag(place: Place, *, key_id: str = "es256", typ: str = "oauth-id-jag+jwt", **claims: Any):
    """What an identity provider exchanges an employee's ID token for."""
    said = {
        "sub": "ada@example.com",
        "client_id": "employee",
        "resource": place.url,
        "scope": "mesh",
        "jti": str(time.time_ns()),
        "role": None,
        "session_id": None,
    }
    return place.identity.token(place.issuer, key_id=key_id, headers={"typ": typ}, **said | claims)


def employee(place: Place, **said: Any) -> IdentityAssertionOAuthProvider:
    async def asked(audience: str, resource: str) -> str:
        assert (audience, resource) == (place.issuer, place.url)
        return str(id_jag(place, **said))

    return IdentityAssertionOAuthProvider(
        place.url, Storage(), "employee", SECRET, place.issuer, asked, scope="mesh"
    )


def test_an_employee_gets_in_by_the_word_of_the_employers_identity_provider(place):
    found = called(place, employee(place))
    assert json.loads(found.content[0].text)["hits"]
    metadata = httpx.get(
        f"{place.issuer}/.well-known/oauth-authorization-server",
        verify=place.context,
        timeout=SECONDS,
    ).json()
    assert "urn:ietf:params:oauth:grant-type:jwt-bearer" in metadata["grant_types_supported"]


def test_the_word_itself_is_no_access_token(place):
    status, said = refusal(place, id_jag(place))
    assert status == 401
    assert "an issuer that this server does not trust" in said
    with pytest.raises(BaseExceptionGroup) as refused:
        called(place, employee(place, client_id="somebody else"))
    assert "invalid_grant" in repr(refused.value.exceptions)
