"""The log says which way answered each request; `mesh status` and `make up` count them."""

from __future__ import annotations

import json

import boto3
from botocore.stub import Stubber

from mesh.stack.request_ways import as_text, read_ways, ways

FAST = json.dumps({"message": "request", "way": "fast"})
FULL = json.dumps({"message": "request", "way": "full", "reason": "tool"})
OTHERS = ["START RequestId: 1", "{no JSON", json.dumps({"message": "call", "way": "fast"})]


def test_requests_are_counted_by_way_and_reason_the_most_frequent_first() -> None:
    counted = ways([FULL, *OTHERS, FAST, FAST])
    assert counted == {"fast": 2, "full (tool)": 1}
    assert as_text(counted) == "2 fast, 1 full (tool)"


def test_all_pages_of_a_log_are_counted_from_a_moment_on() -> None:
    client = boto3.client(
        "logs",
        "us-east-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )
    with Stubber(client) as stubber:
        asked = {"logGroupName": "/aws/lambda/x", "startTime": 5}
        first = {"events": [{"message": FAST}], "nextToken": "more"}
        stubber.add_response("filter_log_events", first, asked)
        stubber.add_response(
            "filter_log_events", {"events": [{"message": FULL}]}, {**asked, "nextToken": "more"}
        )
        assert read_ways(client, "/aws/lambda/x", 5) == {"fast": 1, "full (tool)": 1}
        stubber.add_client_error("filter_log_events", "ResourceNotFoundException")
        assert read_ways(client, "/aws/lambda/x") == {}
