"""Zips are executed as on Lambda: the one for this machine, and the one for arm64."""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from mesh.build import BuildResult, execution
from tests.fixtures import arm64

# caio's use system calls that the emulator lacks; FastMCP does without them.
LACKING = {
    "caio/linux_aio.cpython-313-aarch64-linux-gnu.so",
    "caio/linux_uring.cpython-313-aarch64-linux-gnu.so",
}
SECONDS = 600


def executed(interpreter: list[str], zipped: Path) -> tuple[int, dict[str, Any], str]:
    done = subprocess.run(
        [*interpreter, "-I", "-S", execution.__file__, str(zipped)],
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
        env={"HOME": "/"},
    )
    seen = json.loads(done.stdout.splitlines()[-1]) if done.returncode == 0 or done.stdout else {}
    return done.returncode, seen, done.stderr


def assert_answers(seen: dict[str, Any]) -> None:
    # Without tickets and a model there are no more.
    assert seen["tools"] == 9
    assert seen["call"]["tool"] == "search_knowledge"
    assert seen["without_fastmcp"]
    assert "deploy" in json.dumps(seen["result"]).lower()


def test_the_arm64_zip_answers_with_and_without_fastmcp(
    real: Callable[[str], BuildResult],
) -> None:
    interpreter = arm64.interpreter()

    status, seen, said = executed(interpreter, real("arm64").path)

    assert seen, said
    assert seen["architecture"] == "arm64"
    assert_answers(seen)
    broken = {name for name, why in seen["libraries"].items() if why}
    assert len(seen["libraries"]) > 5
    if arm64.is_emulated(interpreter):
        assert broken <= LACKING, seen["libraries"]
    else:
        assert (status, broken) == (0, set())


def test_the_zip_for_this_machine_answers_and_loads_every_library(
    real: Callable[[str], BuildResult],
) -> None:
    status, seen, said = executed([sys.executable], real("host").path)

    assert status == 0, said
    assert_answers(seen)
    assert not [why for why in seen["libraries"].values() if why]


def test_a_library_of_another_processor_is_named(
    real: Callable[[str], BuildResult], tmp_path: Path
) -> None:
    broken = tmp_path / "broken.zip"
    with zipfile.ZipFile(real("host").path) as whole, zipfile.ZipFile(broken, "w") as copy:
        for name in whole.namelist():
            data = whole.read(name)
            # e_machine of the ELF header.
            if name.startswith("yaml/_yaml"):
                data = data[:18] + b"\xff\xff" + data[20:]
            copy.writestr(name, data)

    status, _, said = executed([sys.executable], broken)

    assert status == 1
    assert "yaml/_yaml" in said
