"""The address of an AWS service in any partition, as the AWS SDKs have it.

Importing botocore for it would cost half a second. The tests compare each region and option
with botocore's own data, so they tell when AWS adds a partition.
https://docs.aws.amazon.com/sdkref/latest/guide/feature-endpoints.html
"""

from __future__ import annotations

import os

# Domains of IPv4 and of dual-stack addresses, by how a partition's regions begin: what is
# before the last two parts of `us-gov-west-1`. Of all others the first.
COMMERCIAL = ("amazonaws.com", "api.aws")
DOMAINS = {
    "cn": ("amazonaws.com.cn", "api.amazonwebservices.com.cn"),
    "eusc-de": ("amazonaws.eu", "api.amazonwebservices.eu"),
    "us-iso": ("c2s.ic.gov", "api.aws.ic.gov"),
    "us-isob": ("sc2s.sgov.gov", "api.aws.scloud"),
    "eu-isoe": ("cloud.adc-e.uk", "api.cloud-aws.adc-e.uk"),
    "us-isof": ("csp.hci.ic.gov", "api.aws.hci.ic.gov"),
}
# There the usual IPv4 address of SSM is the one that is validated for FIPS.
GOVCLOUD = "us-gov"


def region() -> str:
    """The region that this function runs in."""
    return os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION") or "us-east-1"


def ssm(of_region: str) -> str:
    """The address of Systems Manager.

    An address in `AWS_ENDPOINT_URL_SSM` or `AWS_ENDPOINT_URL` is taken as it is. Else
    `AWS_USE_FIPS_ENDPOINT` and `AWS_USE_DUALSTACK_ENDPOINT` choose among the region's.

    Args:
        of_region: Such as `eu-central-1`.
    """
    own = os.environ.get("AWS_ENDPOINT_URL_SSM") or os.environ.get("AWS_ENDPOINT_URL")
    if own:
        return own
    begins = of_region.rsplit("-", 2)[0]
    dual_stack = _is_on("AWS_USE_DUALSTACK_ENDPOINT")
    fips = _is_on("AWS_USE_FIPS_ENDPOINT") and (dual_stack or begins != GOVCLOUD)
    domain = DOMAINS.get(begins, COMMERCIAL)[dual_stack]
    return f"https://ssm{'-fips' if fips else ''}.{of_region}.{domain}"


def _is_on(variable: str) -> bool:
    return os.environ.get(variable, "").strip().lower() == "true"
