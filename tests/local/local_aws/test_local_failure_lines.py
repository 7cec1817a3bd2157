"""The saved query `errors` finds what a function that fails writes, in each log format."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest

from mesh.build.environment import ROOT
from mesh.logs import log_line
from tests.fixtures.deployed import client, wait_until

if TYPE_CHECKING:
    from collections.abc import Callable

QUERIES = (ROOT / "terraform" / "modules" / "monitoring" / "queries.tf").read_text()
# What Logs Insights knows of a filter, as far as this query uses it.
IN_LIST = re.compile(r"([\w.]+) in (\[[^\]]*\])")
LIKE = re.compile(r"@message like /(.*)/")
FAILS = """
import json, os, sys, threading, time

def broken():
    raise KeyError("in a thread")

def handler(event, context):
    kind = event["rawPath"]
    if kind == "/raises":
        raise ValueError("unhandled")
    if kind == "/thread":
        thread = threading.Thread(target=broken)
        thread.start()
        thread.join()
    if kind == "/exits":
        os._exit(3)
    if kind == "/sleeps":
        time.sleep(5)
    if kind == "/logs":
        print(json.dumps({"level": "ERROR", "message": "logged"}))
    if kind == "/well":
        print(json.dumps({"level": "INFO", "message": "an ERROR or Traceback in a text"}))
        print("[INFO] all is well")
"""
FOUND = {
    "/raises": "ValueError",
    "/thread": "Traceback",
    "/exits": "Runtime exited",
    "/sleeps": "Task timed out",
    "/logs": "logged",
}


def finds() -> Callable[[str], bool]:
    """Give the query's filter as a function of one event."""
    query = re.search(r"errors +=.*?\| filter ([^\n]*)", QUERIES, re.DOTALL)
    assert query is not None
    in_lists = [(name, json.loads(listed)) for name, listed in IN_LIST.findall(query[1])]
    (like,) = LIKE.findall(query[1])
    # Nothing else is in it.
    assert LIKE.sub("", IN_LIST.sub("", query[1])).split() == ["or"] * len(in_lists)

    def found(message: str) -> bool:
        try:
            fields = json.loads(message)
        except ValueError:
            fields = {}
        fields |= {f"record.{name}": value for name, value in fields.get("record", {}).items()}
        listed = any(fields.get(name) in values for name, values in in_lists)
        return listed or re.search(like, message) is not None

    return found


@pytest.mark.parametrize("log_format", ["Text", "JSON"])
def test_each_kind_of_failure_is_found_and_success_is_not(deploy, running, log_format):
    function = deploy(FAILS, Timeout=2, LoggingConfig={"LogFormat": log_format})
    group = f"/aws/lambda/{function.name}"

    def messages() -> list[str]:
        logs = client(running, "logs")
        pages = logs.get_paginator("filter_log_events").paginate(logGroupName=group)
        return [event["message"] for page in pages for event in page["events"]]

    function.get("well")
    for path in FOUND:
        function.get(path.removeprefix("/"))
    function.get("well")
    kinds = dict(FOUND)
    if log_format == "JSON":
        # platform.report has it as a field.
        kinds["/sleeps"] = '"status": "timeout"'
    query = finds()

    def found() -> list[str]:
        return [message for message in messages() if query(message)]

    for path, said in kinds.items():
        assert wait_until(lambda said=said: any(said in one for one in found())), (
            path,
            messages(),
        )
    assert not [message for message in found() if "well" in message or "in a text" in message]
    # `mesh logs --errors` agrees; the rest of a printed traceback it knows by what came before.
    assert [one for one in found() if not log_line.failed(one) and "Traceback" not in one] == []
