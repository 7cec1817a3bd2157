"""200 clients at once: nothing is lost, crossed or leaked, and memory stays flat.

`pytest tests/local/soak --soak-seconds 60` is the full form, `python -m tests.soak` prints figures.
"""

import pytest

from tests.soak.soak import CLIENTS, RESERVED, soak

# The short form does not reach the limits of `cloudwatch.retention` before its middle.
GROWTH_MB = 20.0
FLAT_MB = 8.0
FULL_SECONDS = 60.0


@pytest.mark.soak
def test_two_hundred_clients_lose_cross_and_leak_nothing(request, tmp_path):
    seconds = request.config.getoption("--soak-seconds", 10.0)
    report = soak(tmp_path, seconds)
    said = "\n".join([*report.lines(), *report.tally.lost[:5]])
    tally = report.tally
    assert tally.lost == [], said
    assert tally.crossed == 0, said
    assert set(tally.statuses) <= {200, 429}, said
    assert tally.statuses[200] >= CLIENTS, said
    assert max(sample.instances for sample in report.samples) <= 2 * RESERVED, said
    allowed = FLAT_MB if seconds >= FULL_SECONDS else GROWTH_MB
    assert report.emulator_growth_mb <= allowed, said
    assert report.instance_growth_mb <= FLAT_MB, said
    assert (report.left_processes, report.left_folders) == ([], []), said
