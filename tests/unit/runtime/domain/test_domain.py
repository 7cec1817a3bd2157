"""Behind a domain: what did not come through it is refused, and what did is seen as it was sent."""

import json
from copy import replace

import pytest
from fastmcp.server.dependencies import get_http_request

from mcp_app.knowledge.embedded.backend import EmbeddedBackend
from mcp_app.server import build_server
from mesh.runtime.access.api_keys import KeyRing, generate
from mesh.runtime.access.api_keys import digest as key_digest
from mesh.runtime.config.oauth_settings import OAuthSettings
from mesh.runtime.domain.domain_secrets import origin_secrets
from mesh.runtime.domain.origin_secret import (
    HEADER,
    VIEWER_HEADER,
    OriginSecrets,
    OriginSecretUnavailableError,
    digest,
    parse,
    refusal,
)
from mesh.runtime.http.app import build_app
from mesh.runtime.http.instance import Instance
from tests.fixtures.instances import Client

URL = "https://mesh.example.com/"
FUNCTION_URL = "https://abc.lambda-url.us-east-1.on.aws/"
SECRET, NEXT, WRONG = "mesh_origin_one", "mesh_origin_two", "mesh_origin_none"
THROUGH = {HEADER: SECRET, VIEWER_HEADER: "203.0.113.9"}
PATHS = ("/", "/health", "/ready", "/mcp", "/rpc", "/nowhere")
ARN = "arn:aws:sts::123456789012:assumed-role/release/ci"
PING = {"jsonrpc": "2.0", "id": 1, "method": "ping"}


def stored(*values):
    entries = [{"sha256": digest(value), "created": "2026-11-22T10:00:00Z"} for value in values]
    return json.dumps({"secrets": entries})


class Parameter:
    """What the SSM parameter holds, and how often it was read."""

    def __init__(self, content):
        self.content = content
        self.reads = 0
        self.now = 1000.0

    def read(self):
        self.reads += 1
        if self.content is None:
            raise OriginSecretUnavailableError("SSM parameter /p could not be read: TimeoutError")
        return self.content

    def secrets(self):
        return OriginSecrets(
            self.read, source="SSM parameter /p", ttl_seconds=60, clock=lambda: self.now
        )


@pytest.fixture
def parameter():
    return Parameter(stored(SECRET))


@pytest.fixture
def behind(settings):
    return replace(settings, public_url=URL, origin_secret_parameter="/p")


@pytest.fixture
def server(start_instance, behind, parameter):
    return start_instance(behind, origin=parameter.secrets())


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("sent", [{}, {HEADER: ""}, {HEADER: WRONG}, {HEADER: digest(SECRET)}])
def test_what_comes_to_the_function_url_directly_is_told_where_to_go(server, path, sent):
    reply = server.request("POST" if path in {"/mcp", "/rpc"} else "GET", path, headers=sent)
    assert reply.status == 403
    assert URL in reply.json["error"]["message"]
    assert SECRET not in reply.text


def test_what_comes_through_the_domain_is_answered(server):
    assert server.request("GET", "/health", headers=THROUGH).status == 200
    assert server.request("POST", "/rpc", PING, headers=THROUGH).json["result"] == {}


def test_the_way_through_the_domain_is_no_credential(server):
    reply = Client(server._answer, None).request("POST", "/rpc", PING, headers=THROUGH)
    assert reply.status == 401


def test_the_candidate_is_reached_with_a_signature_and_without_the_domain(server):
    reply = server.request("GET", "/health", iam_arn=ARN)
    assert reply.status == 200
    page = server.request("GET", "/", iam_arn=ARN).text
    assert FUNCTION_URL in page
    assert URL not in page


def test_the_page_shows_the_domain(server):
    page = server.request("GET", "/", headers=THROUGH).text
    assert f"{URL}mcp" in page
    assert FUNCTION_URL not in page


def test_a_page_of_the_domain_itself_may_call(server):
    own = THROUGH | {"origin": "https://mesh.example.com"}
    assert server.request("POST", "/rpc", PING, headers=own).status == 200
    other = THROUGH | {"origin": "https://abc.lambda-url.us-east-1.on.aws"}
    assert server.request("POST", "/rpc", PING, headers=other).status == 403


def test_two_values_are_valid_while_one_replaces_the_other(server, parameter):
    parameter.content = stored(SECRET, NEXT)
    for value in (SECRET, NEXT):
        assert server.request("GET", "/health", headers={HEADER: value}).status == 200
    parameter.content = stored(NEXT)
    parameter.now += 61
    assert server.request("GET", "/health", headers={HEADER: SECRET}).status == 403


def test_hashes_are_read_once_in_their_time(server, parameter):
    for _ in range(5):
        server.request("GET", "/health", headers=THROUGH)
    assert parameter.reads == 1
    parameter.now += 61
    server.request("GET", "/health", headers=THROUGH)
    assert parameter.reads == 2


def test_a_new_secret_is_valid_at_once(server, parameter):
    server.request("GET", "/health", headers=THROUGH)
    parameter.content = stored(SECRET, NEXT)
    parameter.now += 1
    for value in (NEXT, SECRET):
        assert server.request("GET", "/health", headers={HEADER: value}).status == 200
    assert parameter.reads == 2


def test_who_goes_around_the_domain_cannot_make_it_read(server, parameter):
    server.request("GET", "/health", headers=THROUGH)
    for _ in range(50):
        parameter.now += 0.1
        assert server.request("GET", "/health", headers={HEADER: WRONG}).status == 403
    assert parameter.reads == 4


def test_the_secret_reaches_nothing_behind_the_domain(behind, parameter):
    """A tool may show the headers that it was called with."""
    backend = EmbeddedBackend(behind.index)
    server = build_server(behind, backend)

    @server.tool
    def headers() -> dict[str, str]:
        """The request's headers."""
        return dict(get_http_request().headers)

    key = generate()
    entry = {"name": "k", "sha256": key_digest(key), "last4": key[-4:], "created": "2026"}
    keys = json.dumps({"keys": [entry]})
    ring = KeyRing(lambda: keys, source="SSM parameter /k", ttl_seconds=60)
    app = build_app(server, behind, ring, origin_secrets=parameter.secrets())
    instance = Instance(app)
    try:
        client = Client(lambda event: instance.answer(event, None), key)
        call = {"name": "headers", "arguments": {}}
        message = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": call}
        reply = client.request("POST", "/mcp", message, headers={**THROUGH, "x-mine": "mine"})
    finally:
        instance.close()
    seen = reply.json["result"]["structuredContent"]
    assert seen["x-mine"] == "mine"
    assert seen["host"] == "mesh.example.com"
    assert not seen.keys() & {HEADER, VIEWER_HEADER}
    assert SECRET not in reply.text


def test_requests_without_the_header_cost_no_read(server, parameter):
    server.request("GET", "/health")
    assert parameter.reads == 0


@pytest.mark.parametrize("content", [None, "{}", '{"secrets": []}', "nonsense", '{"secrets": [1]}'])
def test_what_cannot_be_checked_is_not_let_through(server, parameter, content):
    server.request("GET", "/health", headers=THROUGH)
    parameter.content = content
    parameter.now += 61
    reply = server.request("GET", "/health", headers=THROUGH)
    assert reply.status == 503
    assert "/p" in reply.json["error"]["message"]
    parameter.content = stored(SECRET)
    parameter.now += 1
    assert server.request("GET", "/health", headers=THROUGH).status == 200


def test_before_the_first_secret_it_is_said_what_to_run(server, parameter):
    parameter.content = "{}"
    message = server.request("GET", "/health", headers=THROUGH).json["error"]["message"]
    assert "`mesh domain rotate`" in message


def test_callers_of_an_open_server_are_told_apart_by_their_own_address(
    start_instance, behind, parameter
):
    open_to_all = replace(behind, auth="none", rate_limit_per_minute=1)
    server = Client(start_instance(open_to_all, origin=parameter.secrets())._answer, None)
    first, second = (THROUGH | {VIEWER_HEADER: ip} for ip in ("203.0.113.9", "203.0.113.10"))
    answers = [
        server.request("POST", "/rpc", PING, headers=sent) for sent in (first, second, first)
    ]
    assert [reply.status for reply in answers] == [200, 200, 429]


def test_neither_the_secret_nor_a_refused_value_reaches_the_log(server, caplog):
    caplog.set_level("DEBUG")
    server.request("POST", "/rpc", PING, headers=THROUGH)
    server.request("POST", "/rpc", PING, headers={HEADER: WRONG})
    written = caplog.text + str([vars(record) for record in caplog.records])
    assert "refused" in written
    assert SECRET not in written
    assert WRONG not in written


def test_while_clients_move_the_function_url_answers_too(start_instance, settings):
    server = start_instance(replace(settings, public_url=URL))
    assert server.request("POST", "/rpc", PING).status == 200
    assert f"{URL}mcp" in server.request("GET", "/").text


def test_oauth_knows_the_domain_as_the_resource(start_instance, behind, parameter):
    oauth = replace(behind, auth="both", oauth=OAuthSettings("https://id.example.com"))
    server = Client(start_instance(oauth, origin=parameter.secrets())._answer, None)
    where = "/.well-known/oauth-protected-resource/mcp"
    assert server.request("GET", where, headers=THROUGH).json["resource"] == f"{URL}mcp"
    challenge = server.request("POST", "/mcp", PING, headers=THROUGH).headers["www-authenticate"]
    assert f'resource_metadata="{URL}.well-known/oauth-protected-resource/mcp"' in challenge
    assert server.request("GET", where).status == 403


def test_a_demand_that_nothing_could_check_starts_no_server(behind):
    with pytest.raises(ValueError, match="nothing could prove it"):
        build_app(None, behind, None)  # type: ignore[arg-type]


def test_without_the_parameter_there_is_nothing_to_check(settings, behind):
    assert origin_secrets(settings, None) is None
    assert origin_secrets(behind, None) is not None


def test_the_check_of_one_request_needs_nothing_else(parameter):
    secrets = parameter.secrets()
    assert refusal(secrets, SECRET, signed=False, address=URL) is None
    assert refusal(secrets, None, signed=True, address=URL) is None
    assert refusal(secrets, WRONG, signed=False, address=URL) == (
        403,
        f"This server is at {URL} and answers no requests that do not come from there.",
    )


def test_a_copy_of_a_snapshot_reads_anew(parameter):
    secrets = parameter.secrets()
    secrets.accepts(SECRET)
    secrets.forget()
    assert not secrets.fresh
    assert secrets.accepts(SECRET)
    assert parameter.reads == 2


def test_a_clock_that_was_set_back_makes_it_read_again(parameter):
    secrets = parameter.secrets()
    assert secrets.accepts(SECRET)
    parameter.now -= 3600
    assert not secrets.fresh


def test_the_placeholder_of_terraform_holds_no_secret():
    assert parse("{}") == ()
