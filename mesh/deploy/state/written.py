"""What Terraform cannot import, or not without harm: the state is told of it instead."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from mesh.deploy.state import parameters
from mesh.deploy.state.import_ids import certificate, proof

if TYPE_CHECKING:
    from mesh.deploy.plan_guard.plan import Change
    from mesh.deploy.state.import_ids import Place


def _validation(change: Change, place: Place) -> dict[str, Any] | None:
    """Give what the state has to say of the wait for a certificate, which AWS does not know.

    None when there is none, or it is not issued.
    """
    found = certificate(place)
    if found is None or "IssuedAt" not in found:
        return None
    attributes = {
        **dict.fromkeys(change.unknown),
        **change.after,
        "certificate_arn": found["CertificateArn"],
        "id": f"{found['IssuedAt']:%Y-%m-%d %H:%M:%S +0000 UTC}",
        "validation_record_fqdns": [proof(found)["Name"].rstrip(".")],
    }
    return {"schema_version": 0, "attributes": attributes, "sensitive_attributes": []}


def _subscription(change: Change, place: Place) -> dict[str, Any] | None:
    """Give what the state has to say of the topic's mail address.

    None while nobody has confirmed it: it has no ARN then. Imported, the provider would take the
    empty scope that it reads for one that somebody set, and refuse to plan.
    """
    # As terraform/modules/monitoring calls the topic, which a plan does not know yet.
    topic = place.arn("sns", f"{place.function}-alarms")
    pages = place.client("sns").get_paginator("list_subscriptions_by_topic")
    wanted = (change.after["protocol"], change.after["endpoint"])
    try:
        listed = [one for page in pages.paginate(TopicArn=topic) for one in page["Subscriptions"]]
    except ClientError:
        # The topic is not there.
        return None
    for one in listed:
        arn = one["SubscriptionArn"]
        if (one["Protocol"], one["Endpoint"]) == wanted and arn.startswith("arn:"):
            known = {"arn": arn, "id": arn, "topic_arn": topic, "owner_id": one["Owner"]}
            attributes = {**dict.fromkeys(change.unknown), **change.after, **known}
            return {
                "schema_version": 0,
                "attributes": attributes,
                "sensitive_attributes": [],
            }
    return None


WRITTEN: dict[str, Callable[[Change, Place], dict[str, Any] | None]] = {
    "aws_acm_certificate_validation": _validation,
    "aws_sns_topic_subscription": _subscription,
    parameters.KIND: parameters.instance,
}
