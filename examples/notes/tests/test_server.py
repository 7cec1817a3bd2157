"""The tools, called as a client calls them. DynamoDB's answers are written here."""

import asyncio

import pytest
import server
from botocore.stub import Stubber
from fastmcp import Client
from fastmcp.exceptions import ToolError

NOTE = {"title": {"S": "milk"}, "text": {"S": "Two bottles"}}
KEY = {"TableName": "notes", "Key": {"title": {"S": "milk"}}}


def call(tool, **arguments):
    async def called():
        async with Client(server.mcp) as client:
            return (await client.call_tool(tool, arguments)).data

    return asyncio.run(called())


@pytest.fixture
def dynamodb(monkeypatch):
    """What DynamoDB will be asked, and what it will answer."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setenv("NOTES_TABLE", "notes")
    monkeypatch.setenv("SHARING_KEY", "first")
    server.dynamodb.cache_clear()
    with Stubber(server.dynamodb()) as stubber:
        yield stubber
        stubber.assert_no_pending_responses()


def test_writes_a_note(dynamodb):
    dynamodb.add_response("put_item", {}, {"TableName": "notes", "Item": NOTE})
    assert call("write_note", title="milk", text="Two bottles") == "Written: milk"


def test_reads_a_note(dynamodb):
    dynamodb.add_response("get_item", {"Item": NOTE}, KEY)
    assert call("read_note", title="milk") == "Two bottles"


def test_says_that_a_note_is_missing(dynamodb):
    dynamodb.add_response("get_item", {}, KEY)
    with pytest.raises(ToolError, match="There is no note with the title 'milk'"):
        call("read_note", title="milk")


def test_a_code_opens_its_note_only(dynamodb):
    code = call("share_note", title="milk")
    dynamodb.add_response("get_item", {"Item": NOTE}, KEY)
    assert call("read_shared_note", title="milk", code=code) == "Two bottles"
    with pytest.raises(ToolError, match="does not open"):
        call("read_shared_note", title="diary", code=code)


def test_a_new_key_makes_old_codes_useless(dynamodb, monkeypatch):
    code = call("share_note", title="milk")
    monkeypatch.setenv("SHARING_KEY", "second")
    with pytest.raises(ToolError, match="does not open"):
        call("read_shared_note", title="milk", code=code)
