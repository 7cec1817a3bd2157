"""Create the table that the server keeps its notes in. Run it once for each deployment."""

import os

import boto3

dynamodb = boto3.client("dynamodb")
dynamodb.create_table(
    TableName=os.environ["NOTES_TABLE"],
    AttributeDefinitions=[{"AttributeName": "title", "AttributeType": "S"}],
    KeySchema=[{"AttributeName": "title", "KeyType": "HASH"}],
    BillingMode="PAY_PER_REQUEST",
)
dynamodb.get_waiter("table_exists").wait(TableName=os.environ["NOTES_TABLE"])
