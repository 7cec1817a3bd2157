"""The Lambda entry point in a process of its own: INIT happens once, on import."""

import json
import os
import subprocess
import sys

PROGRAM = """
import importlib, json, sys
handler = importlib.import_module(sys.argv[1]).handler
print(json.dumps([handler(event, None) for event in json.load(sys.stdin)]))
"""
HEALTH = {
    "version": "2.0",
    "requestContext": {"http": {"method": "GET", "path": "/health", "sourceIp": "192.0.2.1"}},
}


def answers(events, module="mesh.runtime.handler", **variables):
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, module],
        input=json.dumps(events),
        env={name: os.environ[name] for name in ("PATH", "MESH_SERVER")} | variables,
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(done.stdout), done.stderr


def test_it_starts_without_a_home_directory_and_answers_more_than_once():
    (first, second), log = answers([HEALTH, HEALTH], MESH_AUTH="none")
    assert first["statusCode"] == second["statusCode"] == 200
    requests = [json.loads(line) for line in log.splitlines()]
    assert [request["cold"] for request in requests] == [True, False]


def test_settings_that_do_not_fit_are_named_to_whoever_asks():
    (answer,), log = answers([HEALTH], MESH_AUTH="open")
    assert answer["statusCode"] == 500
    assert "MESH_AUTH is 'open'" in json.loads(answer["body"])["error"]["message"]
    assert "Traceback" not in answer["body"]
    assert "MESH_AUTH" in json.loads(log.splitlines()[0])["exception"]


def test_an_event_of_another_kind_is_answered_and_does_not_end_the_instance():
    got, _ = answers([{}, "text", {"Records": []}, HEALTH], MESH_AUTH="none")
    assert [answer["statusCode"] for answer in got] == [400, 400, 400, 200]
    assert "Function URL" in json.loads(got[0]["body"])["error"]["message"]


def test_the_former_name_of_the_entry_point_still_works():
    (answer,), _ = answers([HEALTH], module="mcp_app.handler", MESH_AUTH="none")
    assert answer["statusCode"] == 200
