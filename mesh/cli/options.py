"""Values of options that several commands take, and what is no such value."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

import click

DURATION = re.compile(r"([0-9]{1,6})([mhdw])")
UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
RATE = re.compile(r"([0-9]{1,6})(/min)?")


class Duration(click.ParamType[dt.timedelta]):
    """A number and a unit: `30m`, `12h`, `90d`, `2w`."""

    name = "duration"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> dt.timedelta:
        """Read it; `0h` is a duration too."""
        if isinstance(value, dt.timedelta):
            return value
        found = DURATION.fullmatch(str(value))
        if found is None:
            self.fail(f"{value!r} is no duration; give it as 30m, 12h, 90d or 2w.", param, ctx)
        return dt.timedelta(**{UNITS[found[2]]: int(found[1])})


class Rate(click.ParamType[int]):
    """Calls a minute: `60/min`, or just `60`."""

    name = "rate"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Read it; at least one."""
        found = RATE.fullmatch(str(value))
        if found is None or int(found[1]) < 1:
            self.fail(f"{value!r} is no rate; give calls a minute, such as 60/min.", param, ctx)
        return int(found[1])
