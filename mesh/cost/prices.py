"""AWS's prices: one dated file with a source for each."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mesh.failure import CommandFailedError
from mesh.installation import TERRAFORM

FILE = TERRAFORM / "modules" / "monitoring" / "prices.tf.json"
REGION = "us-east-1"


@dataclass(frozen=True)
class Prices:
    """Prices of one region, in US dollars.

    Attributes:
        region: such as us-east-1.
        date: when they were read.
        usd: by name; the file says the unit of each.
        free: what an account gets each month without payment, by name.
    """

    region: str
    date: dt.date
    usd: Mapping[str, float]
    free: Mapping[str, float]

    def __getitem__(self, name: str) -> float:
        """Give one price."""
        return self.usd[name]


def read(file: Path = FILE) -> dict[str, Any]:
    """Give the file's content.

    It is a part of Terraform's configuration, not a file that the configuration reads: a plan
    holds the folder that such a file was in, and may be applied from another.

    Raises:
        CommandFailedError: there is no such file, or it is no file of prices.
    """
    try:
        content = json.loads(file.read_text("utf-8"))["locals"]["price_list"]
        for day in content["dates"].values():
            dt.date.fromisoformat(day)
        for name, price in content["prices"].items():
            _check(name, price["usd"])
    except OSError as error:
        raise CommandFailedError(f"{file} cannot be read: {error.strerror}.") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise CommandFailedError(
            f"{file} is not a file of prices ({error}). Copy {FILE} and change the copy."
        ) from error
    return dict(content)


def write(content: Mapping[str, Any], file: Path) -> None:
    """Write the file, as `read` reads it.

    Raises:
        OSError: it cannot be written.
    """
    draft = file.with_suffix(".new")
    draft.write_text(json.dumps({"locals": {"price_list": content}}, indent=2) + "\n", "utf-8")
    draft.replace(file)


def _check(name: str, usd: Mapping[str, Any]) -> None:
    if not all(isinstance(one, int | float) and one >= 0 for one in (usd[REGION], *usd.values())):
        raise ValueError(f"{name} has {usd}")


def load(region: str = REGION, file: Path = FILE) -> Prices:
    """Give the prices of one region.

    Raises:
        CommandFailedError: the file does not have this region, or cannot be read.
    """
    content = read(file)
    if region not in content["dates"]:
        raise CommandFailedError(
            f"{file} has no prices of {region}, only of {', '.join(sorted(content['dates']))}. "
            f"Read them with: mesh cost --refresh --region {region}"
        )
    return Prices(
        region=region,
        date=dt.date.fromisoformat(content["dates"][region]),
        # AWS lists some prices on its pages only; they are read for one region.
        usd={
            name: price["usd"].get(region, price["usd"][REGION])
            for name, price in content["prices"].items()
        },
        free=content["free"],
    )
