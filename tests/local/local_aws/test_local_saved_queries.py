"""Saved queries of Logs Insights, which MiniStack does not have.

docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutQueryDefinition.html
"""

import time

import pytest

from mesh.local_aws import process
from tests.fixtures.deployed import client


def test_a_saved_query_is_changed_listed_and_deleted(running):
    logs = client(running, "logs")
    asked = {"name": "f/errors", "queryString": "limit 1", "logGroupNames": ["/aws/lambda/f"]}
    identity = logs.put_query_definition(**asked)["queryDefinitionId"]
    logs.put_query_definition(**asked | {"queryString": "limit 2", "queryDefinitionId": identity})
    logs.put_query_definition(name="g/errors", queryString="limit 3")

    (found,) = logs.describe_query_definitions(queryDefinitionNamePrefix="f/")["queryDefinitions"]
    assert found.pop("lastModified") > 1_600_000_000_000
    assert found == asked | {"queryString": "limit 2", "queryDefinitionId": identity}

    assert logs.delete_query_definition(queryDefinitionId=identity)["success"]
    with pytest.raises(logs.exceptions.ResourceNotFoundException):
        logs.delete_query_definition(queryDefinitionId=identity)
    assert len(logs.describe_query_definitions()["queryDefinitions"]) == 1


def test_saved_queries_survive_a_restart(tmp_path):
    state = tmp_path / "aws"
    for queries in (0, 1):
        running = process.start(state, log=tmp_path / "aws.log")
        try:
            logs = client(running, "logs")
            assert len(logs.describe_query_definitions()["queryDefinitions"]) == queries
            logs.put_query_definition(name="kept", queryString="limit 1")
        finally:
            process.stop(state)


def test_a_query_is_evaluated_or_refused(deploy):
    """https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax.html."""
    function = deploy("def handler(event, context):\n    print('one|two')\n    return 1")
    function.get()
    function.wait_for_log("REPORT")
    logs = client(function.running, "logs")

    def ask(query):
        started = logs.start_query(
            logGroupName=f"/aws/lambda/{function.name}",
            startTime=0,
            endTime=int(time.time()) + 60,
            queryString=query,
        )
        found = logs.get_query_results(queryId=started["queryId"])["results"]
        return [{one["field"]: one["value"].strip() for one in row} for row in found]

    (row,) = ask("fields @message | filter @message like /one\\|t/ | sort @timestamp desc")
    assert row["@message"] == "one|two"
    for unknown in (
        "fields level",
        "filter level = 'ERROR'",
        "filter @message like /one/ or @message like /two/",
        "filter @message like /(/",
        "stats count(*) by bin(5m)",
        "sort duration_ms desc",
        "dedup @message",
    ):
        with pytest.raises(logs.exceptions.MalformedQueryException, match="local AWS"):
            ask(f"fields @message | {unknown}")


def test_the_account_has_the_concurrency_that_local_aws_enforces(running):
    """https://docs.aws.amazon.com/lambda/latest/api/API_GetAccountSettings.html."""
    limits = client(running, "lambda").get_account_settings()["AccountLimit"]

    assert limits["ConcurrentExecutions"] == 1000
