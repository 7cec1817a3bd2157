"""SnapStart as far as this machine has it: hooks, credentials and states, and no snapshot.

https://docs.aws.amazon.com/lambda/latest/dg/snapstart.html
"""

import json

import pytest

from tests.fixtures.deployed import wait_until

SNAP_START = {"ApplyOn": "PublishedVersions"}
HOOKS = """
import json, os, urllib.request
from snapshot_restore_py import register_after_restore, register_before_snapshot

told = ["init"]
register_before_snapshot(lambda: told.append("before"))
register_after_restore(lambda: told.append("after"))

def handler(event, context):
    asked = urllib.request.Request(
        os.environ["AWS_CONTAINER_CREDENTIALS_FULL_URI"],
        headers={"Authorization": os.environ["AWS_CONTAINER_AUTHORIZATION_TOKEN"]},
    )
    with urllib.request.urlopen(asked) as answer:
        served = json.load(answer)
    own = [name for name in os.environ if name.startswith("AWS_ACCESS") or "SECRET" in name]
    kind = os.environ["AWS_LAMBDA_INITIALIZATION_TYPE"]
    return {"told": told, "kind": kind, "own": own, "served": sorted(served)}
"""
PLAIN = """
def handler(event, context):
    kind = os.environ["AWS_LAMBDA_INITIALIZATION_TYPE"]
    return {"told": told, "kind": kind, "key": os.environ["AWS_ACCESS_KEY_ID"][:4]}

def unused"""
FAILING = """
from snapshot_restore_py import {when}

@{when}
def fail():
    raise ValueError("as told")

def handler(event, context):
    return "never"
"""


def state(function, version="1"):
    found = function.api.get_function_configuration(FunctionName=function.name, Qualifier=version)
    return found["State"], found.get("StateReason", "")


def test_hooks_run_and_credentials_are_asked_for(deploy):
    function = deploy(HOOKS, SnapStart=SNAP_START)
    wait_until(lambda: state(function)[0] == "Active", 30)
    assert function.get().json() == {
        "told": ["init", "before", "after"],
        "kind": "snap-start",
        "own": [],
        "served": ["AccessKeyId", "Expiration", "SecretAccessKey", "Token"],
    }


def test_the_first_request_finds_a_published_version_initialised(deploy):
    function = deploy(HOOKS, SnapStart=SNAP_START)
    wait_until(lambda: state(function)[0] == "Active", 30)
    first = function.api.invoke(FunctionName=function.name, Qualifier="1", LogType="Tail")
    assert json.load(first["Payload"])["told"] == ["init", "before", "after"]
    starts = [line for line in function.log_messages() if line.startswith("INIT_START")]
    assert len(starts) <= 1


def test_without_it_no_hooks_run_and_credentials_are_in_the_environment(deploy):
    function = deploy(HOOKS.replace("def handler", PLAIN))
    assert function.get().json() == {"told": ["init"], "kind": "on-demand", "key": "ASIA"}


@pytest.mark.parametrize("when", ["register_before_snapshot", "register_after_restore"])
def test_a_version_whose_hooks_fail_is_failed_and_says_why(deploy, when):
    function = deploy(FAILING.format(when=when), auth=None, SnapStart=SNAP_START)
    wait_until(lambda: state(function)[0] == "Failed", 30)
    assert "as told" in state(function)[1]


def test_a_version_that_does_not_initialise_is_failed(deploy):
    function = deploy("raise ValueError('as told')", auth=None, SnapStart=SNAP_START)
    wait_until(lambda: state(function)[0] == "Failed", 30)
    assert "as told" in state(function)[1]


def test_nobody_else_gets_an_instances_credentials(deploy):
    function = deploy(
        HOOKS.replace('os.environ["AWS_CONTAINER_AUTHORIZATION_TOKEN"]', '"guessed"'),
        SnapStart=SNAP_START,
    )
    wait_until(lambda: state(function)[0] == "Active", 30)
    answer = function.api.invoke(FunctionName=function.name, Qualifier="live")
    assert "403" in json.load(answer["Payload"])["errorMessage"]


def test_latest_has_no_snapshot(deploy):
    function = deploy(HOOKS, auth=None, SnapStart=SNAP_START)
    function.update(HOOKS.replace("def handler", PLAIN))
    answer = function.api.invoke(FunctionName=function.name)
    assert json.load(answer["Payload"])["kind"] == "on-demand"
