"""Where no mount namespace works (macOS, hardened Linux): fewer walls, the same function."""

from pathlib import Path

import pytest

from mesh.local_aws.process import start, stop
from tests.fixtures.deployed import deploy


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    folder = tmp_path_factory.mktemp("plain")
    yield start(folder / "state", log=folder / "log.txt", namespaces=False)
    stop(folder / "state")


def test_it_is_said_once_in_the_log(plain, tmp_path_factory):
    log = next(tmp_path_factory.getbasetemp().glob("plain*/log.txt"))
    assert log.read_text().count("no mount namespaces here") == 1


def test_a_function_runs_with_the_zip_and_the_runtime_only(plain):
    function = deploy(
        plain,
        "import os, sys\ndef handler(event, context):\n"
        "    return [sys.path[0] == os.environ['LAMBDA_TASK_ROOT'], sys.path[1], len(sys.path)]\n",
    )
    own, runtime, length = function.get().json()
    assert own is True
    assert runtime.endswith("lambda-runtime")
    assert length == 5


def test_a_missing_dependency_fails_here_too(plain):
    function = deploy(plain, "import starlette\ndef handler(event, context):\n    return 1\n")
    assert function.get().status_code == 502


def test_the_task_root_has_no_write_permission(plain):
    function = deploy(
        plain,
        "import os\ndef handler(event, context):\n"
        "    return [oct(os.stat(p).st_mode & 0o222) for p in ('.', 'handler.py')]\n",
    )
    assert function.get().json() == ["0o0", "0o0"]


def test_each_instance_has_a_temporary_folder_of_its_own(plain):
    function = deploy(
        plain,
        "import tempfile\ndef handler(event, context):\n    return tempfile.gettempdir()\n",
    )
    seen = Path(function.get().json())
    assert (seen.name, seen.parent.parent.name) == ("tmp", "instances")


def test_an_exec_wrapper_in_the_task_root_is_found(plain):
    function = deploy(
        plain,
        "import os\ndef handler(event, context):\n    return os.environ['WRAPPED']\n",
        files={"runtime": '#!/bin/sh\nexport WRAPPED=yes\nexec "$@"\n'},
        Environment={"Variables": {"AWS_LAMBDA_EXEC_WRAPPER": "/var/task/runtime"}},
    )
    assert function.get().json() == "yes"
