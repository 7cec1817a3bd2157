"""What a function sees, and how it ends: docs.aws.amazon.com/lambda/latest/dg/."""

import importlib.util
import json
import re
import threading
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from mesh.local_aws.process_identity import identity
from tests.fixtures.deployed import client, wait_until

TMP = "/tmp"  # noqa: S108 - the instance's own


def body(code: str, before: str = "") -> str:
    """A handler of a few lines."""
    lines = "".join(f"    {line}\n" for line in code.strip().splitlines())
    return f"{before}\ndef handler(event, context):\n{lines}"


def test_only_the_zip_the_runtime_and_the_standard_library_can_be_imported(deploy):
    function = deploy(
        body("import sys, awslambdaric, boto3\nreturn [sys.path[:2], awslambdaric.__file__]")
    )
    path, runtime = function.get().json()
    assert path == ["/var/task", "/var/runtime"]
    assert runtime.startswith("/var/runtime/")


def test_a_dependency_missing_from_the_zip_fails_though_this_machine_has_it(deploy):
    assert importlib.util.find_spec("starlette")
    function = deploy(body("return 1", before="import starlette"))
    assert function.get().status_code == 502
    said = function.wait_for_log("INIT_REPORT")
    assert "Unable to import module 'handler': No module named 'starlette'" in said
    assert "INIT_REPORT Init Duration:" in said


def test_only_lambdas_environment_is_visible(deploy, monkeypatch):
    function = deploy(
        body("import os\nreturn dict(os.environ)"), Environment={"Variables": {"MINE": "1"}}
    )
    seen = function.get().json()
    assert seen["MINE"] == "1"
    assert seen["_HANDLER"] == "handler.handler"
    assert seen["LAMBDA_TASK_ROOT"] == "/var/task"
    assert seen["AWS_LAMBDA_FUNCTION_NAME"] == function.name
    assert seen["AWS_LAMBDA_FUNCTION_VERSION"] == "1"
    assert seen["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"] == "128"
    assert seen["AWS_EXECUTION_ENV"] == "AWS_Lambda_python3.13"
    assert seen["AWS_REGION"] == "us-east-1"
    assert seen["AWS_ENDPOINT_URL"] == function.running.endpoint
    assert re.fullmatch(r"\d{4}/\d\d/\d\d/\[1\][0-9a-f]{32}", seen["AWS_LAMBDA_LOG_STREAM_NAME"])
    unknown = {
        name
        for name in seen
        if not name.startswith(("AWS_", "LAMBDA_", "_", "PYTHON")) and name != "MINE"
    }
    assert unknown <= {"LANG", "LC_CTYPE", "LD_LIBRARY_PATH", "PATH", "TZ"}


def test_the_task_root_and_all_but_tmp_are_read_only(deploy):
    function = deploy(
        body(
            """
            import pathlib
            answers = {}
            for folder in ("/var/task", "/var/runtime", "/opt", "/", "/usr", "/tmp"):
                try:
                    (pathlib.Path(folder) / "written").write_text("x")
                    answers[folder] = "written"
                except OSError as error:
                    answers[folder] = error.strerror
            return answers
            """.replace("\n            ", "\n")
        )
    )
    answers = function.get().json()
    assert answers.pop(TMP) == "written"
    assert set(answers.values()) <= {"Read-only file system", "Permission denied"}
    assert answers["/var/task"] == "Read-only file system"


def test_the_function_cannot_undo_its_sandbox(deploy):
    function = deploy(
        body(
            "import subprocess\n"
            "return subprocess.run(['mount', '-o', 'remount,rw', '/var/task'],"
            " capture_output=True).returncode"
        )
    )
    assert function.get().json() != 0


def test_tracebacks_name_the_task_root(deploy):
    function = deploy(body("raise ValueError('broken on purpose')"))
    answer = function.get()
    assert (answer.status_code, answer.text) == (502, "Internal Server Error")
    said = function.wait_for_log("REPORT")
    assert "[ERROR] ValueError: broken on purpose" in said
    assert 'File "/var/task/handler.py", line 3, in handler' in said


def test_each_instance_has_a_tmp_of_its_own(deploy, gate):
    function = deploy(
        body(
            "open('/tmp/seen-' + context.aws_request_id, 'w').close()\n"
            f"{gate.code}\n"
            "return len([n for n in os.listdir('/tmp') if n.startswith('seen-')])",
            before="import os",
        ),
        Timeout=60,
    )
    with ThreadPoolExecutor(3) as pool:
        asked = [pool.submit(function.get, "held") for _ in range(3)]
        gate.wait_for(3)
        gate.open()
        assert [answer.result().json() for answer in asked] == [1] * 3
    assert function.get().json() == 2


def test_a_timeout_kills_the_instance_and_is_a_502(deploy):
    function = deploy(body("import time\ntime.sleep(60)"), Timeout=1)
    answer = function.get()
    assert (answer.status_code, answer.elapsed.total_seconds() < 60) == (502, True)
    said = function.wait_for_log("REPORT")
    assert re.search(r"Z [0-9a-f-]{36} Task timed out after 1.00 seconds", said)
    assert "Status: timeout" in said
    assert [one["pid"] for one in instances_of(function)] == [0]


def test_an_init_of_more_than_ten_seconds_is_ended(deploy):
    function = deploy("import time\ntime.sleep(60)\ndef handler(event, context): ...", Timeout=2)
    answer = function.get()
    assert answer.status_code == 502
    assert 10 <= answer.elapsed.total_seconds() < 60
    assert "Status: timeout" in function.wait_for_log("INIT_REPORT")
    assert [one["pid"] for one in instances_of(function)] == [0]


def test_an_init_that_took_too_long_is_tried_once_more(deploy, gate):
    address = gate.listening.getsockname()
    before = f"import socket\ntold = socket.create_connection({address!r}, 60).recv(1)"
    function = deploy(body("return told.decode()", before=before), Timeout=60)
    with ThreadPoolExecutor(1) as pool:
        asked = pool.submit(function.get)
        # The first one waits in vain; the second is told to go on.
        gate.wait_for(2)
        gate.open()
        assert asked.result().json() == "!"
    assert function.wait_for_log("REPORT RequestId").count("INIT_START") == 2


def test_the_deadline_is_the_timeout(deploy):
    function = deploy(body("return context.get_remaining_time_in_millis()"), Timeout=7)
    assert 6000 < function.get().json() <= 7000


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("import os\nos._exit(3)", "Runtime exited with error: exit status 3"),
        ("import sys\nsys.exit(0)", "Runtime exited without providing a reason"),
        ("import os\nos.kill(os.getpid(), 11)", "signal: segmentation fault"),
    ],
)
def test_an_exit_of_the_process_is_a_502_and_the_next_request_is_answered(deploy, code, expected):
    function = deploy(
        body(
            f"if 'die' in event['rawPath']:\n    {code.splitlines()[0]}\n"
            f"    {code.splitlines()[1]}\nreturn 'alive'"
        )
    )
    assert function.get().json() == "alive"
    assert function.get("die").status_code == 502
    said = function.wait_for_log("Runtime.ExitError")
    assert expected in said
    assert function.get().json() == "alive"


def test_too_much_memory_kills_the_instance(deploy):
    function = deploy(
        body("data = b'x' * (300 * 1024 * 1024)\nimport time\ntime.sleep(5)\nreturn len(data)")
    )
    assert function.get().status_code == 502
    said = function.wait_for_log("Runtime.OutOfMemory")
    assert "signal: killed" in said
    assert "Max Memory Used: 128 MB" in said


def test_children_of_a_killed_instance_end_with_it(deploy):
    function = deploy(
        body(
            "child = subprocess.Popen(['sleep', '300'])\nprint('child', child.pid)\ntime.sleep(60)",
            before="import subprocess, time",
        ),
        Timeout=3,
    )
    function.get()
    said = function.wait_for_log("child ")
    found = re.search(r"child (\d+)", said)
    assert found

    def gone():
        return identity(int(found[1])) is None

    assert wait_until(gone)


def test_one_instance_for_each_concurrent_request(deploy, gate):
    function = deploy(body(f"{gate.code}\nreturn os.getpid()", before="import os"), Timeout=60)
    with ThreadPoolExecutor(5) as pool:
        asked = [pool.submit(function.get, "held") for _ in range(5)]
        gate.wait_for(5)
        gate.open()
        pids = [answer.result().json() for answer in asked]
    assert len(set(pids)) == 5


def test_an_idle_instance_is_used_again(deploy):
    function = deploy(body("global calls\ncalls += 1\nreturn calls", before="calls = 0"))
    with httpx.Client(timeout=60) as kept:
        assert [kept.get(function.url).json() for _ in range(30)] == list(range(1, 31))


def test_twenty_clients_lose_and_cross_no_response(deploy):
    function = deploy(body("return event['rawPath']"))

    def talk(number):
        with httpx.Client(timeout=30) as kept:
            return [
                kept.get(f"{function.url}{number}-{turn}").json() == f"/{number}-{turn}"
                for turn in range(25)
            ]

    with ThreadPoolExecutor(20) as pool:
        answers = [right for worker in pool.map(talk, range(20)) for right in worker]
    assert (len(answers), all(answers)) == (500, True)


def test_reserved_concurrency_is_a_429_beyond_it(deploy, gate):
    function = deploy(body(f"{gate.code}\nreturn 1"), Timeout=60)
    function.api.put_function_concurrency(
        FunctionName=function.name, ReservedConcurrentExecutions=2
    )
    with ThreadPoolExecutor(6) as pool:
        asked = [pool.submit(function.get, "held") for _ in range(2)]
        gate.wait_for(2)
        refused = list(pool.map(lambda _: function.get("held"), range(4)))
        gate.open()
        answers = [*refused, *(answer.result() for answer in asked)]
        statuses = sorted(answer.status_code for answer in answers)
    assert statuses == [200, 200, 429, 429, 429, 429]
    function.api.put_function_concurrency(
        FunctionName=function.name, ReservedConcurrentExecutions=0
    )
    assert function.get().status_code == 429
    function.api.delete_function_concurrency(FunctionName=function.name)
    assert function.get().status_code == 200


def test_log_lines_are_lambdas_own(deploy):
    function = deploy(
        body(
            "print('printed')\nlogging.getLogger().error('logged')\nreturn context.aws_request_id",
            before="import logging",
        )
    )
    request = function.get().json()
    function.get()
    said = wait_until(
        lambda: (text := function.log_text()).count("REPORT RequestId") == 2 and text
    ).splitlines()
    assert re.fullmatch(
        r"INIT_START Runtime Version: python3\.13.*\tRuntime Version ARN: .*", said[0]
    )
    assert said[1] == f"START RequestId: {request} Version: 1"
    assert said[2:4] == ["printed", said[3]]
    assert re.fullmatch(rf"\[ERROR\]\t\d{{4}}-.*Z\t{request}\tlogged", said[3])
    assert said[4] == f"END RequestId: {request}"
    assert re.fullmatch(
        rf"REPORT RequestId: {request}\tDuration: [\d.]+ ms\tBilled Duration: \d+ ms\t"
        r"Memory Size: 128 MB\tMax Memory Used: \d+ MB\tInit Duration: [\d.]+ ms",
        said[5],
    )
    assert "Init Duration" not in said[-1]
    streams = client(function.running, "logs").describe_log_streams(
        logGroupName=f"/aws/lambda/{function.name}"
    )["logStreams"]
    assert len(streams) == 1


def test_json_log_format(deploy):
    function = deploy(
        body("logging.getLogger().error('logged')\nreturn 1", before="import logging"),
        LoggingConfig={"LogFormat": "JSON"},
    )
    function.get()
    lines = [json.loads(line) for line in function.wait_for_log("platform.report").splitlines()]
    assert [line.get("type") for line in lines] == [
        "platform.initStart",
        "platform.start",
        None,
        "platform.runtimeDone",
        "platform.report",
    ]
    assert (lines[2]["level"], lines[2]["message"]) == ("ERROR", "logged")
    assert lines[-1]["record"]["metrics"]["initDurationMs"] > 0


def test_a_function_reaches_this_aws_with_its_own_sdk(deploy):
    function = deploy(
        body(
            "return boto3.client('ssm').get_parameter(Name='/seen', WithDecryption=True)"
            "['Parameter']['Value']",
            before="import boto3",
        ),
        MemorySize=256,
    )
    client(function.running, "ssm").put_parameter(Name="/seen", Type="SecureString", Value="yes")
    assert function.get().json() == "yes"


def instances_of(function):
    return [
        instance
        for instance in function.running.status()["instances"]
        if instance["function"] == function.name
    ]


def test_a_busy_instance_is_shown_as_busy(deploy, gate):
    function = deploy(body(f"{gate.code}\nreturn 1"), Timeout=60)
    asking = threading.Thread(target=function.get, args=["held"])
    asking.start()
    gate.wait_for(1)
    assert [item["busy"] for item in instances_of(function)] == [True]
    gate.open()
    asking.join()
    assert wait_until(lambda: [item["busy"] for item in instances_of(function)] == [False])
