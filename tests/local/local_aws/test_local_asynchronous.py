"""Invocations that nobody waits for: tried again, recorded at destinations, kept in a queue.

https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html
"""

import json

import pytest

from tests.fixtures.deployed import client, wait_until

SOURCE = """
def handler(event, context):
    print("asked", event["number"])
    if event.get("fail"):
        raise ValueError("as told" * event.get("times", 1))
    return {"done": event["number"]}
"""


@pytest.fixture
def queue(running, request):
    """Makes a queue: its ARN, and what is in it."""
    sqs = client(running, "sqs")

    def make(name):
        url = sqs.create_queue(QueueName=f"{request.node.name[:60]}-{name}")["QueueUrl"]
        arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]

        def messages():
            found = sqs.receive_message(
                QueueUrl=url, MaxNumberOfMessages=10, MessageAttributeNames=["All"]
            )
            # Another look, half a minute later, would find them again.
            for message in found.get("Messages", []):
                sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
            return found.get("Messages", [])

        return arn["QueueArn"], messages

    return make


def invoke(function, qualifier, **event):
    answer = function.api.invoke(
        FunctionName=function.name,
        Qualifier=qualifier,
        InvocationType="Event",
        Payload=json.dumps(event),
    )
    assert answer["StatusCode"] == 202


def test_a_success_and_a_failure_are_recorded_each_at_its_destination(deploy, queue):
    done, done_messages = queue("done")
    failed, failed_messages = queue("failed")
    function = deploy(SOURCE, auth=None)
    function.api.put_function_event_invoke_config(
        FunctionName=function.name,
        Qualifier="live",
        MaximumRetryAttempts=1,
        DestinationConfig={
            "OnSuccess": {"Destination": done},
            "OnFailure": {"Destination": failed},
        },
    )

    invoke(function, "live", number=1)
    (message,) = wait_until(done_messages, 30)
    record = json.loads(message["Body"])
    assert record["requestContext"]["condition"] == "Success"
    assert record["requestContext"]["functionArn"].endswith(f"{function.name}:live")
    assert record["requestPayload"] == {"number": 1}
    assert record["responsePayload"] == {"done": 1}

    invoke(function, "live", number=2, fail=True)
    (message,) = wait_until(failed_messages, 30)
    record = json.loads(message["Body"])
    assert record["requestContext"]["condition"] == "RetriesExhausted"
    assert record["requestContext"]["approximateInvokeCount"] == 2
    assert record["responseContext"]["functionError"] == "Unhandled"
    assert record["responsePayload"]["errorMessage"] == "as told"
    assert done_messages() == []
    wait_until(lambda: function.log_text().count("asked 2") == 2)
    # One invocation, tried twice.
    request = record["requestContext"]["requestId"]
    wait_until(lambda: function.log_text().count(f"START RequestId: {request}") == 2)


def test_what_every_retry_failed_is_kept_as_it_came(deploy, queue):
    lost, messages = queue("lost")
    function = deploy(SOURCE, auth=None, DeadLetterConfig={"TargetArn": lost})
    invoke(function, "$LATEST", number=3, fail=True)
    (message,) = wait_until(messages, 30)
    assert json.loads(message["Body"]) == {"number": 3, "fail": True}
    attributes = message["MessageAttributes"]
    assert attributes["ErrorMessage"]["StringValue"] == "as told"
    assert attributes["RequestID"]["StringValue"]


def test_an_event_is_kept_though_its_error_is_too_long_for_lambda(deploy, queue):
    lost, messages = queue("too-long")
    function = deploy(SOURCE, auth=None, DeadLetterConfig={"TargetArn": lost})
    event = {"number": 4, "fail": True, "times": 1_000_000}
    invoke(function, "$LATEST", **event)
    (message,) = wait_until(messages, 30)
    assert json.loads(message["Body"]) == event
    assert "exceeded maximum" in message["MessageAttributes"]["ErrorMessage"]["StringValue"]


def test_a_destination_may_be_a_topic_a_bus_or_a_function(deploy, queue, running):
    sns, events = client(running, "sns"), client(running, "events")
    heard, messages = queue("heard")
    topic = sns.create_topic(Name="failed-here")["TopicArn"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=heard)
    bus = events.create_event_bus(Name="here")["EventBusArn"]
    events.put_rule(Name="all", EventBusName="here", EventPattern='{"source": ["lambda"]}')
    events.put_targets(Rule="all", EventBusName="here", Targets=[{"Id": "q", "Arn": heard}])
    other = deploy(
        "def handler(event, context):\n    print('got', event['responsePayload'])", auth=None
    )
    arn = other.api.get_function(FunctionName=other.name)["Configuration"]["FunctionArn"]
    function = deploy(SOURCE, auth=None)

    def send_to(destination, number):
        function.api.put_function_event_invoke_config(
            FunctionName=function.name,
            Qualifier="live",
            DestinationConfig={"OnSuccess": {"Destination": destination}},
        )
        invoke(function, "live", number=number)

    send_to(topic, 4)
    (message,) = wait_until(messages, 30)
    assert json.loads(json.loads(message["Body"])["Message"])["responsePayload"] == {"done": 4}
    send_to(arn, 5)
    other.wait_for_log("got {'done': 5}")
    send_to(bus, 6)
    found = wait_until(
        lambda: [
            one
            for one in messages()
            if "Success" in one["Body"] and '"done": 6' in one["Body"].replace('\\"', '"')
        ],
        30,
    )
    assert json.loads(found[0]["Body"])["source"] == "lambda"
