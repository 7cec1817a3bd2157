"""What Terraform imports a resource by: made of its planned attributes, or looked up in AWS.

The form of each id is on the resource's page of the provider's documentation.
https://registry.terraform.io/providers/hashicorp/aws/5.100.0/docs
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Place:
    """Where resources are, and what live is there.

    Attributes:
        client: gives a client of AWS by its service's name, in another `region` if one is given.
        partition: such as `aws`.
        region: of the deployment.
        account: its number.
        function: name of the function.
        live: version that the alias live leads to.
        domain: name of the custom domain, None without one.
    """

    client: Callable[..., Any]
    partition: str
    region: str
    account: str
    function: str
    live: str
    domain: str | None

    def arn(self, service: str, rest: str, *, region: bool = True) -> str:
        """Give the ARN of something of this account."""
        where = self.region if region else ""
        return f"arn:{self.partition}:{service}:{where}:{self.account}:{rest}"


def import_id(kind: str, planned: Mapping[str, Any], place: Place) -> str | None:
    """Give the id by which a resource is imported.

    Args:
        kind: its type.
        planned: its attributes, as far as a plan knows them.
        place: where to look for what the attributes do not say.

    Returns:
        None when AWS does not have it, or Terraform cannot import its kind.
    """
    if kind in PLAIN:
        return PLAIN[kind].format_map({"qualifier": place.live, **planned})
    found = LOOKED_UP.get(kind)
    return found(planned, place) if found else None


# Where CloudFront has its certificates and web ACLs.
EDGE = "us-east-1"
PLAIN = {
    "aws_cloudformation_stack": "{name}",
    "aws_cloudfront_function": "{name}",
    "aws_cloudfront_key_value_store": "{name}",
    "aws_cloudwatch_composite_alarm": "{alarm_name}",
    "aws_cloudwatch_dashboard": "{dashboard_name}",
    "aws_cloudwatch_log_group": "{name}",
    "aws_cloudwatch_metric_alarm": "{alarm_name}",
    "aws_iam_role": "{name}",
    "aws_iam_role_policy": "{role}:{name}",
    "aws_lambda_alias": "{function_name}/{name}",
    "aws_lambda_function": "{function_name}",
    "aws_lambda_function_event_invoke_config": "{function_name}:{qualifier}",
    "aws_lambda_function_url": "{function_name}/{qualifier}",
    "aws_lambda_provisioned_concurrency_config": "{function_name},{qualifier}",
    "aws_s3_object": "{bucket}/{key}",
}


def _policy(planned: Mapping[str, Any], place: Place) -> str:
    return place.arn("iam", f"policy/{planned['name']}", region=False)


def _topic(planned: Mapping[str, Any], place: Place) -> str:
    return place.arn("sns", planned["name"])


def _budget(planned: Mapping[str, Any], place: Place) -> str:
    return f"{place.account}:{planned['name']}"


def _query(planned: Mapping[str, Any], place: Place) -> str | None:
    name = planned["name"]
    logs = place.client("logs")
    found = logs.describe_query_definitions(queryDefinitionNamePrefix=name)["queryDefinitions"]
    ids = [query["queryDefinitionId"] for query in found if query["name"] == name]
    return place.arn("logs", f"query-definition:{ids[0]}") if ids else None


def certificate(place: Place) -> dict[str, Any] | None:
    """What AWS tells of the domain's certificate; the one in use, of several.

    None when there is none.
    """
    acm = place.client("acm", region=EDGE)
    pages = acm.get_paginator("list_certificates").paginate()
    listed = [one for page in pages for one in page["CertificateSummaryList"]]
    arns = [one["CertificateArn"] for one in listed if one["DomainName"] == place.domain]
    found = [acm.describe_certificate(CertificateArn=arn)["Certificate"] for arn in arns]
    return max(found, key=lambda one: len(one.get("InUseBy", ())), default=None)


def proof(found: Mapping[str, Any]) -> dict[str, str]:
    """The record that proves a certificate's name: its Name, Type and Value."""
    record: dict[str, str] = found["DomainValidationOptions"][0]["ResourceRecord"]
    return record


def _certificate(planned: Mapping[str, Any], place: Place) -> str | None:  # noqa: ARG001 - as others
    found = certificate(place)
    return found["CertificateArn"] if found else None


def _record(planned: Mapping[str, Any], place: Place) -> str | None:
    """Of the domain itself; or without a name, for that is the certificate's to say, its proof."""
    if "name" in planned:
        return f"{planned['zone_id']}_{planned['name']}_{planned['type']}"
    found = certificate(place)
    if found is None:
        return None
    record = proof(found)
    return f"{planned['zone_id']}_{record['Name'].rstrip('.')}_{record['Type']}"


def _distribution(planned: Mapping[str, Any], place: Place) -> str | None:
    pages = place.client("cloudfront").get_paginator("list_distributions").paginate()
    for page in pages:
        for found in page["DistributionList"].get("Items", ()):
            if {*planned["aliases"]} & {*found["Aliases"].get("Items", ())}:
                return str(found["Id"])
    return None


def _web_acl(planned: Mapping[str, Any], place: Place) -> str | None:
    found = place.client("wafv2", region=EDGE).list_web_acls(Scope=planned["scope"])["WebACLs"]
    ids = [acl["Id"] for acl in found if acl["Name"] == planned["name"]]
    return f"{ids[0]}/{planned['name']}/{planned['scope']}" if ids else None


LOOKED_UP: dict[str, Callable[[Mapping[str, Any], Place], str | None]] = {
    "aws_acm_certificate": _certificate,
    "aws_budgets_budget": _budget,
    "aws_cloudfront_distribution": _distribution,
    "aws_cloudwatch_query_definition": _query,
    "aws_iam_policy": _policy,
    "aws_route53_record": _record,
    "aws_sns_topic": _topic,
    "aws_wafv2_web_acl": _web_acl,
}
