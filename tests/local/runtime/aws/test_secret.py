"""`mesh.secret`, as an author's tool calls it; local AWS has the parameters."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import threading
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

import mesh
from mesh.local_aws import process
from mesh.local_aws.process import Running
from mesh.runtime.aws import secrets, snapshot
from mesh.runtime.aws.parameter_store import ParameterUnavailableError
from mesh.runtime.aws.secrets import Secret, SecretUnavailableError
from mesh.stack import local_aws_client

if TYPE_CHECKING:
    from mypy_boto3_ssm import SSMClient

NAME = "WEATHER_API_KEY"
VALUE = " two words\nand a line "
# What a fast cold start does without.
HEAVY = {"asyncio", "typing", "dataclasses", "inspect", "http.client", "ssl", "socket", "boto3"}


@pytest.fixture(scope="module")
def aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """Local AWS of this module's own, on free ports."""
    folder = tmp_path_factory.mktemp("secret")
    yield process.start(folder / "aws", log=folder / "local-aws.log")
    process.stop(folder / "aws")


@pytest.fixture
def client(aws: Running) -> SSMClient:
    return local_aws_client.ssm(aws.environment)


@pytest.fixture
def parameter(aws: Running, client: SSMClient, monkeypatch: pytest.MonkeyPatch) -> str:
    """This process as a function with one secret, whose parameter is as Terraform makes it."""
    found = f"/{uuid.uuid4().hex}/dev/weather-api-key"
    client.put_parameter(Name=found, Value="{}", Type="SecureString")
    variables = {
        **aws.environment,
        "AWS_LAMBDA_FUNCTION_NAME": "tested",
        "MESH_SECRETS": json.dumps({NAME: found}),
        "MESH_SECRETS_TTL_SECONDS": "3600",
    }
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    return found


@pytest.fixture
def stored(client: SSMClient, parameter: str) -> Callable[[str], object]:
    """Writes the parameter."""
    return lambda value: client.put_parameter(Name=parameter, Value=value, Overwrite=True)


def ran(program: str, **variables: str) -> str:
    """What a Python process of its own prints."""
    environment = {"PATH": os.environ["PATH"], **variables}
    done = subprocess.run(
        [sys.executable, "-c", program],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


def test_importing_mesh_imports_nothing_else() -> None:
    program = "import sys; before = set(sys.modules); import mesh; print(*{*sys.modules} - before)"
    assert ran(program) == "mesh"


def test_reading_a_secret_imports_nothing_heavy(
    stored: Callable[[str], object], parameter: str
) -> None:
    stored("sunny")
    program = (
        "import sys; before = set(sys.modules); import mesh; "
        f"print(mesh.secret({NAME!r}), *{{*sys.modules}} - before)"
    )
    names = ("AWS_", "MESH_")
    variables = {name: value for name, value in os.environ.items() if name.startswith(names)}

    value, *imported = ran(program, **variables).split()

    assert value == "sunny"
    assert not HEAVY & set(imported)


def test_the_value_is_exactly_what_is_stored_and_is_read_once(
    stored: Callable[[str], object],
) -> None:
    stored(VALUE)
    assert mesh.secret(NAME) == VALUE
    stored("another")
    assert mesh.secret(NAME) == VALUE


def test_async_tools_and_threads_get_it_too(stored: Callable[[str], object]) -> None:
    stored(VALUE)

    async def tool() -> list[str]:
        waited = await asyncio.gather(*(asyncio.to_thread(mesh.secret, NAME) for _ in range(8)))
        return [*waited, mesh.secret(NAME)]

    assert asyncio.run(tool()) == [VALUE] * 9


@pytest.mark.parametrize("placeholder", ["{}", " {}\n"])
def test_a_secret_that_nobody_has_set_says_how_to_set_it(
    stored: Callable[[str], object], parameter: str, placeholder: str
) -> None:
    stored(placeholder)
    with pytest.raises(mesh.SecretError) as caught:
        mesh.secret(NAME)
    assert str(caught.value) == (
        f"SSM parameter {parameter} is not set yet. Set it with `mesh secrets set {NAME}`."
    )

    stored("sunny")
    assert mesh.secret(NAME) == "sunny"


def test_a_parameter_that_cannot_be_read_is_named_with_the_reason(
    client: SSMClient, parameter: str
) -> None:
    client.delete_parameter(Name=parameter)
    with pytest.raises(mesh.SecretError, match=f"{parameter} could not be read: ParameterNotFound"):
        mesh.secret(NAME)


@pytest.mark.parametrize("variable", [None, "{}", '{"OTHER": "/p"}'])
def test_on_lambda_no_environment_variable_takes_the_place_of_a_secret(
    parameter: str, monkeypatch: pytest.MonkeyPatch, variable: str | None
) -> None:
    monkeypatch.setenv("MAIL_KEY", "from the environment")
    if variable is None:
        monkeypatch.delenv("MESH_SECRETS")
    else:
        monkeypatch.setenv("MESH_SECRETS", variable)
    known = "OTHER" if "OTHER" in (variable or "") else "none"

    with pytest.raises(mesh.SecretError) as caught:
        mesh.secret("MAIL_KEY")

    assert str(caught.value) == (
        f"this deployment has no secret MAIL_KEY; it has: {known}. Add MAIL_KEY to Terraform's "
        "variable secrets, apply, and set it with `mesh secrets set MAIL_KEY`."
    )


@pytest.fixture
def elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """This process as that of an author's own tests."""
    for name in ("AWS_LAMBDA_FUNCTION_NAME", "MESH_SECRETS", NAME):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.usefixtures("elsewhere")
def test_outside_lambda_it_is_the_environment_variable_of_that_name(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with pytest.raises(mesh.SecretError, match=f"environment variable {NAME} is not set"):
        mesh.secret(NAME)
    monkeypatch.setenv(NAME, VALUE)
    assert mesh.secret(NAME) == VALUE


@pytest.mark.parametrize("given", ["", "sk-proj-0123456789", "two words", "käse", "a/b"])
def test_what_is_no_name_is_not_shown_for_it_may_be_the_secret(given: str) -> None:
    with pytest.raises(mesh.SecretError) as caught:
        mesh.secret(given)
    assert str(caught.value) == (
        "mesh.secret got what is no name of a secret. Give a name of letters, digits and "
        'underscores, as in mesh.secret("WEATHER_API_KEY").'
    )


def test_a_snapshot_holds_no_secret_and_each_copy_reads_its_own(
    stored: Callable[[str], object], parameter: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_LAMBDA_INITIALIZATION_TYPE", "snap-start")
    monkeypatch.setattr(snapshot, "_forgetting", [])
    stored("before")
    assert mesh.secret(NAME) == "before"

    snapshot.before_snapshot()
    assert "before" not in repr(vars(secrets._secrets[parameter]))
    stored("after")
    snapshot.after_restore()

    assert mesh.secret(NAME) == "after"


def test_threads_that_wait_for_one_read_share_its_failure() -> None:
    threads = 4
    arrived, all_arrived = 0, threading.Condition()

    def clock() -> float:
        nonlocal arrived
        with all_arrived:
            arrived += 1
            all_arrived.notify_all()
        return 100.0

    reads: list[str] = []

    def read(name: str) -> str:
        reads.append(name)
        if len(reads) == 1:
            return "sunny"
        with all_arrived:
            assert all_arrived.wait_for(lambda: arrived >= threads, 60)
        raise ParameterUnavailableError("SSM is down")

    secret = Secret("/p", ttl_seconds=0, read=read, clock=clock)
    assert secret.get() == "sunny"
    arrived = 0

    def failure(_number: int) -> str:
        with pytest.raises(SecretUnavailableError) as caught:
            secret.get()
        return caught.value.reason

    with ThreadPoolExecutor(threads) as pool:
        assert list(pool.map(failure, range(threads))) == ["SSM is down"] * threads
    assert len(reads) == 2
