"""Start, find, stop, restart, and what a kill leaves behind."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from mesh.build.environment import ROOT
from mesh.local_aws import LocalAwsError
from mesh.local_aws.function_url.ports import listen_somewhere
from mesh.local_aws.instances import task_root
from mesh.local_aws.process import find, start, stop
from mesh.local_aws.process_identity import identity
from mesh.local_aws.state import StateFolder, write_json
from tests.fixtures.deployed import ECHO, client, deploy, listening_addresses, wait_until

# Where MiniStack would leave folders behind.
TMP = Path("/tmp")  # noqa: S108 - only looked at


@pytest.fixture
def state(tmp_path):
    """A state folder; whatever runs on it ends with the test."""
    folder = tmp_path / "state"
    yield folder
    stop(folder)


def begin(state, **options):
    return start(state, endpoint_port=0, log=state.parent / "log.txt", **options)


def free_port():
    """A free one, which the kernel gives to no outgoing connection before it is used."""
    with listen_somewhere() as listening:
        return listening.getsockname()[1]


def test_start_find_and_stop(state):
    assert find(state) is None
    assert stop(state) is False
    running = begin(state)
    assert running.endpoint.startswith("http://127.0.0.1:")
    assert (running.region, running.account_id) == ("us-east-1", "000000000000")
    assert running.environment["AWS_ENDPOINT_URL"] == running.endpoint
    assert find(state) == running
    assert begin(state) == running
    identities = client(running, "sts").get_caller_identity()
    assert identities["Account"] == running.account_id
    assert stop(state) is True
    assert find(state) is None
    assert identity(running.pid) is None


def test_a_proxy_for_the_internet_does_not_hide_it(state, monkeypatch):
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    running = begin(state)
    assert find(state) == running
    assert running.status()["functions"] == []


def test_it_outlives_the_process_that_started_it(state):
    code = (
        "import sys; from pathlib import Path; from mesh.local_aws.process import start;"
        "print(start(Path(sys.argv[1]), log=Path(sys.argv[1] + '.log')).pid)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(state)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    running = find(state)
    assert running is not None
    assert running.pid == int(done.stdout)


def test_restart_keeps_functions_urls_parameters_and_endpoint(state):
    first = begin(state)
    function = deploy(first, ECHO, name="stays")
    client(first, "ssm").put_parameter(Name="/stays", Type="SecureString", Value="v")
    assert function.get().status_code == 200
    stop(state)
    second = begin(state)
    assert second.endpoint == first.endpoint
    assert function.get().status_code == 200
    found = client(second, "ssm").get_parameter(Name="/stays", WithDecryption=True)
    assert found["Parameter"]["Value"] == "v"


# It leaves its session, and its parent.
STARTING = """
import subprocess

def handler(event, context):
    started = ["sh", "-c", "sleep 300 & echo $!"]
    child = subprocess.Popen(started, stdout=subprocess.PIPE, start_new_session=True)
    print("grandchild", child.stdout.readline().decode())
"""


def test_kill_9_loses_nothing_that_was_saved_and_leaves_no_process(state):
    first = begin(state)
    starting = deploy(first, STARTING, name="starting")
    starting.get()
    [grandchild] = re.findall(r"grandchild (\d+)", starting.wait_for_log("REPORT"))
    function = deploy(first, ECHO, name="survives")
    assert function.get().status_code == 200
    instances = [instance["pid"] for instance in first.status()["instances"]]
    assert instances
    saved = StateFolder(state).ministack / "lambda.json"
    wait_until(lambda: saved.exists() and '"via-url"' in saved.read_text())
    os.kill(first.pid, signal.SIGKILL)
    ending = [first.pid, *instances, int(grandchild)]
    wait_until(lambda: all(identity(pid) is None for pid in ending), 60)
    assert find(state) is None
    begin(state)
    assert function.get().status_code == 200


# It writes all the time that it runs, so also while state is saved.
WRITING = """
import time

def handler(event, context):
    end = time.monotonic() + 2
    while time.monotonic() < end:
        print("line")
        time.sleep(0.0003)
"""


def test_what_is_saved_while_functions_write_is_whole(state):
    running = begin(state)
    function = deploy(running, WRITING, name="writing")
    parameters = client(running, "ssm")
    for number in range(3):
        # Saved half a second later.
        parameters.put_parameter(Name="/n", Type="String", Value=str(number), Overwrite=True)
        assert function.get().status_code == 200
    stop(state)
    assert "ERROR" not in (state.parent / "log.txt").read_text()


def test_what_a_caller_sends_again_is_told(state):
    running = begin(state)
    parameters = client(running, "ssm")

    def second_attempt(request, **_):
        request.headers["amz-sdk-request"] = "attempt=2; max=5"

    parameters.put_parameter(Name="/n", Type="String", Value="1", Overwrite=True)
    log = state.parent / "log.txt"
    assert "comes again" not in log.read_text()
    parameters.meta.events.register("before-send.ssm", second_attempt)
    parameters.put_parameter(Name="/n", Type="String", Value="2", Overwrite=True)
    assert "AmazonSSM.PutParameter comes again, attempt 2" in log.read_text()


def test_recorded_instances_of_a_killed_one_are_ended_and_strangers_are_not(state):
    stranger = subprocess.Popen(["sleep", "60"], start_new_session=True)
    leftover = subprocess.Popen(["sleep", "60"], start_new_session=True)
    folder = StateFolder(state)
    ours = {"pid": leftover.pid, "identity": identity(leftover.pid)}
    write_json(folder.instances / "a" / "process.json", ours)
    write_json(
        folder.instances / "b" / "process.json", {"pid": stranger.pid, "identity": "earlier"}
    )
    begin(state)
    assert leftover.wait(timeout=5) == -signal.SIGKILL
    assert stranger.poll() is None
    assert not list(folder.instances.glob("[ab]"))
    stranger.kill()
    stranger.wait()


def test_stop_never_touches_a_stranger_that_got_the_process_id(state):
    stranger = subprocess.Popen(["sleep", "60"], start_new_session=True)
    record = {"pid": stranger.pid, "identity": "an earlier process", "endpoint_port": 1}
    record |= {"region": "us-east-1", "account_id": "000000000000", "ready": True}
    write_json(StateFolder(state).record, record)
    assert stop(state) is False
    assert stranger.poll() is None
    stranger.kill()
    stranger.wait()


@pytest.mark.parametrize("content", ["{", '{"pid": "x"}'])
def test_half_written_state_is_no_obstacle(state, content):
    running = begin(state)
    deploy(running, ECHO, name="half")
    stop(state)
    folder = StateFolder(state)
    for path in [folder.record, folder.ports, *folder.ministack.glob("*.json")]:
        path.write_text(content)
    (folder.code / "half-unpacked").mkdir()
    again = begin(state)
    function = deploy(again, ECHO, name="after")
    assert function.get().status_code == 200
    assert not (folder.code / "half-unpacked").exists()


def test_a_busy_endpoint_port_is_one_line_that_names_port_and_process(state):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(LocalAwsError) as refused:
            start(state, endpoint_port=port, log=state.parent / "log.txt")
    said = str(refused.value)
    assert f"port {port}" in said
    assert "--endpoint-port" in said
    assert "\n" not in said
    if sys.platform == "linux":
        assert f"process {os.getpid()}" in said


def test_a_busy_url_port_at_restart_names_port_and_url(state):
    running = begin(state)
    function = deploy(running, ECHO, name="wants-its-port")
    stop(state)
    port = int(function.url.split(":")[2].strip("/"))
    with socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind(("127.0.0.1", port))
        taken.listen()
        with pytest.raises(LocalAwsError) as refused:
            begin(state)
    said = str(refused.value)
    assert f"port {port}" in said
    assert "wants-its-port:live" in said
    begin(state)
    assert function.get().status_code == 200


def test_a_new_port_is_what_the_control_plane_tells(state):
    running = begin(state)
    deploy(running, ECHO, name="moved")
    stop(state)
    ports = StateFolder(state).ports
    ports.unlink()
    number = free_port()
    write_json(ports, {"000000000000/us-east-1/moved:live": number})
    running = begin(state)
    told = client(running, "lambda").get_function_url_config(FunctionName="moved", Qualifier="live")
    assert told["FunctionUrl"] == f"http://127.0.0.1:{number}/"
    assert running.status()["functions"][0]["urls"][0]["url"] == told["FunctionUrl"]
    assert httpx.get(told["FunctionUrl"], timeout=60).status_code == 200


def test_unpacked_code_of_unused_versions_is_removed_and_comes_back(state):
    running = begin(state, idle_seconds=0.5)
    function = deploy(running, ECHO)

    def unpacked():
        return set(task_root.unpacked(StateFolder(state).code))

    (first,) = wait_until(unpacked)
    function.move_alias(function.update(ECHO + "\n# newer\n"))
    assert wait_until(lambda: len(there := unpacked()) == 1 and first not in there)
    answer = function.api.invoke(FunctionName=function.name, Qualifier="1", Payload=b'{"a": 1}')
    assert answer["Payload"].read() == b'{"a": 1}'
    assert wait_until(lambda: first not in unpacked())
    assert function.get().status_code == 200


def test_two_on_one_state_is_refused(state):
    begin(state)
    done = subprocess.run(
        [sys.executable, "-m", "mesh.local_aws", "--state", str(state), "--endpoint-port", "0"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr.startswith("local AWS: a local AWS already runs on")
    assert len(done.stderr.splitlines()) == 1


def test_a_missing_runtime_folder_is_one_line(state, tmp_path):
    with pytest.raises(LocalAwsError, match="make setup"):
        begin(state, runtime=tmp_path)


def test_a_full_port_range_is_an_error_of_create_function_url(state):
    port = free_port()
    running = begin(state, url_ports=str(port))
    first = deploy(running, ECHO)
    assert first.url == f"http://127.0.0.1:{port}/"
    second = deploy(running, ECHO, auth=None)
    with pytest.raises(second.api.exceptions.ServiceException, match="url-ports"):
        second.api.create_function_url_config(
            FunctionName=second.name, Qualifier="live", AuthType="NONE"
        )


def test_nothing_is_left_after_stop(state):
    before = set(TMP.iterdir())
    running = begin(state)
    function = deploy(running, ECHO)
    function.get()
    instances = [instance["pid"] for instance in running.status()["instances"]]
    assert instances
    stop(state)
    assert [pid for pid in [running.pid, *instances] if identity(pid)] == []
    left = {path for path in set(TMP.iterdir()) - before if "ministack" in path.name}
    assert left == set()
    folder = StateFolder(state)
    assert not folder.temporary.exists()
    assert list(folder.instances.glob("*")) == []


def test_it_listens_on_loopback_only(state):
    if not Path("/proc/net/tcp").exists():
        pytest.skip("needs /proc/net/tcp")
    running = begin(state)
    deploy(running, ECHO)
    addresses = listening_addresses(running.pid)
    assert len(addresses) >= 2
    assert {host for host, _ in addresses} == {"127.0.0.1"}


def test_idle_instances_end(state):
    running = begin(state, idle_seconds=0.5)
    function = deploy(running, ECHO)
    function.get()
    assert wait_until(lambda: running.status()["instances"] == [])
    assert function.get().status_code == 200


def test_it_ends_when_its_state_folder_is_removed(state):
    running = begin(state)
    shutil.rmtree(state)
    assert wait_until(lambda: identity(running.pid) is None)
    assert not state.exists()


def test_state_can_be_thrown_away(state):
    begin(state)
    stop(state)
    shutil.rmtree(state)
    assert find(state) is None
    assert begin(state).status()["functions"] == []
