"""A plan in short, for people who review: names of attributes, and never a value."""

from __future__ import annotations

from typing import Any

from mesh.deploy import drift
from mesh.deploy.plan_guard import judge, summary
from mesh.deploy.plan_guard.plan import Plan, parse_plan

FUNCTION = "module.server.aws_lambda_function.this"
KEYS = 'module.parameters.aws_ssm_parameter.this["api-keys"]'


def changed(address: str, before: dict[str, Any], after: dict[str, Any]) -> dict[str, Any]:
    return {
        "address": address,
        "mode": "managed",
        "type": address.split(".")[-2],
        "change": {"actions": ["update"], "before": before, "after": after},
    }


def plan(*changes: dict[str, Any], drifted: tuple[dict[str, Any], ...] = ()) -> Plan:
    return parse_plan(
        {
            "terraform_version": "1.11.4",
            "planned_values": {},
            "resource_changes": list(changes),
            "resource_drift": list(drifted),
        }
    )


def markdown(found: Plan) -> str:
    return summary.markdown(found, judge(found), "staging")


def test_an_update_names_its_attributes_and_no_value() -> None:
    text = markdown(plan(changed(KEYS, {"value": "old-secret"}, {"value": "new-secret"})))

    assert text.startswith("## staging\n")
    assert "**Plan:** 1 to update" in text
    assert f"| update | `{KEYS}` | `value` |" in text
    assert "old-secret" not in text
    assert "new-secret" not in text


def test_drift_that_the_plan_puts_back_is_told_and_what_was_merely_read_is_not() -> None:
    by_hand = changed(FUNCTION, {"memory_size": 512}, {"memory_size": 1024})
    back = changed(FUNCTION, {"memory_size": 1024}, {"memory_size": 512})
    read = changed("aws_sns_topic.alarms", {"owner": ""}, {"owner": "1"})

    text = markdown(plan(back, drifted=(by_hand, read)))

    assert "**Drift:**" in text
    assert text.count(f"| update | `{FUNCTION}` | `memory_size` |") == 2
    assert "alarms" not in text


def test_what_the_guard_stops_is_told_with_its_remedy() -> None:
    gone = changed("aws_lambda_function_url.this", {"function_name": "mesh"}, {})
    gone["change"] |= {"actions": ["delete"], "after": None}

    text = markdown(plan(gone))

    assert "**Plan:** 1 to delete" in text
    assert "**Guard:** stopped" in text
    assert "- STOP `aws_lambda_function_url.this`: " in text


def test_no_changes_are_told_in_two_lines() -> None:
    assert markdown(plan()) == (
        "## staging\n\n**Plan:** no changes\n\n**Guard:** nothing to object\n"
    )


def test_a_report_of_drift_is_a_table_and_says_what_comes_of_it() -> None:
    by_hand = changed(FUNCTION, {"memory_size": 512}, {"memory_size": 1024})
    back = changed(FUNCTION, {"memory_size": 1024}, {"memory_size": 512})
    found = summary.drift_of(plan(back, drifted=(by_hand,)))

    text = drift.markdown(found, "environment staging")

    assert f"| update | `{FUNCTION}` | `memory_size` |" in text
    assert "1024" not in text
    assert drift.markdown((), "environment staging") == "No drift in environment staging.\n"
