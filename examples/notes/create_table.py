"""Create the table that the server keeps its notes in: `python create_table.py NAME`.

Run it once for each deployment.
"""

import sys

import boto3

table = sys.argv[1]
dynamodb = boto3.client("dynamodb")
dynamodb.create_table(
    TableName=table,
    AttributeDefinitions=[{"AttributeName": "title", "AttributeType": "S"}],
    KeySchema=[{"AttributeName": "title", "KeyType": "HASH"}],
    BillingMode="PAY_PER_REQUEST",
)
dynamodb.get_waiter("table_exists").wait(TableName=table)
