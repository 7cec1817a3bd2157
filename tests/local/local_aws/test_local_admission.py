"""Which requests reach local AWS: those of programs on this machine, on every port it opens."""

import json
import socket
import sys

import httpx
import pytest

from tests.fixtures.admission import FOREIGN_HOSTS, OWN_HOSTS, PAGES, ask, is_refused
from tests.fixtures.deployed import ECHO, client, deploy, listening_addresses, wait_until

ASKING = {"access-control-request-method": "POST"}
METHODS = ("GET", "OPTIONS", "POST", "PUT", "DELETE")

pytestmark = pytest.mark.skipif(
    sys.platform != "linux", reason="the ports of a process are read from /proc"
)


@pytest.fixture(scope="module")
def ports(running):
    """Every port of local AWS, by what listens there: one instance runs."""
    function = deploy(running, ECHO, name="reached")
    assert function.get().status_code == 200
    endpoint, url = (
        int(address.rstrip("/").rpartition(":")[2]) for address in (running.endpoint, function.url)
    )
    others = {port for _, port in listening_addresses(running.pid)} - {endpoint, url}
    urls = {
        int(shown["url"].rstrip("/").rpartition(":")[2])
        for known in running.status()["functions"]
        for shown in known["urls"]
    }
    runtime_apis = others - urls
    assert runtime_apis, "an instance runs, and asks its Runtime API"
    return {"endpoint": endpoint, "url": url, "runtime_apis": runtime_apis}


def all_ports(ports):
    return [ports["endpoint"], ports["url"], *ports["runtime_apis"]]


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("host", FOREIGN_HOSTS.values(), ids=FOREIGN_HOSTS)
def test_no_port_takes_a_request_for_a_foreign_host(ports, host, method):
    for port in all_ports(ports):
        assert is_refused(port, {}, host=host, method=method), port


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("headers", PAGES.values(), ids=PAGES)
def test_no_port_but_a_function_url_takes_a_request_of_a_web_page(ports, headers, method):
    for port in (ports["endpoint"], *ports["runtime_apis"]):
        assert is_refused(port, headers, method=method), port
        assert is_refused(port, {**headers, **ASKING}, method=method), port


def test_a_foreign_host_is_refused_before_cors_settings_are_looked_at(deploy):
    function = deploy(ECHO)
    function.api.update_function_url_config(
        FunctionName=function.name,
        Qualifier="live",
        Cors={"AllowOrigins": ["*"], "AllowMethods": ["*"]},
    )
    port = int(function.url.rstrip("/").rpartition(":")[2])
    page = {"origin": "https://evil.example", **ASKING}
    for method in METHODS:
        assert is_refused(port, page, method=method, host=f"evil.example:{port}")
    assert "access-control-allow-origin" in ask(port, page, method="OPTIONS")[1]


@pytest.mark.parametrize(
    "path",
    ["/2018-06-01/runtime/invocation/next", "/2018-06-01/runtime/init/error"],
)
def test_a_page_cannot_disturb_an_instance(ports, running, path):
    """The instance waits at `/next`: whoever else asked there would get its invocation."""
    before = running.status()["instances"]
    for port in ports["runtime_apis"]:
        for method in ("GET", "POST"):
            assert is_refused(port, {"origin": "null"}, method=method, path=path)
            assert is_refused(port, {}, method=method, path=path, host="evil.example")
    assert running.status()["instances"] == before


def test_a_page_without_a_preflight_creates_no_function(running):
    """A form or `fetch` in mode no-cors sends exactly this."""
    wanted = {
        "FunctionName": "of-a-page",
        "Runtime": "python3.13",
        "Handler": "handler.handler",
        "Role": "arn:aws:iam::000000000000:role/any",
        "Code": {"ZipFile": ""},
    }
    sent = httpx.post(
        f"{running.endpoint}/2015-03-31/functions",
        content=json.dumps(wanted),
        headers={"origin": "https://evil.example", "content-type": "text/plain"},
    )
    assert sent.status_code == 403
    names = [
        found["FunctionName"] for found in client(running, "lambda").list_functions()["Functions"]
    ]
    assert "of-a-page" not in names


def test_a_page_cannot_call_an_action_in_an_address(running):
    """A page loads `<img src>` with a GET and no origin; IAM takes its actions in a query."""
    address = f"{running.endpoint}/?Action=CreateUser&UserName=of-a-page&Version=2010-05-08"
    assert httpx.get(address, headers={"sec-fetch-site": "cross-site"}).status_code == 403
    users = client(running, "iam")
    assert "of-a-page" not in [user["UserName"] for user in users.list_users()["Users"]]
    # Whoever types an address is no page.
    assert httpx.get(address, headers={"sec-fetch-site": "none"}).status_code == 200
    users.delete_user(UserName="of-a-page")


def test_a_page_cannot_open_a_web_socket(ports):
    request = (
        "GET /mqtt HTTP/1.1\r\nHost: iot.us-east-1.{host}\r\nUpgrade: websocket\r\n"
        "Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: mqtt\r\n{origin}\r\n"
    )
    port = ports["endpoint"]

    def status(host, origin=""):
        with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
            connection.sendall(request.format(host=host, origin=origin).encode())
            return int(connection.recv(100).split()[1])

    assert status(f"localhost:{port}") == 101
    assert status(f"localhost:{port}", "Origin: https://evil.example\r\n") == 403
    assert status(f"evil.example:{port}") == 403


def test_no_answer_of_the_endpoint_has_cors_headers(running):
    s3 = client(running, "s3")
    s3.create_bucket(Bucket="no-cors")
    s3.put_object(Bucket="no-cors", Key="k", Body=b"v")
    rule = {"AllowedMethods": ["GET"], "AllowedOrigins": ["*"]}
    s3.put_bucket_cors(Bucket="no-cors", CORSConfiguration={"CORSRules": [rule]})
    for method, path, status in (
        ("GET", "/no-cors/k", 200),
        ("HEAD", "/no-cors/k", 200),
        ("GET", "/no-cors/missing", 404),
        ("OPTIONS", "/no-cors/k", 200),
        ("GET", "/_ministack/health", 200),
        ("GET", "/_local_aws/status", 200),
        ("GET", "/2015-03-31/functions/missing", 404),
        ("POST", "/2015-03-31/functions/missing/invocations", 404),
        ("GET", "/_localstack/missing", 404),
    ):
        answer = httpx.request(method, running.endpoint + path)
        assert answer.status_code == status, path
        assert not [name for name in answer.headers if name.startswith("access-control-")], path


@pytest.mark.parametrize("host", OWN_HOSTS)
def test_names_of_this_machine_reach_every_port(ports, host):
    for port in all_ports(ports):
        assert ask(port, {}, method="GET", path="/x", host=f"{host}:{{port}}")[0] != 403


def test_a_bucket_is_reached_by_its_own_name(running, ports):
    s3 = client(running, "s3")
    s3.create_bucket(Bucket="by-name")
    s3.put_object(Bucket="by-name", Key="k", Body=b"v")
    for host in ("by-name.localhost", "by-name.s3.localhost", "by-name.s3.us-east-1.localhost"):
        asked = ask(ports["endpoint"], {}, method="GET", path="/k", host=f"{host}:{{port}}")
        assert (asked[0], asked[2]) == (200, b"v"), host


def test_the_log_says_who_was_refused(ports, tmp_path_factory):
    ask(ports["endpoint"], {}, host="evil.example:{port}")
    ask(ports["endpoint"], {"origin": "https://evil.example"})
    logs = list(tmp_path_factory.getbasetemp().glob("local-aws*/log.txt"))
    for said in ("the host [b'evil.example:", "a web page: origin b'https://evil.example'"):
        wait_until(lambda said=said: any(said in log.read_text() for log in logs))
