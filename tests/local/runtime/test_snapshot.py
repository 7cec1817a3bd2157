"""With SnapStart, what an instance knew before its snapshot is asked again by every copy of it."""

import asyncio
import json
import os
import random
import subprocess
import sys

import pytest
from mcp.server.request_state import InvalidRequestState

from mcp_app import deployment
from mcp_app.knowledge.supabase.embedding_guard import EmbeddingGuard, Stored
from mcp_app.server import build_server
from mesh.runtime.access.api_keys import KeyRing, KeysUnavailableError, digest, generate
from mesh.runtime.aws import snapshot
from mesh.runtime.aws.secrets import Secret
from mesh.runtime.oauth.signing_keys import SigningKeys
from mesh.runtime.observability.uptime import Lifetime
from mesh.runtime.server.request_state import SharedKeyCodec, request_state_security


class Read:
    """What is read from elsewhere: a value that changes, and how often it was asked for."""

    def __init__(self, value):
        self.value = value
        self.times = 0

    def __call__(self, *_name):
        self.times += 1
        return self.value


@pytest.fixture
def snapped(monkeypatch):
    """This process as an instance that is to be a snapshot."""
    monkeypatch.setenv("AWS_LAMBDA_INITIALIZATION_TYPE", "snap-start")
    monkeypatch.setattr(snapshot, "_forgetting", [])


def restore():
    snapshot.before_snapshot()
    snapshot.after_restore()


def document(key):
    entry = {"name": "ada", "sha256": digest(key), "last4": key[-4:], "created": "2026-11-22"}
    return json.dumps({"keys": [entry]})


@pytest.mark.usefixtures("snapped")
def test_a_key_that_was_revoked_since_the_snapshot_lets_nobody_in():
    key = generate()
    read = Read(document(key))
    # A clock that stands still: it is not the time limit that ends it.
    ring = KeyRing(read, source="SSM parameter /p", ttl_seconds=60, clock=lambda: 0.0)
    assert ring.find(key)
    snapshot.before_snapshot()
    read.value = document(generate())
    snapshot.after_restore()
    assert ring.find(key) is None
    assert read.times == 2


@pytest.mark.usefixtures("snapped")
def test_keys_that_cannot_be_read_after_a_restore_let_nobody_in():
    key = generate()
    read = Read(document(key))
    ring = KeyRing(read, source="SSM parameter /p", ttl_seconds=60)
    assert ring.find(key)
    restore()
    read.value = "broken"
    with pytest.raises(KeysUnavailableError):
        ring.find(key)


@pytest.mark.usefixtures("snapped")
def test_no_secret_is_in_the_snapshot_and_each_copy_reads_its_own():
    read = Read("sk-before")
    secret = Secret("/p", ttl_seconds=60, read=read, clock=lambda: 0.0)
    assert asyncio.run(secret.value()) == "sk-before"
    snapshot.before_snapshot()
    assert "sk-before" not in repr(vars(secret))
    read.value = "sk-after"
    snapshot.after_restore()
    assert asyncio.run(secret.value()) == "sk-after"


@pytest.mark.usefixtures("snapped")
def test_the_issuers_keys_are_fetched_by_each_copy():
    read = Read({"keys": []})

    keys = SigningKeys("https://id.example", "https://id.example/jwks", get=read, clock=lambda: 9.0)
    assert keys.find("a", "ES256") == ()
    assert read.times == 1
    restore()
    assert keys.find("a", "ES256") == ()
    assert read.times == 2


@pytest.mark.usefixtures("snapped")
def test_the_key_that_seals_rounds_is_read_by_each_copy():
    read = Read("k" * 32)
    codec = SharedKeyCodec("/p", 60, read)
    token = codec.seal(b"state")
    restore()
    assert codec.unseal(token) == b"state"
    assert read.times == 2


@pytest.mark.usefixtures("snapped")
def test_without_a_shared_key_copies_do_not_share_the_one_of_the_snapshot():
    security = request_state_security(None, 60, "mesh")
    token = security.codec.seal(b"state")
    restore()
    with pytest.raises(InvalidRequestState):
        security.codec.unseal(token)
    assert security.codec.unseal(security.codec.seal(b"state")) == b"state"


@pytest.mark.usefixtures("snapped")
def test_embeddings_are_compared_again_by_each_copy():
    guard = EmbeddingGuard("model", 3, clock=lambda: 0.0)
    guard.compare("documents", {"documents": Stored(1, "model", 3)})
    assert guard.trusts("documents")
    restore()
    assert not guard.trusts("documents")


@pytest.mark.usefixtures("snapped")
def test_a_copy_counts_its_own_time():
    lifetime = Lifetime()
    lifetime.began -= 86_400
    before = lifetime.began
    restore()
    assert lifetime.began > before


@pytest.mark.usefixtures("snapped")
def test_copies_of_one_instance_draw_different_numbers():
    kept = random.getstate()
    drawn = []
    for _copy in range(2):
        random.setstate(kept)
        snapshot.after_restore()
        drawn.append(random.random())
    random.setstate(kept)
    drawn.append(random.random())
    assert len(set(drawn)) == 3


def registrations(settings):
    """How many components are registered by the end of INIT, and how many there are."""
    backend = deployment.backend_of(settings)
    server = build_server(settings, backend)
    parts = vars(server._local_provider)["_components"]
    before = len(parts)
    server.register_all()
    asyncio.run(backend.close())
    return before, len(parts)


def test_components_are_registered_when_they_are_needed_or_before_a_snapshot(settings, monkeypatch):
    assert registrations(settings) == (0, 16)
    monkeypatch.setenv("AWS_LAMBDA_INITIALIZATION_TYPE", "snap-start")
    assert registrations(settings) == (16, 16)


def test_without_snapstart_nothing_is_kept_and_nothing_registered(monkeypatch):
    monkeypatch.delenv("AWS_LAMBDA_INITIALIZATION_TYPE", raising=False)
    monkeypatch.setattr(snapshot, "_forgetting", [])
    KeyRing(Read("{}"), source="SSM parameter /p", ttl_seconds=60)
    assert snapshot._forgetting == []
    assert snapshot.register() is False


# awslambdaric's own way: its loop runs the hooks round /restore/next.
PROGRAM = """
import json
from awslambdaric import lambda_runtime_hooks_runner as runtime
from mesh.runtime.aws import snapshot
told = []
snapshot.forgets(lambda: told.append("dropped"))
registered = snapshot.register()
runtime.run_before_snapshot()
told.append("snapshot")
runtime.run_after_restore()
print(json.dumps([registered, told]))
"""


def test_lambdas_own_runtime_finds_and_runs_the_hooks():
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        env={"PATH": os.environ["PATH"], "AWS_LAMBDA_INITIALIZATION_TYPE": "snap-start"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(done.stdout) == [True, ["dropped", "snapshot", "dropped"]]


def test_saying_how_to_forget_imports_next_to_nothing():
    program = (
        "import sys, os, collections.abc; before = set(sys.modules); "
        "import mesh.runtime.aws.snapshot; "
        "print(*sorted(set(sys.modules) - before))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == [
        "__future__",
        *("mesh", "mesh.runtime", "mesh.runtime.aws", "mesh.runtime.aws.snapshot"),
    ]
