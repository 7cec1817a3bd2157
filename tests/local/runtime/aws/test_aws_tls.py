"""Which authorities a connection to AWS trusts, with the library's and CPython's own modules."""

import socket
import ssl
import threading
import time
from contextlib import contextmanager

import certifi
import pytest

from benchmarks.starts.authority import chain
from mesh.runtime.aws import aws_tls, light_tls, tls
from mesh.runtime.aws.http_exchange import ExchangeError, get, post

HOST = "127.0.0.1"
FIRST = "Amazon Root CA 1"


@pytest.fixture(params=["the library's", "CPython's own"])
def modules(request, monkeypatch):
    """What connections are made with; the library's where CPython's own modules are missing."""
    if request.param == "the library's":
        monkeypatch.setattr(light_tls, "create_connection", socket.create_connection)
        monkeypatch.setattr(light_tls, "create_default_context", ssl.create_default_context)


@pytest.fixture(autouse=True)
def nobody_said(monkeypatch):
    """No instance has connected yet, and nobody has said which authorities to trust."""
    monkeypatch.setattr(aws_tls, "_kept", None)
    monkeypatch.setattr(tls, "_context", None)
    monkeypatch.setattr(tls, "_light_contexts", {})
    for name in (*aws_tls.SAID, *aws_tls.BUNDLES):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(scope="module")
def pems(tmp_path_factory):
    """Files of a root, and of a server's key and chain."""
    folder = tmp_path_factory.mktemp("tls")
    root, server = chain()
    (folder / "root.pem").write_bytes(root)
    (folder / "server.pem").write_bytes(server)
    return folder / "root.pem", folder / "server.pem"


@contextmanager
def serving(certificate, answer=b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"):
    """A server: its port, and what came of each connection to it."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    listener = socket.create_server((HOST, 0))
    came: list[str] = []
    over = threading.Event()

    def serve():
        while True:
            plain, _ = listener.accept()
            if over.is_set():
                plain.close()
                return
            plain.settimeout(5)
            try:
                with context.wrap_socket(plain, server_side=True) as connection:
                    read = b""
                    while b"\r\n\r\n" not in read:
                        read += connection.recv(65536)
                    came.append(connection.version() or "no TLS")
                    connection.sendall(answer)
            except (OSError, ValueError):
                came.append("refused")

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    port = listener.getsockname()[1]
    try:
        yield port, came
    finally:
        over.set()
        socket.create_connection((HOST, port), 10).close()
        thread.join(10)
        listener.close()


def ask(port, host=HOST):
    return post(f"https://{host}:{port}", {"host": "h"}, b"{}", 20)


@pytest.mark.usefixtures("modules")
def test_amazons_first_root_is_enough(pems, monkeypatch):
    root, server = pems
    monkeypatch.setattr(aws_tls, "FIRST_ROOT", str(root))
    with serving(server) as (port, came):
        assert ask(port) == (200, b"ok")
        assert ask(port) == (200, b"ok")
    assert came == ["TLSv1.3", "TLSv1.3"]


@pytest.mark.usefixtures("modules")
def test_what_it_did_not_sign_is_checked_with_all_of_amazons(pems, monkeypatch):
    root, server = pems
    monkeypatch.setattr(aws_tls, "ROOTS", str(root))
    with serving(server) as (port, came):
        assert ask(port) == (200, b"ok")
        # From then on these are asked at once.
        assert ask(port) == (200, b"ok")
    assert came == ["refused", "TLSv1.3", "TLSv1.3"]


@pytest.mark.usefixtures("modules")
def test_what_none_of_them_signed_is_checked_with_the_machines_authorities(pems, monkeypatch):
    root, server = pems
    # OpenSSL reads this; that somebody set it is not seen.
    monkeypatch.setattr(aws_tls, "SAID", ())
    monkeypatch.setenv("SSL_CERT_FILE", str(root))
    with serving(server) as (port, came):
        assert ask(port) == (200, b"ok")
        # From then on these are asked at once.
        assert ask(port) == (200, b"ok")
    assert came == ["refused", "refused", "TLSv1.3", "TLSv1.3"]


@pytest.fixture(scope="module")
def other(tmp_path_factory):
    """Files of another root, and of a server's key and chain below it."""
    folder = tmp_path_factory.mktemp("other")
    root, server = chain()
    (folder / "root.pem").write_bytes(root)
    (folder / "server.pem").write_bytes(server)
    return folder / "root.pem", folder / "server.pem"


@pytest.mark.usefixtures("modules")
@pytest.mark.parametrize("wider", ["ROOTS", "the machine's"])
def test_a_chain_that_changes_is_followed_there_and_back(pems, other, monkeypatch, wider):
    monkeypatch.setattr(aws_tls, "FIRST_ROOT", str(pems[0]))
    if wider == "ROOTS":
        monkeypatch.setattr(aws_tls, "ROOTS", str(other[0]))
        tried = ["refused"]
    else:
        monkeypatch.setattr(aws_tls, "SAID", ())
        monkeypatch.setenv("SSL_CERT_FILE", str(other[0]))
        tried = ["refused", "refused"]
    with serving(pems[1]) as (first, came_first), serving(other[1]) as (second, came_second):
        for _ in range(2):
            for port in (first, first, second, second):
                assert ask(port) == (200, b"ok")
    assert came_first == ["TLSv1.3"] * 2 + ["refused"] + ["TLSv1.3"] * 2
    assert came_second == [*tried, "TLSv1.3", "TLSv1.3"] * 2


@pytest.mark.usefixtures("modules")
@pytest.mark.parametrize("variable", ["AWS_CA_BUNDLE", "REQUESTS_CA_BUNDLE"])
def test_a_bundle_for_aws_is_the_only_authority(pems, other, monkeypatch, variable):
    monkeypatch.setattr(aws_tls, "FIRST_ROOT", str(pems[0]))
    monkeypatch.setenv("SSL_CERT_FILE", str(pems[0]))
    monkeypatch.setenv(variable, str(other[0]))
    with serving(other[1]) as (port, came):
        assert ask(port) == (200, b"ok")
    assert came == ["TLSv1.3"]
    refused = pytest.raises(ExchangeError, match="SSLCertVerificationError")
    with serving(pems[1]) as (port, came), refused:
        ask(port)
    assert came == ["refused"]


@pytest.mark.usefixtures("modules")
@pytest.mark.parametrize("content", [None, "no certificate"])
def test_a_bundle_that_cannot_be_read_is_named(tmp_path, monkeypatch, content):
    bundle = tmp_path / "bundle.pem"
    if content is not None:
        bundle.write_text(content)
    monkeypatch.setenv("AWS_CA_BUNDLE", str(bundle))
    with pytest.raises(ExchangeError, match=f"AWS_CA_BUNDLE names {bundle}, which is not"):
        ask(9)


@pytest.mark.usefixtures("modules")
def test_nothing_is_sent_to_a_server_that_nobody_trusts(pems):
    _, server = pems
    refused = pytest.raises(ExchangeError, match="SSLCertVerificationError")
    with serving(server) as (port, came), refused:
        ask(port)
    assert came == ["refused"] * 3


@pytest.mark.usefixtures("modules")
def test_who_says_whom_to_trust_is_asked_alone(pems, monkeypatch):
    root, server = pems
    monkeypatch.setattr(aws_tls, "FIRST_ROOT", str(root))
    monkeypatch.setenv("SSL_CERT_FILE", certifi.where())
    refused = pytest.raises(ExchangeError, match="SSLCertVerificationError")
    with serving(server) as (port, came), refused:
        ask(port)
    assert came == ["refused"]


@pytest.mark.usefixtures("modules")
def test_the_certificate_has_to_be_for_the_host(pems, monkeypatch):
    root, server = pems
    monkeypatch.setattr(aws_tls, "FIRST_ROOT", str(root))
    with serving(server) as (port, _), pytest.raises(ExchangeError, match="SSLCertVerif"):
        ask(port, "localhost")


@pytest.mark.usefixtures("modules")
def test_a_server_without_tls_is_an_error():
    listener = socket.create_server((HOST, 0))

    def serve():
        connection, _ = listener.accept()
        with connection:
            connection.recv(65536)
            connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        with pytest.raises(ExchangeError, match="SSLError"):
            ask(listener.getsockname()[1])
    finally:
        thread.join(10)
        listener.close()


@pytest.mark.usefixtures("modules")
def test_a_server_that_says_nothing_is_not_waited_for():
    with socket.create_server((HOST, 0)) as listener:
        port = listener.getsockname()[1]
        with pytest.raises(ExchangeError, match="TimeoutError"):
            post(f"https://{HOST}:{port}", {"host": "h"}, b"", 0.3)


@pytest.mark.usefixtures("modules")
def test_an_answer_in_many_records_comes_whole(pems, monkeypatch):
    root, server = pems
    monkeypatch.setattr(aws_tls, "FIRST_ROOT", str(root))
    body = b"x" * 300_000
    answer = b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n%s" % (len(body), body)
    with serving(server, answer) as (port, _):
        assert ask(port) == (200, body)


def test_cpythons_own_module_checks_as_the_library_does():
    library = ssl.create_default_context(cafile=aws_tls.ROOTS)
    settings = light_tls.create_default_context(cafile=aws_tls.ROOTS).settings
    for name in ("options", "verify_flags", "verify_mode", "check_hostname", "security_level"):
        assert getattr(settings, name) == getattr(library, name), name
    for name in ("minimum_version", "maximum_version"):
        assert getattr(settings, name) == getattr(library, name), name
    assert settings.get_ciphers() == library.get_ciphers()
    assert settings.cert_store_stats() == library.cert_store_stats()


def test_cpythons_own_module_trusts_the_machines_authorities_as_the_library_does(monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", certifi.where())
    settings = light_tls.create_default_context().settings
    assert settings.cert_store_stats() == ssl.create_default_context().cert_store_stats()


@pytest.mark.usefixtures("modules")
def test_an_issuer_is_trusted_if_the_machine_trusts_it_and_not_as_aws_is(pems, other, monkeypatch):
    root, server = pems
    monkeypatch.setattr(aws_tls, "FIRST_ROOT", str(other[0]))
    monkeypatch.setenv("AWS_CA_BUNDLE", str(other[0]))
    monkeypatch.setenv("SSL_CERT_FILE", str(root))
    with serving(server) as (port, came):
        assert get(f"https://{HOST}:{port}/keys", {}, 20, 100, tls.connect) == (200, b"ok")
    assert came == ["TLSv1.3"]
    refused = pytest.raises(ExchangeError, match="SSLCertVerificationError")
    with serving(other[1]) as (port, came), refused:
        get(f"https://{HOST}:{port}/keys", {}, 20, 100, tls.connect)
    assert came == ["refused"]


def test_cpythons_own_module_connects_to_whichever_address_answers():
    with socket.create_server((HOST, 0)) as listener:
        port = listener.getsockname()[1]
        # Some systems have ::1 first.
        connection = light_tls.create_connection(("localhost", port), 20)
        assert connection.getpeername()[1] == port
        assert connection.gettimeout() == 20
        connection.close()
    with pytest.raises(ConnectionRefusedError):
        light_tls.create_connection((HOST, port), 20)
    with pytest.raises(OSError, match=r"[Nn]ame"):
        light_tls.create_connection(("nowhere.invalid", 443), 20)


def test_amazons_roots_are_the_five_that_browsers_trust_too():
    roots, trusted = (
        ssl.create_default_context(cafile=file).get_ca_certs()
        for file in (aws_tls.ROOTS, certifi.where())
    )
    assert len(roots) == 5
    assert ssl.create_default_context(cafile=aws_tls.FIRST_ROOT).get_ca_certs() == roots[:1]
    assert (("commonName", FIRST),) in roots[0]["subject"]
    for root in roots:
        assert root in trusted
        years = (ssl.cert_time_to_seconds(str(root["notAfter"])) - time.time()) / (365 * 24 * 3600)
        assert years > 5, root
