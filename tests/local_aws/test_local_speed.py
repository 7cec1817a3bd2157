"""What the data plane itself costs a request."""

import http.client
import re
import time
from statistics import median
from urllib.parse import urlsplit

from tests.local_aws.deployed import wait_until

ROUNDS, REQUESTS = 3, 150
OVERHEAD_MS = 5.0


def test_warm_overhead_is_at_most_five_milliseconds(deploy):
    """The client's time minus the Duration that the REPORT line tells, at the median.

    The best of three rounds, because the machine has other work.
    """
    function = deploy("def handler(event, context):\n    return {'statusCode': 200}\n")
    connection = http.client.HTTPConnection(urlsplit(function.url).netloc)

    def request():
        began = time.perf_counter()
        connection.request("POST", "/mcp", b"{}", {"content-type": "application/json"})
        connection.getresponse().read()
        return (time.perf_counter() - began) * 1000

    request()
    rounds = [median(request() for _ in range(REQUESTS)) for _ in range(ROUNDS)]
    connection.close()

    def reports():
        found = re.findall(r"REPORT .*?\tDuration: ([\d.]+) ms", function.log_text())
        return found if len(found) == ROUNDS * REQUESTS + 1 else None

    durations = [float(duration) for duration in wait_until(reports, seconds=20)]
    assert min(rounds) - median(durations) <= OVERHEAD_MS
