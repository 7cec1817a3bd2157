"""Versions, aliases, weights and URLs, as a deployment uses them."""

import threading
from textwrap import indent

import httpx
import pytest

from tests.fixtures.deployed import HERE, client, wait_until, zip_of


def says(word: str) -> str:
    return f"def handler(event, context):\n    return {word!r} + context.function_version\n"


def test_an_alias_move_is_seen_by_the_very_next_request(deploy):
    function = deploy(says("v"))
    versions = ["1", function.update(says("w")), function.update(says("x"))]
    answers = []
    for version in versions * 3:
        function.move_alias(version)
        answers.append(function.get().json())
    assert answers == ["v1", "w2", "x3"] * 3


def test_publishing_alone_changes_nothing_at_the_url(deploy):
    function = deploy(says("v"))
    function.update(says("w"))
    assert function.get().json() == "v1"


def test_rollback_keeps_the_url(deploy):
    function = deploy(says("v"))
    function.move_alias(function.update(says("w")))
    assert function.get().json() == "w2"
    function.move_alias("1")
    assert function.get().json() == "v1"
    config = function.api.get_function_url_config(FunctionName=function.name, Qualifier="live")
    assert config["FunctionUrl"] == function.url
    assert config["FunctionArn"].endswith(f":function:{function.name}:live")


def test_instances_are_reused_after_a_quick_rollback(deploy):
    counting = "calls = 0\ndef handler(event, context):\n    global calls\n    calls += 1\n"
    function = deploy(counting + "    return calls\n")
    function.get()
    function.move_alias(function.update(says("w")))
    function.move_alias("1")
    answers = [function.get().json() for _ in range(4)]
    assert answers[1:] == [answers[0] + turn for turn in (1, 2, 3)]


def test_a_version_invoked_by_its_number_stays_warm(deploy):
    function = deploy(says("v"), auth=None)
    version = function.update(says("w"))
    function.move_alias(version)
    pids = set()
    for _ in range(3):
        function.api.invoke(FunctionName=function.name, Qualifier="1")
        pids |= {
            instance["pid"]
            for instance in function.running.status()["instances"]
            if (instance["function"], instance["version"]) == (function.name, "1")
        }
        # Any change makes the data plane look again.
        function.api.tag_resource(
            Resource=f"arn:aws:lambda:us-east-1:000000000000:function:{function.name}",
            Tags={"a": "b"},
        )
    assert len(pids) == 1


def test_weights_split_the_requests(deploy):
    function = deploy(says("v"))
    new = function.update(says("w"))
    function.move_alias("1", v2=0.5)
    with httpx.Client(timeout=60) as kept:
        answers = [kept.get(function.url).json() for _ in range(60)]
    assert new == "2"
    assert 10 < answers.count("w2") < 50
    assert answers.count("v1") + answers.count("w2") == 60


def test_instances_of_the_old_version_end_after_an_alias_move(running, deploy):
    function = deploy(says("v"))
    function.get()
    function.move_alias(function.update(says("w")))
    function.get()

    def versions():
        return {
            instance["version"]
            for instance in running.status()["instances"]
            if instance["function"] == function.name
        }

    assert wait_until(lambda: versions() == {"2"})


def test_a_request_that_runs_during_an_alias_move_is_finished(deploy, gate):
    waits = f"{gate.code}\nreturn 'old'\n"
    function = deploy(f"def handler(event, context):\n{indent(waits, '    ')}", Timeout=60)
    answers = []
    slow = threading.Thread(target=lambda: answers.append(function.get("held").json()))
    slow.start()
    gate.wait_for(1)
    function.move_alias(function.update(says("w")))
    assert function.get().json() == "w2"
    gate.open()
    slow.join()
    assert answers == ["old"]


def test_a_configuration_change_of_latest_is_seen_at_once(deploy):
    function = deploy(
        "import os\ndef handler(event, context):\n    return os.environ.get('COLOUR')\n", auth=None
    )
    for colour in ("red", "blue"):
        function.api.update_function_configuration(
            FunctionName=function.name, Environment={"Variables": {"COLOUR": colour}}
        )
        answer = function.api.invoke(FunctionName=function.name)
        assert answer["Payload"].read().decode() == f'"{colour}"'


def test_each_alias_has_a_url_of_its_own(deploy):
    function = deploy(says("v"))
    version = function.update(says("w"))
    api = function.api
    api.create_alias(FunctionName=function.name, Name="candidate", FunctionVersion=version)
    other = api.create_function_url_config(
        FunctionName=function.name, Qualifier="candidate", AuthType="NONE"
    )["FunctionUrl"]
    assert other != function.url
    assert other.startswith("http://127.0.0.1:")
    assert other.endswith("/")
    listed = api.list_function_url_configs(FunctionName=function.name)["FunctionUrlConfigs"]
    assert {config["FunctionUrl"] for config in listed} == {function.url, other}


def test_destroy_and_create_give_the_same_url(deploy):
    function = deploy(says("v"), name="comes-back")
    function.api.delete_function(FunctionName=function.name)
    with pytest.raises(httpx.ConnectError):
        function.get()
    again = deploy(says("again"), name="comes-back")
    assert again.url == function.url
    assert again.get().json() == "again1"


def test_a_url_of_cloudformation_answers_too(running, deploy):
    function = deploy(says("v"), auth=None)
    template = """{"Resources": {"Url": {"Type": "AWS::Lambda::Url",
        "Properties": {"TargetFunctionArn": "NAME", "AuthType": "NONE"}}}}"""
    stack = f"url-of-{function.name}"
    client(running, "cloudformation").create_stack(
        StackName=stack, TemplateBody=template.replace("NAME", function.name)
    )
    api = function.api

    def config():
        found = api.list_function_url_configs(FunctionName=function.name)["FunctionUrlConfigs"]
        return found and found[0]

    url = wait_until(config)["FunctionUrl"]

    def status():
        try:
            return httpx.get(url, timeout=60).status_code
        except httpx.ConnectError:
            return None

    # Nobody granted anything, so it answers with AWS's refusal.
    assert wait_until(status) == 403


def test_status_tells_functions_urls_and_requests(running, deploy):
    function = deploy(says("v"))
    function.get("seen?x=1")
    status = running.status()
    shown = next(item for item in status["functions"] if item["name"] == function.name)
    assert shown["versions"] == ["1"]
    assert shown["aliases"] == {"live": "1"}
    assert shown["urls"] == [{"qualifier": "live", "url": function.url, "auth_type": "NONE"}]
    last = [item for item in status["requests"] if item["path"] == "/seen"][-1]
    assert (last["method"], last["qualifier"], last["version"]) == ("GET", "live", "1")
    assert (last["status"], last["cold"]) == (200, True)
    assert last["duration_ms"] > 0
    assert any(
        item["function"] == function.name and item["invocations"] == 1 and item["pid"] > 0
        for item in status["instances"]
    )


def test_a_zip_of_the_other_architecture_is_refused_by_name(deploy):
    other = "arm64" if HERE == "x86_64" else "x86_64"
    function = deploy(says("v"), Architectures=[other])
    answer = function.get()
    assert answer.status_code == 502
    assert f"built for {other} and this machine is {HERE}" in answer.json()["Message"]


def test_another_runtime_is_refused_by_name(deploy):
    answer = deploy(says("v"), Runtime="python3.12").get()
    assert answer.status_code == 502
    assert "python3.12" in answer.json()["Message"]


def test_a_new_zip_of_the_same_bytes_needs_no_second_unpacking(deploy, running):
    first = deploy(says("same"))
    second = deploy(says("same"))
    assert (first.get().json(), second.get().json()) == ("same1", "same1")
    assert zip_of({"a": "b"}) != zip_of({"a": "c"})


def test_layers_are_refused_by_name(running, deploy):
    layer = client(running, "lambda").publish_layer_version(
        LayerName="extra", Content={"ZipFile": zip_of({"python/extra.py": ""})}
    )
    answer = deploy(says("v"), Layers=[layer["LayerVersionArn"]]).get()
    assert answer.status_code == 502
    assert "layers" in answer.json()["Message"]


def test_a_streaming_url_is_served_buffered(deploy):
    function = deploy(says("v"))
    function.api.update_function_url_config(
        FunctionName=function.name, Qualifier="live", InvokeMode="RESPONSE_STREAM"
    )
    assert function.get().json() == "v1"


def test_no_request_is_lost_while_versions_are_published_and_moved(deploy):
    function = deploy(says("v"))
    answers: list[tuple[int, str]] = []
    done = threading.Event()

    def talk():
        with httpx.Client(timeout=30) as kept:
            while not done.is_set():
                answer = kept.get(function.url)
                answers.append((answer.status_code, answer.text))

    clients = [threading.Thread(target=talk) for _ in range(4)]
    for thread in clients:
        thread.start()
    wait_until(lambda: len(answers) > 20)
    for turn in range(5):
        function.move_alias(function.update(says(f"w{turn}-")))
        function.get()
    done.set()
    for thread in clients:
        thread.join()
    assert {status for status, _ in answers} == {200}
    assert '"v1"' in {text for _, text in answers}
    assert function.get().json() == "w4-6"
