"""FastMCP makes spans where OpenTelemetry's SDK is there to take them, and nowhere else."""

import os
import subprocess
import sys

PROGRAM = """\
import mesh.runtime.initialization
import fastmcp
print(fastmcp.settings.telemetry_mode)
"""
VARIABLE = "FASTMCP_TELEMETRY_MODE"
LIMIT_SECONDS = 120


def mode(**variables):
    # INIT sets the variable, perhaps in this very process.
    inherited = {name: value for name, value in os.environ.items() if name != VARIABLE}
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        check=False,
        capture_output=True,
        text=True,
        timeout=LIMIT_SECONDS,
        env={**inherited, **variables},
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_no_span_is_made_that_nobody_takes():
    assert mode() == "propagation_only"


def test_spans_are_made_for_an_sdk_that_a_layer_brings(tmp_path):
    package = tmp_path / "opentelemetry" / "sdk"
    package.mkdir(parents=True)
    (package / "__init__.py").touch()
    assert mode(PYTHONPATH=f"{tmp_path}{os.pathsep}.") == "native"


def test_a_mode_that_is_set_is_kept():
    assert mode(**{VARIABLE: "off"}) == "off"
