"""Secrets are read when needed, trusted for a while, and never used beyond it."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

import pytest

from mesh.runtime.aws.parameter_store import ParameterUnavailableError
from mesh.runtime.aws.secrets import Secret, SecretUnavailableError

NAME = "/mesh/test/openai-api-key"


class Store:
    """SSM with one parameter, and the clock that the secret has."""

    def __init__(self):
        self.value = "sk-first"
        self.reads = 0
        self.now = 0.0

    def read(self, name):
        assert name == NAME
        self.reads += 1
        if self.value is None:
            raise ParameterUnavailableError(f"SSM parameter {name} could not be read: Denied")
        return self.value


@pytest.fixture
def store():
    return Store()


@pytest.fixture
def secret(store):
    return Secret(NAME, ttl_seconds=60, read=store.read, clock=lambda: store.now)


def test_it_is_read_once_within_its_time(secret, store):
    assert [asyncio.run(secret.value()) for _ in range(3)] == ["sk-first"] * 3
    assert store.reads == 1


def test_a_new_value_is_seen_after_its_time(secret, store):
    asyncio.run(secret.value())
    store.value = " sk-second\n"
    store.now = 59.9
    assert asyncio.run(secret.value()) == "sk-first"
    store.now = 60
    assert asyncio.run(secret.value()) == "sk-second"


def test_what_was_read_before_is_not_used_when_it_cannot_be_read_again(secret, store):
    asyncio.run(secret.value())
    store.value = None
    store.now = 61
    with pytest.raises(SecretUnavailableError, match=f"{NAME} could not be read"):
        asyncio.run(secret.value())


@pytest.mark.parametrize("value", ["", "{}", " \n"])
def test_a_placeholder_is_no_secret_and_says_how_to_set_it(secret, store, value):
    store.value = value
    with pytest.raises(SecretUnavailableError, match="`mesh secrets set OPENAI_API_KEY`"):
        asyncio.run(secret.value())
    store.value = "sk-set"
    assert asyncio.run(secret.value()) == "sk-set"


def test_a_refused_secret_is_read_again_at_once(secret, store):
    assert asyncio.run(secret.value()) == "sk-first"
    assert asyncio.run(secret.replaced("sk-first")) is False
    assert store.reads == 2
    store.value = "sk-second"
    assert asyncio.run(secret.replaced("sk-first")) is True
    # Another call that was refused with the old one finds the new one without a read.
    reads = store.reads
    assert asyncio.run(secret.replaced("sk-first")) is True
    assert store.reads == reads


def test_calls_at_one_time_share_a_read(secret, store):
    with ThreadPoolExecutor(8) as pool:
        values = list(pool.map(lambda _: asyncio.run(secret.value()), range(8)))
    assert values == ["sk-first"] * 8
    assert store.reads == 1
