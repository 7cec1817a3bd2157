"""What Terraform's state says of a parameter: everything but the value of one with a secret."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mesh.deploy.plan_guard.plan import Change
    from mesh.deploy.state.import_ids import Place

KIND = "aws_ssm_parameter"
SECURE = "SecureString"
# What AWS tells of it without the right to decrypt.
TOLD = {
    "allowed_pattern": "AllowedPattern",
    "data_type": "DataType",
    "description": "Description",
    "key_id": "KeyId",
    "tier": "Tier",
    "type": "Type",
    "version": "Version",
}


def instance(change: Change, place: Place) -> dict[str, Any] | None:
    """Give what the state has to say of a parameter; None when AWS does not have it.

    The attributes are those that the provider keeps of a parameter that it made. An import would
    put the value among them, in clear. With a write-only value, `has_value_wo` keeps later runs
    from reading it.

    Args:
        change: its creation, as planned.
        place: where to look for it.
    """
    name = change.after["name"]
    parameters = place.client("ssm")
    filters = [{"Key": "Name", "Values": [name]}]
    found = parameters.describe_parameters(ParameterFilters=filters)["Parameters"]
    if not found:
        return None
    value: dict[str, Any]
    if found[0]["Type"] == SECURE:
        value = {"has_value_wo": True, "value": ""}
    else:
        plain = parameters.get_parameter(Name=name)["Parameter"]["Value"]
        value = {"has_value_wo": None, "value": None, "insecure_value": plain}
    told = {attribute: found[0].get(key, "") for attribute, key in TOLD.items()}
    attributes = {
        **dict.fromkeys(change.unknown),
        **change.after,
        **told,
        **value,
        "arn": place.arn("ssm", f"parameter{name}"),
        "id": name,
    }
    secret = [[{"type": "get_attr", "value": one}] for one in ("value", "value_wo")]
    return {"schema_version": 0, "attributes": attributes, "sensitive_attributes": secret}
