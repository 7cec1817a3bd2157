"""`python -m tests.soak [SECONDS]`: a minute by default; prints the figures."""

import sys
import tempfile
from pathlib import Path

from tests.soak.soak import soak

DEFAULT_SECONDS = 60.0

if __name__ == "__main__":
    wanted = float(sys.argv[1]) if len(sys.argv) > 1 else DEFAULT_SECONDS
    with tempfile.TemporaryDirectory() as folder:
        report = soak(Path(folder), wanted)
    print("\n".join(report.lines()))  # noqa: T201 - a command's output
    wrong = report.tally.crossed or report.tally.lost or report.left_processes
    sys.exit(1 if wrong else 0)
