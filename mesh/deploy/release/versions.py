"""Which versions there are, which were live, and what an alias really leads to."""

from __future__ import annotations

import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from mesh.deploy.release.root import Root
from mesh.failure import CommandFailedError

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_ssm import SSMClient

SETTLE_SECONDS = 60.0
FETCH_SECONDS = 120.0


@dataclass(frozen=True)
class Live:
    """A version that was put live, and when: ISO 8601 in UTC."""

    version: str
    since: str


@dataclass(frozen=True)
class Version:
    """A published version that still exists; `published` as Lambda writes it."""

    version: str
    published: str
    code_sha256: str


@dataclass(frozen=True)
class Alias:
    """Where an alias leads now; `weights` are the shares of other versions, by version."""

    version: str
    weights: Mapping[str, float]

    def __str__(self) -> str:
        shares = [f"{share:.0%} of it to version {name}" for name, share in self.weights.items()]
        return ", ".join([f"version {self.version}", *shares])


@dataclass(frozen=True)
class Aws:
    """Where the function and its parameters are."""

    functions: LambdaClient
    parameters: SSMClient

    def history(self, parameter: str) -> list[Live]:
        """Give what was live, in order, at most the last hundred moves.

        PutParameter is not idempotent: an SDK that has lost its answer sends it again, and
        the same value has two versions then. That was one move, at the first one's time.
        """
        pages = self.parameters.get_paginator("get_parameter_history").paginate(Name=parameter)
        with _explained(f"the history of {parameter}"):
            found = [entry for page in pages for entry in page["Parameters"]]
        found.sort(key=lambda entry: entry["Version"])
        moves = (next(same) for _, same in groupby(found, key=lambda entry: entry["Value"]))
        return [
            Live(entry["Value"], f"{entry['LastModifiedDate']:%Y-%m-%dT%H:%M:%SZ}")
            for entry in moves
        ]

    def published(self, function: str) -> list[Version]:
        """Give the versions that can be put live, the oldest first."""
        pages = self.functions.get_paginator("list_versions_by_function").paginate(
            FunctionName=function
        )
        with _explained(f"the versions of {function}"):
            found = [entry for page in pages for entry in page["Versions"]]
        return [
            Version(entry["Version"], entry["LastModified"][:19] + "Z", entry["CodeSha256"])
            for entry in found
            if entry["Version"] != "$LATEST"
        ]

    def alias(self, function: str, name: str) -> Alias:
        """Give where an alias leads, whoever moved it.

        Raises:
            CommandFailedError: there is none, or AWS does not tell.
        """
        with _explained(f"the alias {name} of {function}"):
            try:
                found = self.functions.get_alias(FunctionName=function, Name=name)
            except self.functions.exceptions.ResourceNotFoundException as error:
                raise CommandFailedError(
                    f"AWS has no alias {name} of a function {function}. Check the account and "
                    'the region. If somebody deleted it, see "A deleted function" in '
                    "docs/how-to/runbook.md."
                ) from error
        weights = (found.get("RoutingConfig") or {}).get("AdditionalVersionWeights") or {}
        return Alias(found["FunctionVersion"], dict(weights))

    def move_live(self, function: str, version: str, parameter: str | None) -> None:
        """Put a version live at once, with all requests, and leave Terraform to be told.

        Args:
            function: its name.
            version: a published one.
            parameter: where it is recorded what was live; see `history`.

        Raises:
            CommandFailedError: AWS refuses it.
        """
        with _explained(f"the alias live of {function}"):
            self.functions.update_alias(
                FunctionName=function,
                Name="live",
                FunctionVersion=version,
                RoutingConfig={"AdditionalVersionWeights": {}},
            )
        if parameter:
            with _explained(f"the parameter {parameter}"):
                self.parameters.put_parameter(Name=parameter, Value=version, Overwrite=True)

    def await_alias(self, function: str, version: str, weights: dict[str, float]) -> None:
        """Wait until live has just this version and these weights.

        While an alias moves AWS gives it weights of its own for a moment, when there is
        provisioned concurrency; read by Terraform just then, they look like drift.

        Raises:
            CommandFailedError: it has others after a minute.
        """
        deadline = time.monotonic() + SETTLE_SECONDS
        while True:
            found = self.alias(function, "live")
            if found == Alias(version, weights):
                return
            if time.monotonic() > deadline:
                raise CommandFailedError(
                    f"live of {function} leads to {found}, not to {Alias(version, weights)}: "
                    "somebody else moves it too. Look at `aws lambda get-alias`, and run this "
                    "again."
                )
            time.sleep(0.5)

    def fetch_zip(self, root: Root, function: str) -> Path | None:
        """Fetch the deployed zip when the one that Terraform looks for is not there.

        Going back needs no build: a root without its zip cannot be planned, and the one
        that is deployed changes nothing.

        Returns:
            Where it was put; None when it was there, or cannot be told.
        """
        module = root.shown_state().get("values", {}).get("root_module", {})
        # A large zip goes to Lambda through a bucket.
        resources = ("aws_lambda_function", "filename"), ("aws_s3_object", "source")
        found = (_resource(module, kind).get(attribute) for kind, attribute in resources)
        name = next(filter(None, found), None)
        if name is None:
            return None
        target: Path = root.folder / name
        if target.exists():
            return None
        with _explained(f"the code of {function}"):
            location = self.functions.get_function(FunctionName=function)["Code"]["Location"]
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            with urllib.request.urlopen(location, timeout=FETCH_SECONDS) as answer:  # noqa: S310 - AWS's own address
                target.write_bytes(answer.read())
        except (OSError, urllib.error.URLError) as error:
            raise CommandFailedError(f"the deployed zip cannot be fetched: {error}") from error
        return target


def before(history: Sequence[Live], live: str) -> str | None:
    """Give the version that was live before `live`; None when there was none.

    What was taken back does not count: after 1, 2, 3, and back to 2, the one before is 1.
    """
    stack: list[str] = []
    for version in [*(entry.version for entry in history), live]:
        if version in stack:
            del stack[stack.index(version) :]
        stack.append(version)
    return stack[-2] if len(stack) > 1 else None


@contextmanager
def _explained(what: str) -> Iterator[None]:
    try:
        yield
    except (BotoCoreError, ClientError) as error:
        raise CommandFailedError(f"AWS did not say {what}: {error}") from error


def _resource(module: dict[str, Any], kind: str) -> dict[str, Any]:
    """The values of the first managed resource of a type; {} where there is none."""
    for resource in module.get("resources", ()):
        if resource["type"] == kind and resource["mode"] == "managed":
            return dict(resource["values"])
    for child in module.get("child_modules", ()):
        found = _resource(child, kind)
        if found:
            return found
    return {}
