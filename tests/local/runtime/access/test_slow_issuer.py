"""An issuer that answers slowly, or not at all, holds up nobody but who needs its answer."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Iterator
from copy import replace
from http.server import BaseHTTPRequestHandler

import httpx2
import pytest

from mesh.runtime.config.oauth_settings import OAuthSettings
from mesh.runtime.oauth import signing_keys
from mesh.runtime.oauth.signing_keys import IssuerUnavailableError, SigningKeys
from tests.fixtures.instances import KEY, Client
from tests.fixtures.issuer import Issuer
from tests.local.runtime.access.conftest import AUDIENCE, URL

PING = {"method": "ping"}
# Seconds between two bytes; a limit for each read would have to be shorter to see it.
PAUSE_SECONDS = 0.05
BYTES = 4000


class TricklingIssuer(Issuer):
    """Sends a byte now and then while it is told to; what it sends is right in the end.

    Attributes:
        trickling: Whether it does.
        part: `headers` or `body`, which comes slowly.
        came: Set when a request has come that is answered slowly.
        holding: While it is not set, answers wait for it.
    """

    def __init__(self) -> None:
        super().__init__()
        self.trickling = False
        self.part = "body"
        self.came = threading.Event()
        self.stop = threading.Event()
        self.hung_up = threading.Event()
        self.holding = threading.Event()
        self.holding.set()

    def get(self, path: str, handler: BaseHTTPRequestHandler) -> bool:
        if not self.holding.is_set():
            self.came.set()
            self.holding.wait(10)
        if not self.trickling:
            return super().get(path, handler)
        self.came.set()
        handler.wfile.write(b"HTTP/1.1 200 OK\r\n")
        if self.part == "body":
            handler.wfile.write(b"content-length: %d\r\n\r\n" % BYTES)
        try:
            for _ in range(BYTES):
                if self.stop.wait(PAUSE_SECONDS):
                    break
                handler.wfile.write(b" ")
                handler.wfile.flush()
        except OSError:
            self.hung_up.set()
        handler.close_connection = True
        return True


@pytest.fixture
def issuer() -> Iterator[TricklingIssuer]:
    with TricklingIssuer() as running:
        yield running
        running.stop.set()


class Clock:
    now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def keys(issuer, clock) -> SigningKeys:
    return SigningKeys(issuer.url, None, clock=clock)


@pytest.mark.parametrize("part", ["headers", "body"])
def test_a_byte_now_and_then_does_not_prolong_the_wait(oauth_server, issuer, monkeypatch, part):
    """It would take minutes in all: the limit is for everything together, not for a read."""
    monkeypatch.setattr(signing_keys, "FETCH_SECONDS", 0.5)
    issuer.trickling, issuer.part = True, part
    reply = Client(oauth_server()._answer, issuer.token(AUDIENCE)).request("POST", "/rpc", PING)
    assert reply.status == 503
    assert "did not answer within 0.5 seconds" in reply.json["error"]["message"]
    # The connection is not left open either.
    assert issuer.hung_up.wait(10)


def test_metadata_and_keys_share_one_limit(issuer, monkeypatch):
    monkeypatch.setattr(signing_keys, "FETCH_SECONDS", 0.5)
    waited: list[str] = []

    def get(url, _timeout_seconds):
        waited.append(url)
        issuer.stop.wait(0.4)
        return issuer.metadata()

    keys = SigningKeys(issuer.url, None, get=get)
    with pytest.raises(IssuerUnavailableError, match="did not answer"):
        keys.find("es256", "ES256")
    assert len(waited) == 2


def test_an_address_that_nobody_looks_up_is_waited_for_no_longer(issuer, monkeypatch):
    """The system's resolver has limits of its own, and longer ones."""
    monkeypatch.setattr(signing_keys, "FETCH_SECONDS", 0.2)

    def get(_url, _timeout_seconds):
        issuer.stop.wait(60)
        raise TimeoutError

    keys = SigningKeys(issuer.url, None, get=get)
    with pytest.raises(IssuerUnavailableError, match=r"did not answer within 0\.2 seconds"):
        keys.find("es256", "ES256")


async def until_asked(issuer: TricklingIssuer) -> None:
    assert await asyncio.to_thread(issuer.came.wait, 10)


class Asking(threading.Thread):
    """A caller who asks for a key, in a thread of its own.

    Attributes:
        found: What it got; None while it waits.
    """

    def __init__(self, keys: SigningKeys, key_id: str = "es256") -> None:
        super().__init__()
        self.found: object = None
        self._ask = lambda: keys.find(key_id, "ES256")
        self.start()

    def run(self) -> None:
        with contextlib.suppress(IssuerUnavailableError):
            self.found = self._ask()

    def end(self) -> object:
        self.join(10)
        assert not self.is_alive()
        return self.found


def test_known_keys_serve_while_an_unknown_one_is_looked_for(keys, issuer, clock):
    assert keys.find("es256", "ES256")
    clock.now += 60
    issuer.trickling = True
    unknown = Asking(keys, "new")
    assert issuer.came.wait(10)
    assert not keys.waits("es256", "ES256")
    assert keys.find("es256", "ES256")
    assert unknown.is_alive()
    issuer.stop.set()
    assert not unknown.end()


def test_old_keys_serve_while_new_ones_are_fetched(keys, issuer, clock):
    assert keys.find("es256", "ES256")
    clock.now += 601
    issuer.trickling = True
    first = Asking(keys)
    assert issuer.came.wait(10)
    assert keys.find("es256", "ES256")
    assert first.is_alive()
    # Beyond an hour they are trusted no more, whoever is waiting.
    clock.now += 3000
    assert keys.waits("es256", "ES256")
    issuer.stop.set()
    first.end()


def test_all_who_need_new_keys_share_one_fetch(keys, issuer):
    asking = [Asking(keys) for _ in range(20)]
    assert all(one.end() for one in asking)
    assert issuer.jwks_requests == 1


def test_a_client_that_leaves_does_not_end_the_fetch_for_others(new_instance, settings, issuer):
    oauth = OAuthSettings(issuer.url)
    instance = new_instance(replace(settings, auth="both", oauth=oauth))
    sent = {"authorization": f"Bearer {issuer.token(AUDIENCE)}"}

    async def status() -> int:
        transport = httpx2.ASGITransport(instance.app)
        async with httpx2.AsyncClient(transport=transport, base_url=URL) as client:
            return (await client.post("/rpc", json=PING, headers=sent)).status_code

    async def story() -> None:
        issuer.holding.clear()
        first = asyncio.create_task(status())
        await until_asked(issuer)
        second = asyncio.create_task(status())
        first.cancel()
        issuer.holding.set()
        assert await second == 200

    instance.run(story())
    assert issuer.jwks_requests == 1


def test_a_server_that_waits_for_the_issuer_answers_everybody_else(new_instance, settings, issuer):
    """Over one event loop, as the web server and response streaming have it."""
    oauth = OAuthSettings(issuer.url)
    instance = new_instance(replace(settings, auth="both", oauth=oauth))

    async def status(method: str, path: str, credential: str | None = None) -> int:
        headers = {"authorization": f"Bearer {credential}"} if credential else {}
        transport = httpx2.ASGITransport(instance.app)
        async with httpx2.AsyncClient(transport=transport, base_url=URL) as client:
            sent = PING if method == "POST" else None
            return (await client.request(method, path, json=sent, headers=headers)).status_code

    async def story() -> None:
        issuer.trickling = True
        waiting = asyncio.create_task(status("POST", "/rpc", issuer.token(AUDIENCE)))
        await until_asked(issuer)
        assert await status("POST", "/rpc", KEY) == 200
        assert await status("GET", "/health") == 200
        assert await status("POST", "/rpc") == 401
        assert not waiting.done()
        waiting.cancel()

    instance.run(story())
