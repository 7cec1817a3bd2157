"""Calls of AWS that go on when one is refused: what was not allowed is noted."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from mesh.failure import CommandFailedError

REFUSED = {
    "AccessDenied",
    "AccessDeniedException",
    "AuthorizationError",
    "UnauthorizedOperation",
    "UnauthorizedAccess",
}
# AWS names the right that was missing: "... is not authorized to perform: ecs:DescribeServices".
RIGHT = re.compile(r"perform:? ([a-z0-9-]+:[A-Za-z0-9]+)")
# What follows a page is called so in an answer, and so in the next question.
TOKENS = {
    "nextToken": "nextToken",
    "NextToken": "NextToken",
    "NextMarker": "Marker",
    "Marker": "Marker",
}
# Where the service's name in IAM is another than the client's.
PREFIXES = {"elbv2": "elasticloadbalancing"}


@dataclass
class Reads:
    """Reads AWS.

    Attributes:
        client: makes the client of a service, for one region.
        missing: rights that the caller does not have, with what is unknown because of it.
        failures: other errors, with what is unknown because of them.
    """

    client: Callable[[str], Any]
    missing: dict[str, str] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        # A client takes longer to make than a call takes.
        self.client = cache(self.client)

    @property
    def gap(self) -> str | None:
        """What is not known, in one sentence without a full stop; None where all was read."""
        if self.missing:
            return f"the right {', '.join(sorted(self.missing))} is missing"
        # What is not there is known.
        failed = [one for one in self.failures if ": NoSuchEntity" not in one]
        return failed[0].rstrip(".") if failed else None

    def pages(
        self, unknown: str, service: str, operation: str, key: str, **arguments: Any
    ) -> Iterator[Any]:
        """What all pages of an operation list.

        Args:
            unknown: as for `ask`.
            service: of boto3.
            operation: its method.
            key: of the list in an answer.
            arguments: for it.
        """
        token: dict[str, str] = {}
        while True:
            answer = self.ask(unknown, service, operation, **arguments, **token)
            yield from answer.get(key, [])
            token = {asked: answer[given] for given, asked in TOKENS.items() if answer.get(given)}
            if not token:
                return

    def ask(self, unknown: str, service: str, operation: str, **arguments: Any) -> dict[str, Any]:
        """Call one operation; an empty answer where it is refused or fails.

        Args:
            unknown: what is not known without the answer, for the person who reads the report.
            service: of boto3.
            operation: its method.
            arguments: for it.
        """
        try:
            client = self.client(service)
            answer: dict[str, Any] = getattr(client, operation)(**arguments)
        except ClientError as error:
            code = error.response.get("Error", {}).get("Code", "")
            if code in REFUSED:
                said = RIGHT.search(error.response["Error"].get("Message", ""))
                self.missing[said[1] if said else _right(service, error.operation_name)] = unknown
            else:
                message = error.response.get("Error", {}).get("Message", "")
                self.failures.append(f"{unknown}: {code}: {message}")
            return {}
        except BotoCoreError as error:
            raise CommandFailedError(f"AWS: {error}") from error
        return answer


def _right(service: str, operation: str) -> str:
    return f"{PREFIXES.get(service, service)}:{operation}"
