"""AWS's own clients against local AWS: AWS CLI, curl's signature, mcp-proxy-for-aws."""

import json
import re
import subprocess
import sys
import time

import pytest

from mesh.build.environment import ROOT
from tests.fixtures.clients.real_clients import check, python_in
from tests.fixtures.deployed import ECHO, HERE

README = ROOT / "tests" / "local" / "contract" / "README.md"


def test_the_aws_cli_invokes_a_function(clients, deployed, tmp_path):
    function = deployed(ECHO)
    out = tmp_path / "out.json"
    said = clients.run(
        *("aws", "lambda", "invoke", "--function-name", f"{function.name}:live"),
        *("--payload", '{"question": 6}', "--log-type", "Tail", str(out)),
    )
    answer = json.loads(said)
    assert (answer["StatusCode"], answer["ExecutedVersion"]) == (200, "1")
    assert json.loads(out.read_text()) == {"question": 6}


def test_the_aws_cli_tells_a_function_error(clients, deployed, tmp_path):
    function = deployed("def handler(event, context):\n    raise ValueError('as asked')\n")
    out = tmp_path / "out.json"
    said = clients.run("aws", "lambda", "invoke", "--function-name", function.name, str(out))
    assert json.loads(said)["FunctionError"] == "Unhandled"
    assert json.loads(out.read_text())["errorType"] == "ValueError"


def test_the_aws_cli_reads_the_logs(clients, deployed):
    function = deployed("def handler(event, context):\n    print('printed for the log')\n")
    function.get()
    function.wait_for_log("printed for the log")
    group = f"/aws/lambda/{function.name}"
    said = clients.run("aws", "logs", "filter-log-events", "--log-group-name", group)
    messages = [event["message"] for event in json.loads(said)["events"]]
    assert "printed for the log" in messages
    streams = json.loads(
        clients.run("aws", "logs", "describe-log-streams", "--log-group-name", group)
    )
    (stream,) = streams["logStreams"]
    said = clients.run(
        *("aws", "logs", "get-log-events", "--log-group-name", group),
        *("--log-stream-name", stream["logStreamName"]),
    )
    assert [event["message"] for event in json.loads(said)["events"]] == messages


def test_the_aws_cli_filters_the_logs_from_a_moment_on(clients, deployed):
    function = deployed("def handler(event, context):\n    print('followed')\n")
    function.get()
    function.wait_for_log("followed")
    # What `logs tail` of version 2 asks for; version 1 of the CLI, from PyPI, has no such command.
    said = clients.run(
        *("aws", "logs", "filter-log-events", "--interleaved", "--output", "text"),
        *("--log-group-name", f"/aws/lambda/{function.name}", "--filter-pattern", "followed"),
        *("--start-time", str(int((time.time() - 60) * 1000))),
    )
    assert "followed" in said


def curl_json(curl, *arguments):
    done = subprocess.run(
        [curl, "-s", "--noproxy", "127.0.0.1", *arguments],
        capture_output=True,
        text=True,
        timeout=30,
        check=True,
    )
    return json.loads(done.stdout)


# curl before 8.3 signs encoded paths and unsorted queries otherwise than AWS wants.
@pytest.mark.parametrize("path", ["", "mcp", "mcp?a=1&b=2"])
def test_curls_own_signature_passes(curl, deployed, path):
    function = deployed(ECHO, auth="AWS_IAM")
    signing = ("--aws-sigv4", "aws:amz:us-east-1:lambda", "--user")
    sent = ("-d", '{"x":1}', "-H", "content-type: application/json", function.url + path)
    event = curl_json(curl, *signing, "test:test", *sent)
    assert event["body"] == '{"x":1}'
    assert curl_json(curl, *signing, "test:wrong", *sent) == {"Message": "Forbidden"}


def test_the_proxy_for_aws_does_all_that_other_clients_do_at_an_iam_url(clients, mesh_url):
    seen = python_in(
        *(sys.executable, "fastmcp_client.py", "--", clients.path("mcp-proxy-for-aws")),
        *(f"{mesh_url}mcp", "--service", "lambda", "--region", "us-east-1"),
        environment=clients.environment,
    )
    check(seen)


def test_the_commands_in_the_contract_suites_readme_work(clients):
    """Deployed by the AWS CLI with the very lines of the README, then asked as a real URL is."""
    (script,) = re.findall(r"```bash\n(.*?)```", README.read_text(), re.DOTALL)
    environment = clients.environment | {"ARCHITECTURE": HERE}
    done = subprocess.run(
        ["bash", "-c", script.replace("sleep 10 ", "sleep 0 ")],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    is_open, signed = re.findall(r"^http\S+$", done.stdout, re.MULTILINE)
    suite = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/local/contract"]
    wanted = ["--url", is_open, "--iam-url", signed, "-k", "cors or access or bodies"]
    checked = subprocess.run(
        [*suite, *wanted],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert checked.returncode == 0, checked.stdout
    assert re.search(r"\d\d passed", checked.stdout)
