"""Callers are checked over TLS without what makes that slow, in the bundle as it is deployed."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from benchmarks.starts.authority import chain
from benchmarks.starts.parameter_store import ParameterStore
from mesh.runtime.access.api_keys import ApiKey, digest, generate, stored
from mesh.runtime.domain import origin_secret

KEYS, ORIGIN = "/test/api-keys", "/test/origin-secret"
BEHIND_DOMAIN = {
    "MESH_PUBLIC_URL": "https://mesh.example.com/",
    "MESH_ORIGIN_SECRET_PARAMETER": ORIGIN,
}
ONE, BOTH = "AmazonSSM.GetParameter", "AmazonSSM.GetParameters"
CREATED = "2026-01-01T00:00:00+00:00"

type Answers = Callable[[dict[str, str]], dict[str, Any]]


def key_document(*keys: str) -> str:
    return json.dumps(
        {"keys": [stored(ApiKey("test", digest(key), key[-4:], CREATED)) for key in keys]}
    )


def secret_document(*values: str) -> str:
    entries = [{"sha256": origin_secret.digest(value), "created": CREATED} for value in values]
    return json.dumps({"secrets": entries})


def bearer(key: str) -> dict[str, str]:
    return {"authorization": f"Bearer {key}"}


@pytest.fixture
def files(tmp_path: Path) -> Callable[[str], tuple[Path, Path]]:
    """Makes files of a new root, and of a server's key and chain below it."""

    def made(name: str) -> tuple[Path, Path]:
        root, server = tmp_path / f"{name}-root.pem", tmp_path / f"{name}-server.pem"
        for path, content in zip((root, server), chain(), strict=True):
            path.write_bytes(content)
        return root, server

    return made


@pytest.fixture
def start(task_root: Path) -> Iterator[Callable[..., Answers]]:
    """Starts instances of the zip, with nothing but the standard library beside it."""
    script = str(Path(__file__).with_name("with_a_key.py"))
    running = ExitStack()

    def started(store: ParameterStore, *roots: Path, **variables: str) -> Answers:
        every = {
            "MESH_AUTH": "api_key",
            "MESH_API_KEYS_PARAMETER": KEYS,
            "AWS_ENDPOINT_URL_SSM": store.url,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_REGION": "us-east-1",
            **variables,
        }
        command = [sys.executable, "-I", "-S", "-B", script, str(task_root), json.dumps(every)]
        instance = running.enter_context(
            subprocess.Popen(
                [*command, str(roots[0]), str(roots[-1])],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                env={"HOME": "/"},
            )
        )
        assert instance.stdin is not None
        assert instance.stdout is not None
        sent, came = instance.stdin, instance.stdout
        # It ends with its input.
        running.callback(sent.close)

        def answers(headers: dict[str, str]) -> dict[str, Any]:
            sent.write(json.dumps(headers) + "\n")
            sent.flush()
            for line in came:
                if line.startswith('{"status"'):
                    answer: dict[str, Any] = json.loads(line)
                    return answer
            raise AssertionError("the instance has ended")

        return answers

    with running:
        yield started


@pytest.mark.parametrize(
    ("domain", "questions"),
    # With a domain, both are asked for at one time.
    [({}, [ONE]), (BEHIND_DOMAIN, [BOTH])],
    ids=["key", "key and domain"],
)
def test_a_key_is_checked_without_the_library_s_tls_and_without_fastmcp(
    start: Callable[..., Answers],
    files: Callable[[str], tuple[Path, Path]],
    domain: dict[str, str],
    questions: list[str],
) -> None:
    key = generate()
    root, server = files("first")
    values = {KEYS: key_document(key), ORIGIN: secret_document("through")}
    with ParameterStore(values, server) as store:
        answers = start(store, root, **domain)
        headers = {**bearer(key), origin_secret.HEADER: "through"}
        assert answers(headers) == {"status": 200, "heavy": []}
        assert store.requests == questions


def test_new_keys_and_origin_secrets_are_known_at_once(
    start: Callable[..., Answers], files: Callable[[str], tuple[Path, Path]]
) -> None:
    first, second = generate(), generate()
    root, server = files("first")
    values = {KEYS: key_document(first), ORIGIN: secret_document("one")}
    with ParameterStore(values, server) as store:
        answers = start(store, root, **BEHIND_DOMAIN)
        one, two = {origin_secret.HEADER: "one"}, {origin_secret.HEADER: "two"}
        assert answers(bearer(first) | one)["status"] == 200
        values[KEYS] = key_document(first, second)
        assert answers(bearer(second) | one)["status"] == 200
        values[ORIGIN] = secret_document("one", "two")
        assert answers(bearer(first) | two)["status"] == 200
        assert store.requests == [BOTH, ONE, ONE]


def test_an_instance_outlives_a_change_of_the_certificates(
    start: Callable[..., Answers], files: Callable[[str], tuple[Path, Path]]
) -> None:
    keys = [generate() for _ in range(4)]
    (first, server), (all_of_them, renewed), (_, unknown) = map(files, ("first", "all", "other"))
    values = {KEYS: key_document(keys[0])}
    with ParameterStore(values, server) as store:
        answers = start(store, first, all_of_them)
        assert answers(bearer(keys[0]))["status"] == 200
        # Signed by another of the roots, and then by nobody who is trusted.
        store.use(renewed)
        values[KEYS] = key_document(*keys[:2])
        assert answers(bearer(keys[1]))["status"] == 200
        store.use(unknown)
        values[KEYS] = key_document(*keys)
        assert answers(bearer(keys[2]))["status"] == 401
        assert answers(bearer(keys[0]))["status"] == 200
        # Back to the first chain.
        store.use(server)
        assert answers(bearer(keys[3]))["status"] == 200
        assert len(store.requests) == 3


def test_strangers_cannot_make_an_instance_ask_ssm(
    start: Callable[..., Answers], files: Callable[[str], tuple[Path, Path]]
) -> None:
    key = generate()
    root, server = files("first")
    with ParameterStore({KEYS: key_document(key)}, server) as store:
        answers = start(store, root)
        assert answers(bearer(key))["status"] == 200
        for _ in range(100):
            assert answers(bearer(generate())) == {"status": 401, "heavy": []}
        assert answers(bearer(key))["status"] == 200
        assert store.requests == [ONE] * 4
