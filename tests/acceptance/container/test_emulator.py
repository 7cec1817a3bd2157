"""AWS's own emulator and local AWS run the same zip and the same handlers, and answer alike."""

from __future__ import annotations

import json
import re
import zipfile
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from mesh.credentials import api_keys
from mesh.runtime.access.api_keys import generate
from mesh.smoke.example_call import example_call
from mesh.stack import local_aws_client
from tests.fixtures.container.events import event, events, message
from tests.fixtures.deployed import client, deploy, deploy_zip, zip_of
from tests.fixtures.emulator import emulated

if TYPE_CHECKING:
    from mesh.local_aws.process import Running
    from tests.fixtures.deployed import Function

HANDLERS = Path(__file__).parents[2] / "fixtures" / "container" / "handlers.py"
FILES: dict[str, str | bytes] = {
    "handlers.py": HANDLERS.read_bytes(),
    "wrong_syntax.py": "def handler(event, context)\n    return 1\n",
    "wrong_import.py": "import no_such_module\n",
    "wrong_start.py": "raise RuntimeError('no map')\n",
    "exits.py": "import sys\nsys.exit(7)\n",
}
NAMES = [
    *(f"handlers.{name}" for name in re.findall(r"^def (\w+)", HANDLERS.read_text(), re.MULTILINE)),
    *("handlers.not_there", "no_such_file.handler", "handlers"),
    *("wrong_syntax.handler", "wrong_import.handler", "wrong_start.handler", "exits.handler"),
]
EVENT = {"day": "today", "place": "Zürich 🌦", "nested": [{"a": None}, 1.5, True]}
# What the emulator says otherwise than Lambda, which local AWS follows.
OTHERWISE = {
    # Lambda wraps it in JSON:
    # https://docs.aws.amazon.com/lambda/latest/dg/troubleshooting-invocation.html
    "handlers.sleeps": "Task timed out after 1.00 seconds",
    "exits.handler": "",
}
# Ids and times, which differ from run to run.
CHANGING = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|\d{4}-\d\d-\d\dT[\d:.+]+Z?")
# What an instance measures, in JSON within JSON, and the length of an answer that has it.
MEASURED = re.compile(r'(latency_ms|uptime_seconds)(\\*":) ?[\d.]+')
LENGTH = re.compile(r'"content-length": ?"\d+"')
PARAMETER = "/weather/dev/api-keys"


@pytest.mark.parametrize("name", NAMES)
def test_a_handler_ends_alike(name: str, running: Running, tmp_path: Path) -> None:
    seconds = 1 if name == "handlers.sleeps" else 20
    sizes: Any = {"Timeout": seconds, "MemorySize": 256}
    function = deploy(running, zip_of(FILES), auth=None, Handler=name, **sizes)
    root = tmp_path / "task"
    root.mkdir()
    for file, content in FILES.items():
        (root / file).write_bytes(content if isinstance(content, bytes) else content.encode())

    sent = json.dumps(EVENT).encode()
    expected = comparable(invoke(running, function, sent))
    with emulated(
        root, name, tmp_path / "log", {}, memory_mb=256, timeout_seconds=seconds
    ) as emulator:
        found = comparable(emulator.invoke(sent))

    if name in OTHERWISE:
        assert found == OTHERWISE[name]
        assert found != expected
    else:
        assert found == expected


def test_the_zip_answers_alike(running: Running, server_zip: Path, tmp_path: Path) -> None:
    key = generate()
    ssm = local_aws_client.ssm(running.environment)
    ssm.put_parameter(Name=PARAMETER, Value="{}", Type="SecureString")
    api_keys.store(api_keys.Parameter(ssm, PARAMETER), "tests", key, keep=1)
    told = {"MESH_NAME": "weather", "MESH_API_KEYS_PARAMETER": PARAMETER}
    told["MESH_SECRETS"] = "{}"
    function = deploy_zip(running, server_zip.read_bytes(), **told)
    root = tmp_path / "task"
    with zipfile.ZipFile(server_zip) as archive:
        archive.extractall(root)

    variables = running.environment | told
    handler = "mesh.runtime.handler.handler"
    with emulated(root, handler, tmp_path / "log", variables) as emulator:
        # INIT ends within the first.
        first = json.loads(emulator.invoke(json.dumps(event("GET", "/health")).encode()))
        assert first["statusCode"] == 200
        assert "Init Duration" in emulator.log.read_text()
        listed = post(emulator.invoke, key, message("tools/list"))["result"]["tools"]
        sent = events(key, calls(listed))
        differing = []
        statuses: Counter[int] = Counter()
        for one in sent:
            body = json.dumps(one, ensure_ascii=False).encode()
            expected = comparable(invoke(running, function, body))
            found = comparable(emulator.invoke(body))
            statuses[found.get("statusCode", 0)] += 1
            if found != expected:
                differing.append((one, expected, found))

    assert differing == []
    assert len(sent) >= 58
    assert statuses.keys() >= {200, 202, 400, 401, 403, 404, 405, 413, 415}
    assert 0 not in statuses


def invoke(running: Running, function: Function, body: bytes) -> bytes:
    """What a function on local AWS answers."""
    api = client(running, "lambda")
    answer = api.invoke(FunctionName=function.name, Qualifier="live", Payload=body)
    said: bytes = answer["Payload"].read()
    return said


def post(ask: Any, key: str, body: object) -> Any:
    """The body of an answer to a message."""
    sent = event("POST", "/mcp", body, x_api_key=key, accept="application/json")
    return json.loads(json.loads(ask(json.dumps(sent).encode()))["body"])


def calls(tools: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Of each tool, a call with placeholders, where they fit, and one with what it has not."""
    found = [{"name": one["name"], "arguments": {"no_such_argument": 1}} for one in tools]
    for tool in tools:
        made = example_call([tool])
        if made is not None:
            found.insert(0, {"name": made.tool, "arguments": made.arguments})
    return found


def comparable(answer: bytes) -> Any:
    """An answer without what differs from run to run, and from place to place."""
    said = CHANGING.sub("CHANGING", answer.decode())
    said, measured = MEASURED.subn(r"\1\g<2>0", said)
    if measured:
        said = LENGTH.sub('"content-length":"0"', said)
    try:
        found = json.loads(said)
    except ValueError:
        return said
    if isinstance(found, dict) and "errorType" in found:
        return {name: found[name] for name in ("errorType", "errorMessage")}
    return found
