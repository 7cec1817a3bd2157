import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from mesh.runtime.access.api_keys import (
    ApiKey,
    KeyRing,
    KeysUnavailableError,
    digest,
    generate,
    holder,
    moment,
    parse,
    stored,
)


def document(*keys):
    entries = [
        {"name": f"k{i}", "sha256": digest(key), "last4": key[-4:], "created": "2026-11-22"}
        for i, key in enumerate(keys)
    ]
    return json.dumps({"keys": entries})


class Store:
    """A stored document that a test can change, and that counts how often it is read."""

    def __init__(self, value):
        self.value = value
        self.reads = 0

    def __call__(self):
        self.reads += 1
        if isinstance(self.value, Exception):
            raise self.value
        return self.value


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


def ring(store, clock):
    return KeyRing(store, source="SSM parameter /p", ttl_seconds=60, clock=clock)


def test_a_key_is_found_by_its_hash_alone(clock):
    key, other = generate(), generate()
    found = ring(Store(document(other, key)), clock).find(key)
    assert found == ApiKey(name="k1", sha256=digest(key), last4=key[-4:], created="2026-11-22")


def test_two_keys_of_one_owner_are_valid_at_a_time(clock):
    old, new = generate(), generate()
    both = ring(Store(document(old, new)), clock)
    assert both.find(old)
    assert both.find(new)


@pytest.mark.parametrize("key", ["", "mesh_", "wrong", "mesh_" + "A" * 43, "\u00e4\u4e2d"])
def test_what_is_not_a_key_is_not_found(clock, key):
    assert ring(Store(document(generate())), clock).find(key) is None


def test_the_hash_is_not_a_key(clock):
    key = generate()
    assert ring(Store(document(key)), clock).find(digest(key)) is None


def test_keys_are_read_once_within_the_time_limit(clock):
    key = generate()
    store = Store(document(key))
    keys = ring(store, clock)
    for clock.now in (0, 30, 59.9):
        assert keys.find(key)
    assert store.reads == 1


def test_a_revoked_key_is_refused_after_the_time_limit(clock):
    key = generate()
    store = Store(document(key))
    keys = ring(store, clock)
    assert keys.find(key)
    store.value = document(generate())
    clock.now = 60
    assert keys.find(key) is None


def test_a_store_that_fails_after_the_time_limit_lets_nobody_in(clock):
    key = generate()
    store = Store(document(key))
    keys = ring(store, clock)
    assert keys.find(key)
    store.value = KeysUnavailableError("throttled")
    clock.now = 60
    with pytest.raises(KeysUnavailableError, match="throttled"):
        keys.find(key)


def test_the_placeholder_lets_nobody_in_and_the_first_key_is_valid_in_a_second(clock):
    key = generate()
    store = Store("{}")
    keys = ring(store, clock)
    with pytest.raises(KeysUnavailableError, match="mesh keys create"):
        keys.find(key)
    store.value = document(key)
    clock.now += 1
    assert keys.find(key)


def test_a_new_key_is_known_at_once(clock):
    first, second = generate(), generate()
    store = Store(document(first))
    keys = ring(store, clock)
    assert keys.find(first)
    store.value = document(first, second)
    clock.now += 0.1
    assert keys.blocks(second)
    assert keys.find(second)
    assert not keys.blocks(second)
    assert store.reads == 2


def test_unknown_keys_make_it_read_three_times_and_then_twice_a_minute(clock):
    key = generate()
    store = Store(document(key))
    keys = KeyRing(store, source="SSM parameter /p", ttl_seconds=3600, clock=clock)
    assert keys.find(key)
    for tenth in range(1, 3000):
        clock.now = tenth / 10
        stranger, before = generate(), store.reads
        reads = keys.blocks(stranger)
        assert keys.find(stranger) is None
        assert store.reads - before == reads
        assert not keys.blocks(key)
    # 300 seconds: the first, three at once, and one every 30 seconds.
    assert store.reads == 1 + 3 + 9
    # Left alone, as many may follow each other as in the beginning.
    clock.now += 90
    for _ in range(10):
        clock.now += 0.1
        keys.find(generate())
    assert store.reads == 1 + 3 + 9 + 3


def test_an_unknown_key_stays_unknown_while_it_cannot_be_looked_up(clock, caplog):
    key, new = generate(), generate()
    store = Store(document(key))
    keys = ring(store, clock)
    assert keys.find(key)
    store.value = KeysUnavailableError("SSM parameter /p could not be read: TimeoutError")
    clock.now += 1
    assert keys.find(new) is None
    assert "/p could not be read" in caplog.text
    assert new not in caplog.text
    for clock.now in (2, 30, 59.9):
        assert keys.find(key)
    clock.now = 60
    with pytest.raises(KeysUnavailableError):
        keys.find(key)


def test_reads_that_fail_are_repeated_ever_more_rarely(clock):
    key = generate()
    failure = KeysUnavailableError("SSM parameter /p could not be read: TimeoutError")
    store = Store(failure)
    keys = ring(store, clock)
    read_at = []
    for second in range(64):
        clock.now, before = second, store.reads
        with pytest.raises(KeysUnavailableError, match="TimeoutError"):
            keys.find(generate())
        read_at += [second] * (store.reads - before)
    assert read_at == [0, 1, 3, 7, 15, 31, 47, 63]
    store.value = document(key)
    clock.now = 79
    assert keys.find(key)
    store.value = failure
    for second in (139, 140):
        clock.now = second
        with pytest.raises(KeysUnavailableError):
            keys.find(key)
    # A read that succeeded makes the next pause short again.
    assert store.reads == len(read_at) + 3


def test_the_first_key_works_at_once(clock):
    key, store = generate(), Store("{}")
    keys = ring(store, clock)
    with pytest.raises(KeysUnavailableError, match="mesh keys create"):
        keys.find(key)
    clock.now = 0.1
    store.value = document(key)
    assert keys.find(key)


def test_strangers_cause_few_reads_while_there_is_no_key(clock):
    store = Store("{}")
    keys = ring(store, clock)
    for second in range(600):
        clock.now = second
        with pytest.raises(KeysUnavailableError, match="mesh keys create"):
            keys.find(generate())
    # Ten that renew what was read, three at once and then one every 30 seconds.
    assert store.reads <= 10 + 3 + 20


def test_one_read_serves_all_who_wait_for_it(clock):
    key, new = generate(), generate()
    store = Store(document(key))
    keys = ring(store, clock)
    assert keys.find(key)
    clock.now += 1
    store.value = document(key, new)
    reading, go_on = threading.Event(), threading.Event()

    def slow():
        reading.set()
        assert go_on.wait(10)
        clock.now += 1
        return store()

    keys._read = slow
    with ThreadPoolExecutor(5) as pool:
        found = [pool.submit(keys.find, new) for _ in range(5)]
        assert reading.wait(10)
        # A caller whose key is known does not wait.
        assert not keys.blocks(key)
        assert keys.find(key)
        go_on.set()
        assert all(one.result(10) for one in found)
    assert store.reads == 2


def test_a_clock_set_back_allows_extra_reads_again(clock):
    store = Store(document(generate()))
    keys = ring(store, clock)
    for clock.now in (10_000, 10_001, 10_002, 10_003, 10_004):
        keys.find(generate())
    assert store.reads == 4
    for clock.now in (100, 101):
        keys.find(generate())
    assert store.reads == 6


@pytest.mark.parametrize(
    "value", ["", "mesh_secret", "[]", '{"keys": 3}', '{"keys": [{"name": "a"}]}', "null"]
)
def test_a_damaged_document_is_named_without_its_content(clock, value):
    with pytest.raises(KeysUnavailableError) as caught:
        ring(Store(value), clock).find("mesh_x")
    assert "SSM parameter /p: the value is not a document" in str(caught.value)
    assert "mesh_secret" not in repr(caught.value.__cause__)


def test_keys_are_random_and_of_one_form():
    keys = {generate() for _ in range(100)}
    assert len(keys) == 100
    assert all(key.startswith("mesh_") and len(key) == 48 for key in keys)


def test_parse_gives_back_what_was_stored():
    assert [key.name for key in parse(document("a" * 8, "b" * 8))] == ["k0", "k1"]


def limited(key, **limits):
    entry = {"name": "k", "sha256": digest(key), "last4": key[-4:], "created": "2026-11-22"}
    return json.dumps({"keys": [entry | limits]})


def test_a_key_ends_when_it_expires_though_the_document_is_still_trusted(clock):
    key = generate()
    store = Store(limited(key, expires="1970-01-01T00:00:30Z"))
    keys = ring(store, clock)
    for clock.now in (0, 29.9):
        assert keys.find(key)
    clock.now = 30
    assert keys.find(key) is None
    assert store.reads == 1


def test_a_key_carries_its_limits(clock):
    key = generate()
    found = ring(Store(limited(key, tools=["a", "b"], rate_per_minute=60)), clock).find(key)
    assert (found.tools, found.rate_per_minute, found.expires) == (("a", "b"), 60, None)
    assert found.sources is None


def test_the_holder_of_a_key_sees_its_sources_only(clock):
    key = generate()
    found = ring(Store(limited(key, sources=["documents:handbook"])), clock).find(key)
    assert holder(found).sources == frozenset({"documents:handbook"})
    assert holder(ring(Store(limited(key)), clock).find(key)).sources is None


def test_what_is_stored_is_what_was_parsed():
    text = limited(generate(), expires="2026-12-01T00:00:00Z", tools=["a"], rate_per_minute=60)
    (key,) = parse(text)
    assert json.dumps({"keys": [stored(key)]}) == text


@pytest.mark.parametrize(
    "limits",
    [
        {"expires": "soon"},
        {"tools": "all"},
        {"tools": [1]},
        {"rate_per_minute": 0},
        {"expires": 7},
        {"sources": "all"},
    ],
)
def test_a_limit_that_cannot_be_read_lets_nobody_in(clock, limits):
    key = generate()
    with pytest.raises(KeysUnavailableError, match="not a document"):
        ring(Store(limited(key, **limits)), clock).find(key)


def test_a_clock_set_back_makes_the_ring_read_again(clock):
    key = generate()
    store = Store(document(key))
    keys = ring(store, clock)
    for clock.now in (1000, 10):
        assert keys.find(key)
    assert store.reads == 2


def test_an_end_without_an_offset_is_utc_wherever_the_server_runs(monkeypatch):
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.tzset()
    try:
        assert moment("2026-01-01T00:00:00") == moment("2026-01-01T00:00:00Z") == 1_767_225_600
    finally:
        monkeypatch.undo()
        time.tzset()
