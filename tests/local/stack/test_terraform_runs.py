"""Runs of Terraform end in order and explain themselves."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from mesh.stack import terraform, terraform_run

FAILING = """\
#!/bin/sh
seq 1 100
cat <<'END'

╷
│ Error: creating Lambda Function: too large
│
│   with aws_lambda_function.this,
╵
END
exit 1
"""
# Saves its state on the first interrupt, as Terraform does; a second one would kill it.
STOPPABLE = """\
#!{python}
import pathlib, signal, sys, time
here = pathlib.Path({folder!r})
def stop(*_):
    signal.signal(signal.SIGINT, lambda *_: (here / "twice").touch())
    time.sleep(0.3)
    (here / "saved").touch()
    sys.exit(1)
signal.signal(signal.SIGINT, stop)
(here / "started").touch()
signal.pause()
"""
RUNNING = """\
import pathlib
from mesh.stack import terraform_run
here = pathlib.Path({folder!r})
terraform_run.run(["apply"], root=here, variables={{"PATH": {folder!r}}}, log=here / "log")
"""


def executable(folder: Path, text: str) -> dict[str, str]:
    script = folder / "terraform"
    script.write_text(text)
    script.chmod(0o755)
    return {"PATH": f"{folder}:/usr/bin:/bin"}


def runs(pid: str) -> bool:
    """Whether the process is there and is not merely waiting for its parent to notice."""
    done = subprocess.run(["ps", "-o", "stat=", "-p", pid], capture_output=True, check=False)
    return done.stdout.strip()[:1] not in {b"", b"Z"}


def test_a_failure_shows_terraforms_error_and_where_the_rest_is(tmp_path: Path) -> None:
    variables = executable(tmp_path, FAILING)
    log = tmp_path / "logs" / "terraform.log"
    with pytest.raises(terraform_run.TerraformFailedError) as failure:
        terraform_run.run(["apply"], root=tmp_path, variables=variables, log=log)
    assert str(failure.value).splitlines() == [
        "terraform apply failed:",
        "  Error: creating Lambda Function: too large",
        "    with aws_lambda_function.this,",
        f"  all of its output: {log}",
    ]
    assert "\n57\n" in log.read_text()
    assert "\n57\n" in failure.value.output


def test_a_file_that_sets_an_unknown_variable_is_refused(tmp_path: Path) -> None:
    (tmp_path / "main.tf").write_text('variable "memory_mb" {\n  default = 512\n}\n')
    values = tmp_path / "local.tfvars"
    for name, unknown in (("memory_mb", False), ("memmory_mb", True)):
        values.write_text(f"{name} = 256\n")
        said = pytest.raises(terraform_run.TerraformFailedError, match="sets memmory_mb, and there")
        with said if unknown else contextlib.nullcontext():
            terraform_run.run(
                ["plan", "-input=false", "-no-color", f"-var-file={values}"],
                root=tmp_path,
                variables=terraform.environment(),
                log=tmp_path / "log",
            )


def test_each_run_is_added_to_the_log_and_explained_by_its_own_output(tmp_path: Path) -> None:
    log = tmp_path / "log"
    variables = executable(tmp_path, FAILING)
    with pytest.raises(terraform_run.TerraformFailedError):
        terraform_run.run(["apply"], root=tmp_path, variables=variables, log=log)
    variables = executable(tmp_path, "#!/bin/sh\necho other trouble\nexit 1\n")
    with pytest.raises(terraform_run.TerraformFailedError) as failure:
        terraform_run.run(["destroy"], root=tmp_path, variables=variables, log=log)
    assert "too large" not in str(failure.value)
    assert "  other trouble" in str(failure.value).splitlines()
    assert "too large" in log.read_text()


def test_a_run_that_is_to_stop_is_asked_to_and_said_to_be_stopped(tmp_path: Path) -> None:
    begun = tmp_path / "begun"
    script = (
        f"#!/bin/sh\ntrap 'echo saved; exit 1' INT\ntouch {begun}\nwhile :; do sleep 0.05; done\n"
    )
    variables = executable(tmp_path, script)
    log = tmp_path / "log"
    with pytest.raises(terraform_run.TerraformFailedError, match="apply was stopped"):
        terraform_run.run(["apply"], root=tmp_path, variables=variables, log=log, stop=begun.exists)
    # In order, and not by force.
    assert "saved" in log.read_text()


def test_a_killed_terraform_leaves_no_provider_behind(tmp_path: Path) -> None:
    provider = tmp_path / "provider"
    variables = executable(tmp_path, f"#!/bin/sh\nsleep 60 &\necho $! > {provider}\nkill -9 $$\n")
    with pytest.raises(terraform_run.TerraformFailedError, match="killed by signal 9"):
        terraform_run.run(["apply"], root=tmp_path, variables=variables, log=tmp_path / "log")
    deadline = time.monotonic() + 10
    while runs(provider.read_text().strip()):
        assert time.monotonic() < deadline
        time.sleep(0.01)


# Slow to learn that Terraform has been started, as on a machine with much else to do.
SLOW_START = """\
import subprocess, time
start = subprocess.Popen
def slow(*arguments, **named):
    started = start(*arguments, **named)
    time.sleep(1)
    return started
subprocess.Popen = slow
"""


@pytest.mark.parametrize("slow", ["", SLOW_START], ids=["quick", "slow"])
def test_ctrl_c_reaches_terraform_once_and_waits_for_its_state(tmp_path: Path, slow: str) -> None:
    executable(tmp_path, STOPPABLE.format(python=sys.executable, folder=str(tmp_path)))
    # A group of its own, so that the signal can be sent as a terminal does: to all of it.
    caller = subprocess.Popen(
        [sys.executable, "-c", slow + RUNNING.format(folder=str(tmp_path))],
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        deadline = time.monotonic() + 60
        while not (tmp_path / "started").exists():
            assert time.monotonic() < deadline
            time.sleep(0.01)
        os.killpg(caller.pid, signal.SIGINT)
        caller.wait(60)
    finally:
        caller.kill()
    assert (tmp_path / "saved").exists()
    assert not (tmp_path / "twice").exists()
