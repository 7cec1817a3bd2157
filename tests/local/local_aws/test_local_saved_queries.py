"""Saved queries of Logs Insights, which MiniStack does not have.

docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutQueryDefinition.html
"""

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
