"""The origin secret's hashes and the API keys are read from SSM with one request."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from copy import replace

import pytest

from benchmarks.starts.parameter_store import ParameterStore
from mcp_app.settings import Settings
from mesh.runtime.access import api_keys
from mesh.runtime.access.api_keys import ApiKey, KeyRing, KeysUnavailableError, generate
from mesh.runtime.access.key_ring import key_ring
from mesh.runtime.domain import origin_secret
from mesh.runtime.domain.domain_secrets import origin_secrets
from mesh.runtime.domain.origin_secret import OriginSecrets, OriginSecretUnavailableError

ORIGIN, KEYS = "/mesh/test/origin-secret", "/mesh/test/api-keys"
SECRET, KEY = "mesh_origin_one", generate()
ONE, BOTH = "AmazonSSM.GetParameter", "AmazonSSM.GetParameters"

type Started = tuple[ParameterStore, OriginSecrets, KeyRing]


def both() -> dict[str, str]:
    created = "2026-11-22T10:00:00Z"
    key = api_keys.stored(ApiKey("ada", api_keys.digest(KEY), KEY[-4:], created))
    secret = {"sha256": origin_secret.digest(SECRET), "created": created}
    return {ORIGIN: json.dumps({"secrets": [secret]}), KEYS: json.dumps({"keys": [key]})}


@pytest.fixture
def start(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[dict[str, str]], Started]]:
    """Starts SSM with these parameters, and gives what reads there."""
    stores: list[ParameterStore] = []

    def started(values: dict[str, str]) -> Started:
        store = ParameterStore(values, certificate=None)
        store.__enter__()
        stores.append(store)
        monkeypatch.setenv("AWS_ENDPOINT_URL_SSM", store.url)
        behind = replace(settings, origin_secret_parameter=ORIGIN, api_keys_parameter=KEYS)
        ring = key_ring(behind)
        assert ring is not None
        secrets = origin_secrets(behind, ring)
        assert secrets is not None
        return store, secrets, ring

    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    yield started
    for store in stores:
        store.__exit__()


def test_both_are_read_with_one_request(start):
    store, secrets, ring = start(both())
    assert secrets.accepts(SECRET)
    assert ring.fresh
    assert ring.find(KEY)
    assert store.requests == [BOTH]


def test_both_are_read_again_with_one_request(start):
    store, secrets, ring = start(both())
    for _ in range(2):
        assert secrets.accepts(SECRET)
        secrets.forget()
        ring.forget()
    assert store.requests == [BOTH, BOTH]


def test_keys_that_are_trusted_still_are_not_read_along(start):
    store, secrets, ring = start(both())
    assert ring.find(KEY)
    assert secrets.accepts(SECRET)
    assert store.requests == [ONE, ONE]


@pytest.mark.parametrize("keys", [{}, {KEYS: "{}"}, {KEYS: "nonsense"}])
def test_what_is_wrong_with_the_keys_is_said_when_a_key_is_checked(start, keys):
    store, secrets, ring = start({ORIGIN: both()[ORIGIN], **keys})
    assert secrets.accepts(SECRET)
    with pytest.raises(KeysUnavailableError, match=KEYS):
        ring.find(KEY)
    assert store.requests == [BOTH, ONE]


def test_a_missing_origin_secret_is_named_as_it_is_alone(start):
    store, secrets, ring = start({KEYS: both()[KEYS]})
    with pytest.raises(OriginSecretUnavailableError, match=f"{ORIGIN} .*: ParameterNotFound"):
        secrets.accepts(SECRET)
    assert ring.find(KEY)
    assert store.requests == [BOTH, ONE]


def test_where_both_may_not_be_read_at_once_each_is_read_alone(start, monkeypatch):
    store, secrets, ring = start(both())
    monkeypatch.setattr("mesh.runtime.aws.parameter_store.get_parameters", lambda _names: {})
    assert secrets.accepts(SECRET)
    assert ring.find(KEY)
    assert store.requests == [ONE, ONE]


def test_an_ssm_that_does_not_answer_is_asked_once(start, monkeypatch):
    _, secrets, _ = start(both())
    monkeypatch.setenv("AWS_ENDPOINT_URL_SSM", "http://127.0.0.1:9")
    monkeypatch.setattr("mesh.runtime.aws.parameter_store.get_parameter", None)
    with pytest.raises(OriginSecretUnavailableError, match=f"{ORIGIN} could not be read"):
        secrets.accepts(SECRET)


def test_without_api_keys_only_the_origin_secret_is_read(start, settings):
    store, _, _ = start(both())
    secrets = origin_secrets(replace(settings, auth="none", origin_secret_parameter=ORIGIN), None)
    assert secrets is not None
    assert secrets.accepts(SECRET)
    assert store.requests == [ONE]


def test_keys_read_along_are_trusted_from_the_beginning_of_the_reading():
    now = 1000.0
    ring = KeyRing(lambda: "{}", source="SSM parameter /p", ttl_seconds=60, clock=lambda: now)
    ring.take(both()[KEYS], 950.0)
    assert ring.find(KEY)
    now = 1010.0
    assert not ring.fresh
