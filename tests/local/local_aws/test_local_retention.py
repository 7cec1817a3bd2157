"""What is kept in memory is bounded: the newest log events."""

from mesh.local_aws.process import start, stop
from tests.fixtures.deployed import deploy, wait_until

# More than `mesh.local_aws.cloudwatch.retention` keeps, in two invocations.
CHATTY = """
def handler(event, context):
    for number in range(6000):
        print("line", event["rawPath"], number)
"""


def test_the_oldest_log_events_of_a_group_go_first(tmp_path):
    running = start(tmp_path / "state", endpoint_port=0, log=tmp_path / "log.txt")
    try:
        function = deploy(running, CHATTY)
        assert function.get("first").status_code == 200
        assert wait_until(lambda: "line /first 5999" in function.log_messages())
        assert "line /first 0" in function.log_messages()
        assert function.get("second").status_code == 200
        found = wait_until(
            lambda: "line /second 5999" in (said := function.log_messages()) and said, seconds=20
        )
        assert len(found) <= 10_000
        assert "line /first 0" not in found
        assert "line /second 0" in found
        (plain,) = (tmp_path / "state" / "logs").glob("*.log")
        assert "line /first 0\n" in plain.read_text()
    finally:
        stop(tmp_path / "state")
