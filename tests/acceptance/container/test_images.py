"""Both images of a server: linted, their steps executed in plain folders, and what they start."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import httpx

from mesh.build.container import DOCKERFILES
from mesh.installation import BIN
from tests.acceptance.container.conftest import Built
from tests.fixtures.container import images
from tests.fixtures.container.events import event, message
from tests.fixtures.emulator import emulated
from tests.fixtures.web_program import web_program

CALL = message("tools/call", name="forecast", arguments={"day": "tomorrow"})


def test_hadolint_has_nothing_to_object(built: Built) -> None:
    files = [built.zip.parent / name for name in DOCKERFILES.values()]
    done = subprocess.run(
        [BIN / "hadolint", "--no-color", *files], capture_output=True, text=True, check=False
    )
    assert done.stdout + done.stderr == ""
    assert done.returncode == 0


def test_the_build_says_how_to_make_the_images(built: Built) -> None:
    for name in DOCKERFILES.values():
        assert f"--file {built.zip.parent / name}" in built.said
    assert f"--build-arg ZIP={built.zip.name}" in built.said


def test_the_image_of_a_function_answers_under_the_emulator(built: Built, tmp_path: Path) -> None:
    image = image_of(built, "function.Dockerfile", tmp_path)
    (handler,) = image.command
    root = image.root / "var" / "task"
    assert images.unreadable(root) == []

    with emulated(root, handler, tmp_path / "log", {"MESH_AUTH": "none"}) as emulator:
        answer = json.loads(emulator.invoke(json.dumps(event("POST", "/mcp", CALL)).encode()))

    assert "tomorrow in Chur" in answer["body"]


def test_the_image_of_a_web_server_answers_to_http(built: Built, tmp_path: Path) -> None:
    image = image_of(built, "web.Dockerfile", tmp_path)
    assert images.unreadable(image.root / "var" / "task") == []
    adapter = image.root / "opt" / "extensions" / "lambda-adapter"
    assert adapter.read_text() == images.ADAPTER
    assert image.variables["AWS_LWA_READINESS_CHECK_PATH"] == "/health"

    variables = image.variables | {"MESH_AUTH": "none", "PLACE": "Aarau"}
    with web_program(image.inside(image.entrypoint), variables, tmp_path) as (_, url):
        answer = httpx.post(f"{url}/mcp", json=CALL, headers={"accept": "application/json"})

    assert "tomorrow in Aarau" in answer.text


def image_of(built: Built, name: str, folder: Path) -> images.Image:
    """The image that a Dockerfile of the build makes."""
    file = built.zip.parent / name
    return images.build(file, {"ZIP": built.zip.name}, folder / "roots")
