"""What MiniStack's CloudWatch does otherwise than AWS, put right: see `ministack_patches`."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from xml.sax.saxutils import escape

from ministack.services import cloudwatch

type Answer = tuple[int, dict[str, str], bytes]

OK = 200
# Members of MetricAlarm and CompositeAlarm that are one plain value each.
# https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_MetricAlarm.html
PLAIN = (
    *("AlarmName", "AlarmArn", "AlarmDescription", "AlarmRule", "ActionsEnabled"),
    *("StateValue", "StateReason", "StateReasonData", "MetricName", "Namespace", "Statistic"),
    *("ExtendedStatistic", "Period", "Unit", "EvaluationPeriods", "DatapointsToAlarm"),
    *("Threshold", "ComparisonOperator", "TreatMissingData"),
)
TIMES = (
    "AlarmConfigurationUpdatedTimestamp",
    "StateUpdatedTimestamp",
    "StateTransitionedTimestamp",
)
ACTIONS = ("OKActions", "AlarmActions", "InsufficientDataActions")


def apply() -> None:
    """Patch the imported MiniStack."""
    _describe_alarms_completely()
    _put_metric_alarms_as_asked()
    _evaluate_alarms_on_their_own_dimensions()


def _describe_alarms_completely() -> None:
    """DescribeAlarms omits most fields in the query protocol (seen in 1.5.33).

    Terraform speaks it: its plan would never be empty.
    """
    describe = cloudwatch._describe_alarms

    def describe_alarms(
        params: dict[str, Any], data: dict[str, Any], *cbor_or_json: bool
    ) -> Answer:
        if any(cbor_or_json):
            answer: Answer = describe(params, data, *cbor_or_json)
            return answer
        status, _, body = describe(params, _described(params), is_cbor=False, is_json=True)
        if status != OK:
            refusal: Answer = describe(params, data, *cbor_or_json)
            return refusal
        found = json.loads(body)
        token = found.get("NextToken")
        result = (
            f"<MetricAlarms>{''.join(map(_alarm, found['MetricAlarms']))}</MetricAlarms>"
            f"<CompositeAlarms>{''.join(map(_alarm, found['CompositeAlarms']))}</CompositeAlarms>"
            f"{_element('NextToken', token) if token else ''}"
        )
        written: Answer = cloudwatch._xml(
            OK, "DescribeAlarmsResponse", f"<DescribeAlarmsResult>{result}</DescribeAlarmsResult>"
        )
        return written

    cloudwatch._describe_alarms = describe_alarms


def _put_metric_alarms_as_asked() -> None:
    """PutMetricAlarm in the query protocol makes up and forgets (seen in 1.5.33).

    It forgets InsufficientDataActions, and beside an ExtendedStatistic it makes up a Statistic.
    """
    put = cloudwatch._put_metric_alarm

    def put_metric_alarm(
        params: dict[str, Any], data: dict[str, Any], *cbor_or_json: bool
    ) -> Answer:
        answer: Answer = put(params, data, *cbor_or_json)
        if not any(cbor_or_json) and answer[0] == OK:
            alarm = cloudwatch._alarms[cloudwatch._p(params, "AlarmName")]
            alarm["InsufficientDataActions"] = _members(params, "InsufficientDataActions")
            if alarm.get("ExtendedStatistic"):
                alarm.pop("Statistic", None)
        return answer

    cloudwatch._put_metric_alarm = put_metric_alarm


def _evaluate_alarms_on_their_own_dimensions() -> None:
    """An alarm sums a metric over all dimensions, so over all functions (seen in 1.5.33)."""
    evaluate: Callable[[dict[str, Any]], None] = cloudwatch._evaluate_alarm

    def evaluate_alarm(alarm: dict[str, Any]) -> None:
        everything = cloudwatch._metrics
        wanted = cloudwatch._dims_key(cloudwatch._dims_from_list(alarm.get("Dimensions") or []))
        own = {key: points for key, points in everything.items() if key[2] == wanted}
        cloudwatch._metrics = own
        try:
            evaluate(alarm)
        finally:
            cloudwatch._metrics = everything

    cloudwatch._evaluate_alarm = evaluate_alarm


def _described(params: dict[str, Any]) -> dict[str, Any]:
    """The parameters of a query as those of the JSON protocol."""
    single = ("AlarmNamePrefix", "StateValue", "MaxRecords", "NextToken")
    data = {name: cloudwatch._p(params, name) for name in single}
    data = {name: value for name, value in data.items() if value}
    return data | {name: _members(params, name) for name in ("AlarmNames", "AlarmTypes")}


def _members(params: dict[str, Any], name: str) -> list[str]:
    members: list[str] = []
    while member := cloudwatch._p(params, f"{name}.member.{len(members) + 1}"):
        members.append(member)
    return members


def _alarm(alarm: dict[str, Any]) -> str:
    text = "".join(
        _element(name, alarm[name]) for name in PLAIN if alarm.get(name) not in {None, ""}
    )
    for name in TIMES:
        if alarm.get(name) is not None:
            text += _element(name, datetime.fromtimestamp(alarm[name], UTC).isoformat())
    for name in ACTIONS:
        members = "".join(_element("member", action) for action in alarm.get(name) or [])
        text += f"<{name}>{members}</{name}>"
    dimensions = "".join(
        f"<member>{_element('Name', item['Name'])}{_element('Value', item['Value'])}</member>"
        for item in alarm.get("Dimensions") or []
    )
    return f"<member>{text}<Dimensions>{dimensions}</Dimensions></member>"


def _element(name: str, value: object) -> str:
    shown = str(value).lower() if isinstance(value, bool) else str(value)
    return f"<{name}>{escape(shown)}</{name}>"
