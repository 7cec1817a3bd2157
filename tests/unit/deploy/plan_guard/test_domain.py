"""The guard over plans for a server with a domain: the name that clients have, and its secret."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.deploy.plan_guard.test_rules import change, stops

DISTRIBUTION = "aws_cloudfront_distribution.this"
VALUE = "a-value-that-nobody-may-see"


def distribution(**other: Any) -> dict[str, Any]:
    behavior = {"function_association": [{"event_type": "viewer-request", "function_arn": "arn"}]}
    served = {
        "aliases": ["mesh.example.com"],
        "enabled": True,
        "default_cache_behavior": [behavior],
    }
    return {**served, **other}


def server(**variables: str) -> dict[str, Any]:
    told = {"MESH_AUTH": "api_key", **variables}
    return {"function_name": "mesh", "environment": [{"variables": told}]}


@pytest.mark.parametrize(
    ("other", "said"),
    [
        ({"aliases": []}, "aliases loses mesh.example.com"),
        ({"aliases": ["new.example.com"]}, "aliases loses mesh.example.com"),
        ({"enabled": False}, "enabled changes from true to false"),
        ({"default_cache_behavior": [{}]}, "function_association is taken away"),
    ],
)
def test_an_update_that_takes_the_domain_away_is_stopped(other: dict[str, Any], said: str) -> None:
    [found] = stops(
        change(DISTRIBUTION, ["update"], before=distribution(), after=distribution(**other))
    )
    assert said in found


def test_another_setting_of_the_distribution_is_nothing_to_object() -> None:
    after = distribution(comment="new", aliases=["mesh.example.com", "more.example.com"])
    assert stops(change(DISTRIBUTION, ["update"], before=distribution(), after=after)) == []


@pytest.mark.parametrize("attribute", ["alias", "records"])
def test_a_record_that_would_lead_elsewhere_is_stopped(attribute: str) -> None:
    before: dict[str, Any] = {"name": "mesh.example.com", attribute: [{"name": "one"}]}
    after = {"name": "mesh.example.com", attribute: [{"name": "two"}]}
    for parts in (
        {"after": after},
        {"after": before, "after_unknown": {attribute: [{"name": True}]}},
    ):
        [found] = stops(change("aws_route53_record.this", ["update"], before=before, **parts))
        assert "mesh.example.com would lead elsewhere" in found


def test_a_record_that_leads_where_it_led_is_nothing_to_object() -> None:
    before = {"name": "mesh.example.com", "alias": [{"name": "one"}], "ttl": 60}
    unknown: dict[str, Any] = {"alias": [{}]}
    assert not stops(
        change(
            "aws_route53_record.this",
            ["update"],
            before=before,
            after={**before, "ttl": 300},
            after_unknown=unknown,
        )
    )


@pytest.mark.parametrize(
    "address",
    [
        DISTRIBUTION,
        "aws_cloudfront_function.viewer_request",
        "aws_cloudfront_key_value_store.this",
        "aws_route53_record.this",
        "aws_acm_certificate.this",
    ],
)
@pytest.mark.parametrize("actions", [["delete"], ["create", "delete"]])
def test_what_the_domain_depends_on_is_neither_lost_nor_replaced(
    address: str, actions: list[str]
) -> None:
    name = "domain_name"
    paths = [[name]] if len(actions) > 1 else []
    found = stops(
        change(
            address,
            actions,
            before={name: "old.example.com"},
            after={name: "new.example.com"},
            replace_paths=paths,
        )
    )
    assert len(found) == 1
    assert "domain" in found[0]
    assert "`environment`" not in found[0] or address not in {
        "aws_route53_record.this",
        "aws_acm_certificate.this",
    }


@pytest.mark.parametrize("actions", [["create"], ["update"]])
def test_an_origin_header_in_the_distribution_is_stopped(actions: list[str]) -> None:
    origin = {"custom_header": [{"name": "x-origin", "value": VALUE}]}
    before = distribution() if actions == ["update"] else None
    [found] = stops(
        change(DISTRIBUTION, actions, before=before, after=distribution(origin=[origin]))
    )
    assert "custom_header" in found
    assert VALUE not in found


def test_a_key_value_written_by_terraform_is_stopped() -> None:
    written = {"key": "origin-secret", "value": VALUE}
    address = "aws_cloudfrontkeyvaluestore_key.secret"
    [found] = stops(change(address, ["create"], before=None, after=written))
    assert "mesh domain rotate" in found
    assert VALUE not in found


def test_a_server_does_not_shut_out_who_has_the_function_url_unasked() -> None:
    closed = server(MESH_ORIGIN_SECRET_PARAMETER="/mesh/test/origin-secret")
    [shut] = stops(change("aws_lambda_function.this", ["update"], before=server(), after=closed))
    assert "domain_only = false" in shut
    [opened] = stops(change("aws_lambda_function.this", ["update"], before=closed, after=server()))
    assert "around its limit" in opened
    assert not stops(change("aws_lambda_function.this", ["create"], before=None, after=closed))
