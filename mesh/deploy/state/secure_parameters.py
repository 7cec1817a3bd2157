"""What Terraform's state says of a parameter with keys or a secret: everything but its value."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mesh.deploy.plan_guard.plan import Change
    from mesh.deploy.state.import_ids import Place

SECURE = "SecureString"
# What AWS tells of it without the right to decrypt.
TOLD = {
    "allowed_pattern": "AllowedPattern",
    "data_type": "DataType",
    "description": "Description",
    "key_id": "KeyId",
    "tier": "Tier",
    "version": "Version",
}


def is_secure(change: Change) -> bool:
    """Whether this is a parameter whose value Terraform must neither read nor write."""
    return change.type == "aws_ssm_parameter" and change.after.get("type") == SECURE


def instance(change: Change, place: Place) -> dict[str, Any] | None:
    """Give what the state has to say of it; None when AWS does not have it.

    The attributes are those that the provider keeps of a parameter that it made with a write-only
    value: `has_value_wo` keeps later runs from reading the value.

    Args:
        change: its creation, as planned.
        place: where to look for it.
    """
    name = change.after["name"]
    filters = [{"Key": "Name", "Values": [name]}]
    found = place.client("ssm").describe_parameters(ParameterFilters=filters)["Parameters"]
    if not found:
        return None
    told = {attribute: found[0].get(key, "") for attribute, key in TOLD.items()}
    attributes = {
        **dict.fromkeys(change.unknown),
        **change.after,
        **told,
        "arn": place.arn("ssm", f"parameter{name}"),
        "has_value_wo": True,
        "id": name,
        "value": "",
    }
    secret = [[{"type": "get_attr", "value": one}] for one in ("value", "value_wo")]
    return {"schema_version": 0, "attributes": attributes, "sensitive_attributes": secret}
