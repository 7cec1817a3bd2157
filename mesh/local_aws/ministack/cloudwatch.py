"""What MiniStack's CloudWatch does otherwise than AWS, put right: see `ministack_patches`."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any
from xml.sax.saxutils import escape

from ministack.services import cloudwatch

from mesh.local_aws.cloudwatch import alarms

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
    _evaluate_alarms_as_documented()


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
    """PutMetricAlarm makes up and forgets (seen in 1.5.33).

    It forgets Metrics, in the query protocol InsufficientDataActions too, and makes up a Statistic
    and a Period beside an ExtendedStatistic or Metrics. What cannot be evaluated is refused.
    """
    put = cloudwatch._put_metric_alarm

    def put_metric_alarm(
        params: dict[str, Any], data: dict[str, Any], *cbor_or_json: bool
    ) -> Answer:
        query = not any(cbor_or_json)
        queries = _queries(params) if query else list(data.get("Metrics") or ())
        operator = (
            cloudwatch._p(params, "ComparisonOperator") if query else data.get("ComparisonOperator")
        )
        refused = alarms.refusal({"ComparisonOperator": operator, "Metrics": queries})
        if refused:
            is_cbor, is_json = (*cbor_or_json, False, False)[:2]
            refusal: Answer = cloudwatch._error(
                "ValidationError", refused, 400, use_json=is_json, use_cbor=is_cbor
            )
            return refusal
        answer: Answer = put(params, data, *cbor_or_json)
        if answer[0] == OK:
            name = cloudwatch._p(params, "AlarmName") if query else data["AlarmName"]
            alarm = cloudwatch._alarms[name]
            if query:
                alarm["InsufficientDataActions"] = _members(params, "InsufficientDataActions")
            if alarm.get("ExtendedStatistic"):
                alarm.pop("Statistic", None)
            if queries:
                alarm["Metrics"] = queries
                for made_up in ("Statistic", "ExtendedStatistic", "Period", "Dimensions"):
                    alarm.pop(made_up, None)
        return answer

    cloudwatch._put_metric_alarm = put_metric_alarm


def _evaluate_alarms_as_documented() -> None:
    """An alarm sums a metric over all dimensions and periods, without math (seen in 1.5.33).

    A state stays without new data, whatever TreatMissingData says.
    """

    def evaluate_alarm(alarm: dict[str, Any]) -> None:
        # PutMetricAlarm looks at it before its Metrics are there.
        if alarm.get("Metrics") or alarm.get("MetricName"):
            alarms.evaluate(alarm)

    cloudwatch._evaluate_alarm = evaluate_alarm


def _queries(params: dict[str, Any]) -> list[dict[str, Any]]:
    """The Metrics of a request in the query protocol."""
    queries: list[dict[str, Any]] = []
    while cloudwatch._p(params, f"Metrics.member.{len(queries) + 1}.Id"):
        at = f"Metrics.member.{len(queries) + 1}"
        query: dict[str, Any] = {
            name: cloudwatch._p(params, f"{at}.{name}")
            for name in ("Id", "Expression", "Label", "AccountId")
            if cloudwatch._p(params, f"{at}.{name}")
        }
        query["ReturnData"] = cloudwatch._p(params, f"{at}.ReturnData") != "false"
        if cloudwatch._p(params, f"{at}.Period"):
            query["Period"] = int(cloudwatch._p(params, f"{at}.Period"))
        measured = f"{at}.MetricStat"
        if cloudwatch._p(params, f"{measured}.Stat"):
            metric: dict[str, Any] = {
                name: cloudwatch._p(params, f"{measured}.Metric.{name}")
                for name in ("Namespace", "MetricName")
            }
            metric["Dimensions"] = _dimensions(params, f"{measured}.Metric.Dimensions")
            query["MetricStat"] = {
                "Metric": metric,
                "Period": int(cloudwatch._p(params, f"{measured}.Period") or 60),
                "Stat": cloudwatch._p(params, f"{measured}.Stat"),
            }
            if cloudwatch._p(params, f"{measured}.Unit"):
                query["MetricStat"]["Unit"] = cloudwatch._p(params, f"{measured}.Unit")
        queries.append(query)
    return queries


def _dimensions(params: dict[str, Any], name: str) -> list[dict[str, str]]:
    found: list[dict[str, str]] = []
    while cloudwatch._p(params, f"{name}.member.{len(found) + 1}.Name"):
        at = f"{name}.member.{len(found) + 1}"
        found.append({key: cloudwatch._p(params, f"{at}.{key}") for key in ("Name", "Value")})
    return found


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
    queries = "".join(map(_query, alarm.get("Metrics") or ()))
    return f"<member>{text}{_described_dimensions(alarm)}<Metrics>{queries}</Metrics></member>"


def _query(query: dict[str, Any]) -> str:
    text = "".join(
        _element(name, query[name])
        for name in ("Id", "Expression", "Label", "AccountId", "ReturnData", "Period")
        if query.get(name) is not None
    )
    measured = query.get("MetricStat")
    if measured:
        metric = measured["Metric"]
        names = "".join(_element(name, metric[name]) for name in ("Namespace", "MetricName"))
        kept = "".join(
            _element(name, measured[name])
            for name in ("Period", "Stat", "Unit")
            if name in measured
        )
        measures = f"<Metric>{names}{_described_dimensions(metric)}</Metric>"
        text += f"<MetricStat>{measures}{kept}</MetricStat>"
    return f"<member>{text}</member>"


def _described_dimensions(named: dict[str, Any]) -> str:
    dimensions = "".join(
        f"<member>{_element('Name', item['Name'])}{_element('Value', item['Value'])}</member>"
        for item in named.get("Dimensions") or []
    )
    return f"<Dimensions>{dimensions}</Dimensions>"


def _element(name: str, value: object) -> str:
    shown = str(value).lower() if isinstance(value, bool) else str(value)
    return f"<{name}>{escape(shown)}</{name}>"
