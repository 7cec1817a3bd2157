"""Metrics by tool: what CloudWatch reads in the log, by its own rules."""

import json
import logging
from copy import replace
from types import SimpleNamespace

import pytest

from mesh.runtime.observability.logs import JsonLines

CANARY = "canary-7c1e"


@pytest.fixture
def measured(start_instance, settings, caplog):
    """Sends a body to /rpc, and gives the lines that CloudWatch reads a metric from."""
    caplog.set_level(logging.INFO)

    def send(body, namespace="mesh", context=None):
        told = replace(settings, metrics_namespace=namespace)
        client = start_instance(told, context=context)
        caplog.clear()
        client.request("POST", "/rpc", body)
        lines = [json.loads(JsonLines().format(record)) for record in caplog.records]
        return [line for line in lines if "_aws" in line]

    return send


def of_tools(lines):
    """Those with a metric of a tool."""
    return [line for line in lines if "tool_errors" in line]


def call(name, **arguments):
    return {"id": 1, "method": "tools/call", "params": {"name": name, "arguments": arguments}}


def metrics(line):
    """What CloudWatch makes of a line: dimensions and values, both taken from the line's root.

    A line about a tool's call has its metrics last.
    """
    *_, directive = line["_aws"]["CloudWatchMetrics"]
    (dimensions,) = directive["Dimensions"]
    values = {metric["Name"]: line[metric["Name"]] for metric in directive["Metrics"]}
    assert all(isinstance(line[name], str) for name in dimensions)
    assert all(isinstance(value, int | float) for value in values.values())
    return {name: line[name] for name in dimensions}, values


def test_a_call_is_one_line_with_both_metrics(measured, settings):
    (line,) = measured(call("search_knowledge", query="checksum"))
    dimensions, values = metrics(line)
    assert dimensions == {"environment": settings.environment, "tool": "search_knowledge"}
    assert values["tool_errors"] == 0
    assert 0 < values["tool_duration_ms"] <= line["duration_ms"]
    ways, directive = line["_aws"]["CloudWatchMetrics"]
    assert directive["Namespace"] == ways["Namespace"] == "mesh"
    # Milliseconds, not seconds: CloudWatch drops what is two weeks old.
    assert line["_aws"]["Timestamp"] > 1_600_000_000_000


def test_a_call_that_fails_counts(measured):
    (line,) = measured(call("search_knowledge", query=""))
    assert metrics(line)[1]["tool_errors"] == 1


def test_what_alarms_watch_is_told_of_live_apart_from_a_candidate(measured, settings):
    arn = "arn:aws:lambda:us-east-1:000000000000:function:mesh-test:live"
    context = SimpleNamespace(aws_request_id="1", invoked_function_arn=arn)
    (line,) = measured(call("search_knowledge", query=""), context=context)
    watched = [
        (metric["Name"], line[metric["Name"]])
        for directive in line["_aws"]["CloudWatchMetrics"]
        for metric in directive["Metrics"]
        if directive["Dimensions"] == [["environment", "alias"]]
    ]
    assert (line["environment"], line["alias"]) == (settings.environment, "live")
    assert watched == [("refused", 0), ("unexpected_full", 0), ("tool_errors", 1)]


def test_each_call_of_a_batch_is_counted(measured):
    batch = [call("get_system_health"), {"id": 2, "method": "ping"}, call("search_knowledge")]
    found = [metrics(line) for line in of_tools(measured(batch))]
    assert [(dims["tool"], values["tool_errors"]) for dims, values in found] == [
        ("get_system_health", 0),
        ("search_knowledge", 1),
    ]


def test_clients_cannot_make_metrics_up(measured):
    (line,) = measured(call(CANARY, **{CANARY: CANARY}))
    assert metrics(line)[0]["tool"] == "unknown"
    assert CANARY not in json.dumps(line)


@pytest.mark.parametrize("body", [{"method": "tools/list"}, call("get_system_health"), [], "{"])
def test_each_request_is_counted_once_by_the_way_that_answered(measured, settings, body):
    counted = [line for line in measured(body) if "requests" in line]
    (line,) = counted
    directive, *_ = line["_aws"]["CloudWatchMetrics"]
    assert directive["Dimensions"] == [["environment", "way"]]
    assert directive["Metrics"] == [{"Name": "requests", "Unit": "Count"}]
    assert (line["environment"], line["way"]) == (settings.environment, "full")
    assert line["requests"] == 1


def test_what_is_no_call_of_a_tool_is_no_metric_of_one(measured):
    assert of_tools(measured({"id": 1, "method": "tools/list"})) == []


def test_without_a_namespace_there_is_none(measured):
    assert measured(call("get_system_health"), namespace=None) == []
