"""The guard over plans in which the address is lost: the cause that it names, and the remedy."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.deploy.plan_guard.test_rules import change, stops

URL = "aws_lambda_function_url.this"
FUNCTION = "aws_lambda_function.this"
RECORD = "aws_route53_record.this"
REPLACED = ["delete", "create"]


def replaced(address: str, path: list[Any], before: Any, after: Any, **parts: Any) -> str:
    [said] = stops(
        change(
            address,
            REPLACED,
            before=before,
            after=after,
            replace_paths=[path],
            reason="replace_because_cannot_update",
            **parts,
        )
    )
    return said


def test_the_attribute_that_forces_a_replacement_is_named_with_both_values() -> None:
    said = replaced(FUNCTION, ["function_name"], {"function_name": "a"}, {"function_name": "b"})
    assert said == (
        f'{FUNCTION}: replaced, because function_name changes from "a" to "b"; its Function URLs '
        "and all published versions go with it, for good. Put `name` and `environment` back; for a "
        "second server give it a state of its own."
    )


def test_an_attribute_within_another_is_named_with_its_place() -> None:
    before, after = {"vpc": [{"id": "a"}]}, {"vpc": [{"id": "b"}]}
    said = replaced(FUNCTION, ["vpc", 0, "id"], before, after)
    assert 'because vpc.0.id changes from "a" to "b"; ' in said
    assert "Put back what was changed, in the variables or the configuration." in said
    # A place that one of them does not have.
    assert 'from "a" to null' in replaced(FUNCTION, ["vpc", 0, "id"], before, {"vpc": []})
    assert 'from null to "b"' in replaced(FUNCTION, ["vpc", 0, "id"], {"vpc": "a"}, after)


def test_a_value_that_is_not_known_yet_is_said_to_be_so() -> None:
    said = replaced(
        FUNCTION, ["handler"], {"handler": "a"}, {}, after_unknown={"handler": True, "arn": False}
    )
    assert 'handler changes from "a" to a value known after the apply;' in said


@pytest.mark.parametrize(("length", "shown"), [(58, "x" * 58 + '"'), (59, "x" * 59 + "...")])
def test_a_long_value_is_cut(length: int, shown: str) -> None:
    said = replaced(FUNCTION, ["handler"], {"handler": "x" * length}, {"handler": "y"})
    assert f'from "{shown} to "y"' in said


@pytest.mark.parametrize("path", ["qualifier", "function_name"])
def test_a_changed_name_or_qualifier_asks_for_the_name_and_environment(path: str) -> None:
    assert "Put `name` and `environment` back" in replaced(URL, [path], {path: "a"}, {path: "b"})


def test_a_changed_name_of_the_domain_asks_for_the_domain() -> None:
    said = replaced(RECORD, ["name"], {"name": "a"}, {"name": "b"})
    assert "Put `domain_name` and `domain_zone_id` back, or move the clients first." in said


def test_several_causes_are_all_named() -> None:
    values = {"function_name": "a", "handler": "a"}
    [said] = stops(
        change(
            FUNCTION,
            REPLACED,
            before=values,
            after={"function_name": "b", "handler": "b"},
            replace_paths=[["function_name"], ["handler"]],
        )
    )
    assert 'function_name changes from "a" to "b" and handler changes from "a" to "b";' in said


@pytest.mark.parametrize(
    ("reason", "cause", "remedy"),
    [
        ("replace_because_tainted", "it is marked as tainted", f"terraform untaint '{URL}'"),
        ("replace_by_request", "`-replace` asks for it", "Leave -replace out."),
        ("replace_by_triggers", "its replace_triggered_by asks for it", "Put back"),
        ("delete_because_no_resource_config", "the configuration no longer has it", "moved block"),
        ("delete_because_count_index", "its count no longer reaches it", "Put back"),
    ],
)
def test_terraforms_reason_is_told_in_words(reason: str, cause: str, remedy: str) -> None:
    actions = REPLACED if reason.startswith("replace") else ["delete"]
    [said] = stops(change(URL, actions, before={"a": 1}, after=None, reason=reason))
    assert f"because {cause}" in said
    assert remedy in said


def test_what_has_no_reason_is_said_to_be_asked_for() -> None:
    [said] = stops(change(URL, ["delete"], before={"a": 1}, after=None))
    assert "deleted, because that is what was asked for; the address that clients have" in said


def test_other_resources_may_be_lost() -> None:
    for actions in (["delete"], REPLACED, ["forget"]):
        assert not stops(change("aws_cloudwatch_dashboard.this", actions, before={"a": 1}))


def drift(address: str, actions: list[str], **before: Any) -> dict[str, Any]:
    return {"resource_drift": [change(address, actions, before=before, after=None)]}


ARN = "arn:aws:lambda:us-east-1:000000000000:function:mesh"


def test_what_somebody_deleted_in_aws_would_be_another_address() -> None:
    made = change(FUNCTION, ["create"], before=None, after={"function_name": "mesh"})
    [said] = stops(made, **drift(FUNCTION, ["delete"], arn=ARN))
    assert "in the state and not found in AWS, and would be made again; its Function URLs" in said
    assert "its clients need another address" in said


@pytest.mark.parametrize(
    ("address", "remedy"),
    [
        ('aws_ssm_parameter.this["api-keys"]', "allow this, and store what was in it again"),
        ("aws_lambda_permission.function_url[0]", "allow this: made again, it is as it was"),
        ("aws_lambda_alias.live", "its clients need another address"),
    ],
)
def test_what_making_it_again_means_is_said_of_each(address: str, remedy: str) -> None:
    made = change(address, ["create"], before=None, after={"name": "mesh"})
    [said] = stops(made, **drift(address, ["delete"], name="mesh"))
    assert remedy in said


@pytest.mark.parametrize("attribute", ["arn", "id"])
def test_a_plan_for_another_region_is_told_from_what_is_deleted(attribute: str) -> None:
    made = change(FUNCTION, ["create"], before=None, after={"function_name": "mesh"})
    found = drift(FUNCTION, ["delete"], **{attribute: ARN})
    [said] = stops(made, **found, variables={"region": {"value": "eu-central-1"}})
    assert "It is in us-east-1 and the plan is for eu-central-1: put `region` back" in said
    for region in ({"value": "us-east-1"}, {"value": None}):
        [said] = stops(made, **found, variables={"region": region})
        assert "Check the region and the account" in said


@pytest.mark.parametrize("identity", ["mesh", "a:b:c:d", ""])
def test_what_has_no_arn_tells_no_region(identity: str) -> None:
    made = change(FUNCTION, ["create"], before=None, after={"function_name": "mesh"})
    found = drift(FUNCTION, ["delete"], id=identity)
    [said] = stops(made, **found, variables={"region": {"value": "eu-central-1"}})
    assert "Check the region and the account" in said


def test_only_what_is_made_anew_counts_as_gone() -> None:
    made = change(FUNCTION, ["create"], before=None, after={"function_name": "mesh"})
    assert not stops(**drift(FUNCTION, ["delete"], arn=ARN))
    assert not stops(made, **drift(FUNCTION, ["update"], arn=ARN))
    dashboard = "aws_cloudwatch_dashboard.this"
    assert not stops(change(dashboard, ["create"], after={}), **drift(dashboard, ["delete"]))
