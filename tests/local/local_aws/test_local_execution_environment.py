"""An instance's life, as AWS describes it and as AWS's own emulator shows it.

https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html
https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html#configuration-envvars-runtime
https://github.com/aws/aws-lambda-runtime-interface-emulator
"""

import json
import re
from pathlib import Path

import pytest

from mesh.local_aws.process import start, stop
from mesh.local_aws.process_identity import identity
from tests.fixtures.deployed import deploy as deploy_to
from tests.fixtures.deployed import wait_until
from tests.local.local_aws.test_local_instances import body

# A runtime of its own: it says what the Runtime API answered to what is out of turn.
RUNTIME = """
import http.client, os

api = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])

def ask(method, path, content=b"", **headers):
    api.request(method, "/2018-06-01/runtime" + path, content, headers)
    answer = api.getresponse()
    answer.read()
    return answer.status, answer.getheader("Lambda-Runtime-Aws-Request-Id")

while True:
    identifier = ask("GET", "/invocation/next")[1]
    mode = {"Lambda-Runtime-Function-Response-Mode": "slowly"}
    print("statuses", *[
        ask("POST", "/invocation/another/response", b"1")[0],
        ask("POST", "/init/error", b"{}")[0],
        ask("POST", f"/invocation/{identifier}/response", b"1", **mode)[0],
        ask("POST", f"/invocation/{identifier}/response", b"1")[0],
        ask("POST", f"/invocation/{identifier}/response", b"2")[0],
        ask("POST", f"/invocation/{identifier}/error", b"{}")[0],
    ], flush=True)
"""


def test_what_a_runtime_says_out_of_turn_is_refused(deploy):
    function = deploy(
        body(""),
        files={
            "own": "#!/bin/sh\nexec python3.13 -S /var/task/runtime.py\n",
            "runtime.py": RUNTIME,
        },
        Environment={"Variables": {"AWS_LAMBDA_EXEC_WRAPPER": "/var/task/own"}},
    )

    assert function.get().json() == 1
    assert "statuses 400 403 400 202 403 403" in function.wait_for_log("REPORT")


@pytest.mark.parametrize("end", ["os._exit(1)", "time.sleep(60)"])
def test_tmp_outlives_a_crash_and_a_timeout_of_the_runtime(deploy, end):
    function = deploy(
        body(
            "made = os.path.exists('/tmp/kept')\nopen('/tmp/kept', 'w').close()\n"
            f"if event['rawPath'] == '/end':\n    {end}\nreturn made",
            before="import os, time",
        ),
        Timeout=2,
    )

    assert function.get("end").status_code == 502
    assert function.get().json() is True
    assert function.log_text().count("\tInit Duration: ") == 1


def test_a_runtime_that_starts_again_uses_the_time_of_the_invocation(deploy):
    function = deploy(
        body(
            "if event['rawPath'] == '/end':\n    os._exit(1)\n"
            "return context.get_remaining_time_in_millis()",
            before="import os, time\ntime.sleep(1.5)",
        ),
        Timeout=5,
    )

    assert function.get("end").status_code == 502
    assert function.get().json() < 3500
    last = function.wait_for_log("REPORT").splitlines()
    assert wait_until(lambda: function.log_text().count("REPORT RequestId") == 2)
    durations = re.findall(r"REPORT .*\tDuration: ([\d.]+) ms", function.log_text())
    assert float(durations[1]) >= 1500, last


def test_a_failed_init_is_tried_once_more_within_the_invocation(deploy):
    function = deploy("import os\nos._exit(7)")

    assert function.get().status_code == 502
    said = function.wait_for_log("REPORT RequestId").splitlines()
    (request,) = {found for line in said for found in re.findall(r"RequestId: (\S+)", line)}
    assert [line.split("\t")[0] for line in said] == [
        line.split("\t")[0]
        for line in [
            said[0],
            said[1],
            said[2],
            f"RequestId: {request} Error: Runtime exited with error: exit status 7",
            "Runtime.ExitError",
            said[5],
            f"START RequestId: {request} Version: 1",
            f"END RequestId: {request}",
            f"REPORT RequestId: {request}",
        ]
    ]
    assert [line.partition(" ")[0] for line in said[:3]] == [
        "INIT_START",
        "INIT_REPORT",
        "INIT_START",
    ]
    assert "\tPhase: init\tStatus: error\tError Type: Runtime.ExitError" in said[1]
    assert "\tPhase: invoke\tStatus: error\tError Type: Runtime.ExitError" in said[5]
    assert said[-1].endswith("\tStatus: error\tError Type: Runtime.ExitError")


def test_an_exit_after_the_answer_is_an_error(deploy):
    """An invocation ends when the runtime asks for the next, not when it has answered."""
    function = deploy(
        body(""),
        files={
            "own": "#!/bin/sh\nexec python3.13 -S /var/task/runtime.py\n",
            "runtime.py": RUNTIME.replace("print(", "import sys; print(") + "    os._exit(3)\n",
        },
        Environment={"Variables": {"AWS_LAMBDA_EXEC_WRAPPER": "/var/task/own"}},
    )

    assert function.get().status_code == 502
    assert "exit status 3" in function.wait_for_log("REPORT RequestId")


def test_an_instance_is_frozen_between_invocations(deploy):
    function = deploy(
        body(
            "return count[0]",
            before="import threading, time\ncount = [0]\n"
            "def work():\n    while True:\n        count[0] += 1\n        time.sleep(0.001)\n"
            "threading.Thread(target=work, daemon=True).start()",
        ),
    )

    function.get()
    (instance,) = [
        one for one in function.running.status()["instances"] if one["function"] == function.name
    ]
    stat = Path(f"/proc/{instance['pid']}/stat").read_text("utf-8")
    assert stat.rpartition(")")[2].split()[0] == "T"
    assert function.get().json() > 0


def test_children_in_sessions_of_their_own_end_with_the_instance(tmp_path):
    running = start(tmp_path / "state", endpoint_port=0, url_ports="0", log=tmp_path / "log.txt")
    try:
        function = deploy_to(
            running,
            body(
                "child = subprocess.Popen(['sh', '-c', 'sleep 300 & echo $!'], "
                "stdout=subprocess.PIPE, start_new_session=True)\n"
                "print('grandchild', child.stdout.readline().decode())\nreturn 1",
                before="import subprocess",
            ),
        )
        function.get()
        found = re.search(r"grandchild (\d+)", function.wait_for_log("REPORT"))
    finally:
        stop(tmp_path / "state")

    assert found
    assert wait_until(lambda: identity(int(found[1])) is None)


def test_processes_and_threads_are_1024_at_most(deploy):
    function = deploy(
        body(
            "ended, threads = threading.Event(), []\n"
            "try:\n"
            "    for _ in range(1200):\n"
            "        threads.append(threading.Thread(target=ended.wait))\n"
            "        threads[-1].start()\n"
            "    return [len(threads), '']\n"
            "except RuntimeError as error:\n"
            "    return [len(threads), str(error)]\n"
            "finally:\n"
            # The runtime itself starts a thread for its next request.
            "    ended.set()\n"
            "    for thread in threads[:-1]:\n"
            "        thread.join()",
            before="import threading",
        ),
        Timeout=120,
    )

    count, said = function.get().json()

    assert (count, said) == (1024, "can't start new thread")


def test_a_message_that_is_too_long_is_an_error_that_says_so(deploy):
    function = deploy(body("raise ValueError('x' * 7_000_000)"), auth=None)

    answer = function.api.invoke(FunctionName=function.name)

    assert answer["FunctionError"] == "Unhandled"
    assert json.loads(answer["Payload"].read())["errorType"] == "Function.ResponseSizeTooLarge"


def test_limits_signals_and_variables_are_lambdas(deploy):
    function = deploy(
        body(
            "import os, resource, signal\n"
            "print('no line feed', end='', flush=True)\n"
            "return [resource.getrlimit(resource.RLIMIT_NOFILE), "
            "signal.getsignal(signal.SIGHUP) == signal.SIG_DFL, "
            "[os.environ.get(name) for name in "
            "('AWS_XRAY_CONTEXT_MISSING', 'AWS_XRAY_DAEMON_ADDRESS')], "
            "bool(os.environ['AWS_SESSION_TOKEN'])]"
        )
    )

    assert function.get().json() == [
        [1024, 1024],
        True,
        ["LOG_ERROR", "127.0.0.1:2000"],
        True,
    ]
    assert "no line feed\nEND" in function.wait_for_log("REPORT")
