"""Reads prices from AWS's public price list, which needs no account.

https://docs.aws.amazon.com/awsaccountbilling/latest/aboutv2/using-the-aws-price-list-bulk-api.html
The list has an index of offers, an index of regions for each offer, and a file of products and
terms for each region.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from mesh.cost import prices
from mesh.failure import CommandFailedError

URL = "https://pricing.us-east-1.amazonaws.com"
INDEX = "/offers/v1.0/aws/index.json"
# The region in a usage type: USE1-, EU-, APN2-; none in the first region.
PREFIX = r"([A-Z]{2,4}[0-9]?-)?"
TIMEOUT_SECONDS = 60.0


@dataclass(frozen=True)
class Change:
    """A price that was read.

    Attributes:
        name: its name in our file.
        before: what the file had for the region; None for a new region.
        after: what AWS's list says; None where it does not have the price.
    """

    name: str
    before: float | None
    after: float | None


def refresh(
    file: Path, region: str = prices.REGION, url: str = URL, today: dt.date | None = None
) -> list[Change]:
    """Write the prices of a region into the file, and give what was read.

    A price that the list does not have stays as it was. Nothing is written when a file of the
    list cannot be read.

    Args:
        file: Ours; see `prices.read`.
        region: Whose prices.
        url: Where the list is.
        today: The date that is written.

    Raises:
        CommandFailedError: the list cannot be reached, or is not what AWS documents.
    """
    content = prices.read(file)
    listed = {name: one for name, one in content["prices"].items() if "list" in one}
    changes = []
    with httpx.Client(base_url=url, timeout=TIMEOUT_SECONDS, follow_redirects=True) as client:
        offers = _section(_get(client, INDEX), "offers", INDEX)
        files = {
            offer: _offer(client, offers, offer, region)
            for offer in sorted({one["list"]["offer"] for one in listed.values()})
        }
    for name, one in listed.items():
        wanted = one["list"]
        found = _price(files[wanted["offer"]], wanted["usage"], wanted.get("family"))
        after = None if found is None else float(f"{found * wanted.get('units', 1):.12g}")
        changes.append(Change(name, one["usd"].get(region), after))
        if after is not None:
            one["usd"][region] = after
    if all(change.after is None for change in changes):
        raise CommandFailedError(f"the price list at {url} has no price of {region}.")
    content["dates"][region] = (today or dt.datetime.now(dt.UTC).date()).isoformat()
    try:
        prices.write(content, file)
    except OSError as error:
        raise CommandFailedError(
            f"{file} cannot be written: {error.strerror}. Copy it, and give --prices FILE."
        ) from error
    return changes


def _offer(
    client: httpx.Client, offers: Mapping[str, Any], offer: str, region: str
) -> dict[str, Any]:
    entry = offers.get(offer)
    if not isinstance(entry, dict):
        raise CommandFailedError(f"the price list has no offer {offer}: AWS has renamed it.")
    path = entry.get("currentRegionIndexUrl")
    regions = _section(_get(client, path), "regions", path) if path else {}
    # What is the same everywhere, such as a hosted zone, is in no region.
    place = regions.get(region, {}).get("currentVersionUrl") or entry.get("currentVersionUrl")
    found = _get(client, place)
    _section(found, "products", place)
    _section(_section(found, "terms", place), "OnDemand", place)
    return found


def _get(client: httpx.Client, path: object) -> dict[str, Any]:
    if not isinstance(path, str) or not path.startswith("/"):
        raise CommandFailedError(f"the price list names {path!r} where a path was expected.")
    try:
        answer = client.get(path).raise_for_status().json()
    except (httpx.HTTPError, ValueError) as error:
        raise CommandFailedError(
            f"the price list cannot be read: {path}: {error}. Nothing was changed."
        ) from error
    if not isinstance(answer, dict):
        raise CommandFailedError(f"the price list's {path} is not a JSON object.")
    return answer


def _section(content: Mapping[str, Any], name: str, path: object) -> dict[str, Any]:
    found = content.get(name)
    if not isinstance(found, dict):
        raise CommandFailedError(f"the price list's {path} has no {name}. Nothing was changed.")
    return found


def _price(offer: Mapping[str, Any], usage: str, family: str | None) -> float | None:
    """The price of a usage type; None where there is none, or several that differ."""
    pattern = re.compile(PREFIX + re.escape(usage))
    found: dict[str, set[float]] = {}
    for sku, product in offer["products"].items():
        attributes = product.get("attributes") or {}
        kind = str(attributes.get("usagetype", ""))
        if not pattern.fullmatch(kind) or (family and product.get("productFamily") != family):
            continue
        price = _first_paid(offer["terms"]["OnDemand"].get(sku) or {})
        if price is not None:
            found.setdefault(kind, set()).add(price)
    # Without a prefix is meant where there is both: TS-LoadBalancerUsage is another thing.
    candidates = found.get(usage) or {price for one in found.values() for price in one}
    return candidates.pop() if len(candidates) == 1 else None


def _first_paid(terms: Mapping[str, Any]) -> float | None:
    """The price of the first tier that costs anything, in US dollars."""
    tiers = []
    for term in terms.values():
        for dimension in (term.get("priceDimensions") or {}).values():
            try:
                usd = float(dimension["pricePerUnit"]["USD"])
                begin = float(dimension.get("beginRange") or 0)
            except (KeyError, TypeError, ValueError):
                continue
            if usd > 0:
                tiers.append((begin, usd))
    return min(tiers)[1] if tiers else None
