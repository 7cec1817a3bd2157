"""The bill of a Lambda function behind a Function URL. The URL itself costs nothing."""

from __future__ import annotations

from dataclasses import dataclass

from mesh.cost.bill import Beside, Bill, paid, shared_lines, transfer
from mesh.cost.prices import Prices
from mesh.cost.usage import GB_MB, MILLION, MONTH_SECONDS, Usage, gb_seconds


@dataclass(frozen=True)
class Function:
    """A function as it is set up.

    Attributes:
        architecture: arm64 or x86_64.
        memory_mb: its memory.
        snap_start: whether instances start from a snapshot instead of INIT.
        versions: published versions, each of which keeps a snapshot with SnapStart.
        provisioned: instances that are kept ready.
        domain: whether CloudFront with a domain stands in front.
        waf_rules: rules of the web ACL on that domain; None without one.
    """

    architecture: str = "arm64"
    memory_mb: int = 512
    snap_start: bool = False
    versions: int = 1
    provisioned: int = 0
    domain: bool = False
    waf_rules: int | None = None


def bill(function: Function, usage: Usage, beside: Beside, prices: Prices) -> Bill:
    """What the function costs a month.

    Kept instances answer as many requests at once as there are instances; the estimate lets them
    answer all requests that they have the time for.
    """
    kind, memory_gb = function.architecture, function.memory_mb / GB_MB
    millions = usage.requests / MILLION
    busy_seconds = usage.requests * usage.duration_ms / 1000
    kept_share = (
        min(1.0, function.provisioned * MONTH_SECONDS / busy_seconds) if busy_seconds else 0
    )
    on_demand = gb_seconds(usage.requests * usage.duration_ms, function.memory_mb) * (
        1 - kept_share
    )
    kept = gb_seconds(usage.requests * usage.duration_ms, function.memory_mb) * kept_share
    starts = usage.requests * usage.cold_share * (1 - kept_share)
    init = 0.0 if function.snap_start else gb_seconds(starts * usage.init_ms, function.memory_mb)
    duration = prices[f"lambda_duration_{kind}"]
    free_seconds = beside.free(prices, "lambda_gb_seconds")
    lines = {
        "Requests": paid(millions, beside.free(prices, "lambda_requests"))
        * prices["lambda_requests"],
        "Duration": paid(on_demand, free_seconds) * duration,
        "INIT of cold starts": paid(init, paid(free_seconds, on_demand)) * duration,
        "Provisioned concurrency": function.provisioned
        * memory_gb
        * MONTH_SECONDS
        * prices[f"provisioned_held_{kind}"]
        + kept * prices[f"provisioned_duration_{kind}"],
    }
    if function.snap_start:
        lines["SnapStart snapshots"] = (
            function.versions * memory_gb * MONTH_SECONDS * prices["snapstart_cached"]
        )
        lines["SnapStart restores"] = starts * memory_gb * prices["snapstart_restored"]
    if function.domain:
        lines["Domain"] = (
            prices["hosted_zone"]
            + paid(millions, beside.free(prices, "cloudfront_requests"))
            * prices["cloudfront_requests"]
            + millions * (prices["cloudfront_function"] + prices["cloudfront_key_value_reads"])
        )
        lines["Transfer"] = (
            paid(usage.transfer_gb, beside.free(prices, "cloudfront_gb"))
            * prices["cloudfront_transfer"]
        )
    else:
        lines["Transfer"] = transfer(usage, beside, prices)
    if function.waf_rules is not None:
        lines["WAF"] = (
            prices["waf_acl"]
            + function.waf_rules * prices["waf_rule"]
            + millions * prices["waf_requests"]
        )
    return Bill(f"Lambda {kind}", lines | shared_lines(usage, beside, prices))
