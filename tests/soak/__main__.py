"""`python -m tests.soak [SECONDS]`: a minute by default; prints the figures."""

import argparse
import sys
import tempfile
from pathlib import Path

from tests.soak.soak import LONGEST_SECONDS, soak

DEFAULT_SECONDS = 60.0

if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m tests.soak", description=__doc__)
    most = f"{LONGEST_SECONDS:.0f} at most"
    parser.add_argument("seconds", type=float, nargs="?", default=DEFAULT_SECONDS, help=most)
    wanted = parser.parse_args().seconds
    with tempfile.TemporaryDirectory() as folder:
        report = soak(Path(folder), wanted)
    print("\n".join(report.lines()))
    wrong = report.tally.crossed or report.tally.lost or report.left_processes
    sys.exit(1 if wrong else 0)
