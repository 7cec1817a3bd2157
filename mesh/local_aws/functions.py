"""Functions, versions, aliases and URLs, read from the control plane at each request.

Nothing is cached that could go stale: once UpdateAlias has returned, the next request sees it.
"""

from __future__ import annotations

import base64
import contextlib
import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from ministack.services import lambda_svc

LATEST = "$LATEST"


@dataclass(frozen=True, slots=True)
class FunctionName:
    """A function in its account and region."""

    account: str
    region: str
    name: str

    @property
    def arn(self) -> str:
        """The unqualified ARN."""
        return f"arn:aws:lambda:{self.region}:{self.account}:function:{self.name}"


@dataclass(frozen=True, eq=False)
class FunctionVersion:
    """One version's code and configuration; a changed $LATEST is another object."""

    function: FunctionName
    version: str
    config: Mapping[str, Any] = field(repr=False)
    code: bytes = field(repr=False)

    @property
    def code_digest(self) -> str:
        """SHA-256 of the zip, in hex: the name of its unpacked folder."""
        digest = self.config.get("CodeSha256")
        return base64.b64decode(digest).hex() if digest else ""

    @property
    def handler(self) -> str:
        """Such as `mesh.runtime.handler.handler`."""
        return str(self.config.get("Handler", ""))

    @property
    def runtime(self) -> str:
        """Such as `python3.13`."""
        return str(self.config.get("Runtime", ""))

    @property
    def architecture(self) -> str:
        """`arm64` or `x86_64`."""
        return str((self.config.get("Architectures") or ["x86_64"])[0])

    @property
    def role(self) -> str:
        """ARN of its execution role."""
        return str(self.config.get("Role", ""))

    @property
    def memory_mb(self) -> int:
        """Memory limit in MB."""
        return int(self.config.get("MemorySize") or 128)

    @property
    def timeout_seconds(self) -> int:
        """Time limit of one invocation."""
        return int(self.config.get("Timeout") or 3)

    @property
    def snap_start(self) -> bool:
        """Whether instances are to start from a snapshot of this version."""
        return (self.config.get("SnapStart") or {}).get("OptimizationStatus") == "On"

    @property
    def environment(self) -> dict[str, str]:
        """The function's own environment variables."""
        variables = (self.config.get("Environment") or {}).get("Variables") or {}
        return {str(name): str(value) for name, value in variables.items()}

    @property
    def log_group(self) -> str:
        """CloudWatch Logs group."""
        logging = self.config.get("LoggingConfig") or {}
        return str(logging.get("LogGroup") or f"/aws/lambda/{self.function.name}")

    @property
    def log_format(self) -> str:
        """`Text` or `JSON`."""
        return str((self.config.get("LoggingConfig") or {}).get("LogFormat") or "Text")


@dataclass(frozen=True, slots=True)
class Route:
    """Where an invocation goes."""

    version: FunctionVersion
    qualifier: str | None
    invoked_arn: str


@dataclass(frozen=True, slots=True)
class FunctionUrl:
    """A Function URL: of a function (`qualifier` None) or of one of its aliases."""

    function: FunctionName
    qualifier: str | None
    config: Mapping[str, Any] = field(repr=False, hash=False)

    @property
    def identifier(self) -> str:
        """What its port is remembered under."""
        return url_identifier(self.function, self.qualifier)

    @property
    def arn(self) -> str:
        """ARN of the function or alias that it belongs to; permissions name it."""
        return f"{self.function.arn}:{self.qualifier}" if self.qualifier else self.function.arn

    @property
    def auth_type(self) -> str:
        """`NONE` or `AWS_IAM`."""
        return str(self.config.get("AuthType", "NONE"))

    @property
    def cors(self) -> Mapping[str, Any]:
        """Its CORS settings, empty when there are none."""
        return self.config.get("Cors") or {}

    @property
    def invoke_mode(self) -> str:
        """`BUFFERED` or `RESPONSE_STREAM`."""
        return str(self.config.get("InvokeMode", "BUFFERED"))


class UnknownFunctionError(Exception):
    """No such function, version or alias (ResourceNotFoundException)."""


_versions: dict[tuple[FunctionName, str], tuple[tuple[object, ...], FunctionVersion]] = {}


def url_identifier(function: FunctionName, qualifier: str | None) -> str:
    """Such as `000000000000/us-east-1/mesh-dev:live`."""
    suffix = f":{qualifier}" if qualifier else ""
    return f"{function.account}/{function.region}/{function.name}{suffix}"


def record_of(function: FunctionName) -> dict[str, Any]:
    """The control plane's own record of a function.

    Raises:
        UnknownFunctionError: there is none.
    """
    record = lambda_svc._functions._data.get((function.account, function.region, function.name))  # noqa: SLF001 - MiniStack is in this process, and pinned
    if record is None:
        raise UnknownFunctionError(f"Function not found: {function.arn}")
    found: dict[str, Any] = record
    return found


def version_of(function: FunctionName, version: str) -> FunctionVersion:
    """A version, the same object for as long as nothing about it changed.

    Raises:
        UnknownFunctionError: there is none.
    """
    record = record_of(function)
    held = record if version == LATEST else record["versions"].get(version)
    if held is None:
        raise UnknownFunctionError(f"Function not found: {function.arn}:{version}")
    config = held["config"]
    code = held.get("code_zip") or b""
    # A function that is deleted and made again starts at version 1 again.
    mark = (config.get("RevisionId"), config.get("CodeSha256"), config.get("LastModified"))
    known = _versions.get((function, version))
    if known is not None and known[0] == mark:
        return known[1]
    fresh = FunctionVersion(function=function, version=version, config=dict(config), code=code)
    _versions[(function, version)] = (mark, fresh)
    return fresh


def is_current(version: FunctionVersion) -> bool:
    """Whether this still is what its function and version number mean."""
    try:
        return version_of(version.function, version.version) is version
    except UnknownFunctionError:
        return False


def route(function: FunctionName, qualifier: str | None) -> Route:
    """Which version a qualifier means now; an alias with weights means one of two, at random.

    Raises:
        UnknownFunctionError: no such function, version or alias.
    """
    record = record_of(function)
    if qualifier is None or qualifier == LATEST:
        arn = function.arn if qualifier is None else f"{function.arn}:{qualifier}"
        return Route(version_of(function, LATEST), qualifier, arn)
    alias = record["aliases"].get(qualifier)
    version = _weighted(alias) if alias is not None else qualifier
    return Route(version_of(function, version), qualifier, f"{function.arn}:{qualifier}")


def _weighted(alias: Mapping[str, Any]) -> str:
    """https://docs.aws.amazon.com/lambda/latest/dg/configuring-alias-routing.html."""
    weights = (alias.get("RoutingConfig") or {}).get("AdditionalVersionWeights") or {}
    # Which version serves a request is chance by design, not a secret.
    draw = random.random()  # noqa: S311 - see above
    for version, weight in weights.items():
        draw -= float(weight)
        if draw < 0:
            return str(version)
    return str(alias["FunctionVersion"])


def functions() -> Iterator[tuple[FunctionName, dict[str, Any]]]:
    """Every function of every account and region."""
    for (account, region, name), record in list(lambda_svc._functions._data.items()):  # noqa: SLF001 - see record_of
        yield FunctionName(account, region, name), record


def live_versions() -> set[FunctionVersion]:
    """$LATEST and whatever an alias points to: what may keep running instances."""
    live = set()
    for function, record in functions():
        wanted = {LATEST}
        for alias in list(record["aliases"].values()):
            weights = (alias.get("RoutingConfig") or {}).get("AdditionalVersionWeights") or {}
            wanted |= {str(alias["FunctionVersion"]), *map(str, weights)}
        for version in wanted:
            # The control plane, in its thread, may delete it just now.
            with contextlib.suppress(UnknownFunctionError):
                live.add(version_of(function, version))
    return live


def function_urls() -> list[FunctionUrl]:
    """Every Function URL."""
    return [
        _url(account, region, key, config)
        for (account, region, key), config in list(lambda_svc._function_urls._data.items())  # noqa: SLF001 - see record_of
    ]


def function_url(function: FunctionName, qualifier: str | None) -> FunctionUrl | None:
    """A Function URL as it is configured now."""
    key = f"{function.name}:{qualifier}" if qualifier else function.name
    config = lambda_svc._function_urls._data.get((function.account, function.region, key))  # noqa: SLF001 - see record_of
    return None if config is None else FunctionUrl(function, qualifier, config)


def record_address(url: FunctionUrl, address: str) -> None:
    """Let the control plane name the address that the URL truly has."""
    key = f"{url.function.name}:{url.qualifier}" if url.qualifier else url.function.name
    config = lambda_svc._function_urls._data.get((url.function.account, url.function.region, key))  # noqa: SLF001 - see record_of
    if config is not None:
        config["FunctionUrl"] = address


def share_equal_zips() -> None:
    """Keep one copy of zips with the same bytes.

    On the control plane's loop only: in the middle of an UpdateFunctionCode a function has
    its new zip and the digest of the old one, which its versions have too.
    """
    copies: dict[str, bytes] = {}
    for _, record in functions():
        for held in [record, *record["versions"].values()]:
            code, digest = held.get("code_zip"), held["config"].get("CodeSha256")
            if code and digest:
                held["code_zip"] = copies.setdefault(digest, code)


def forget_what_is_gone() -> None:
    """Keep nothing of versions that were deleted. On the data plane's loop only."""
    there = {
        (function, version)
        for function, record in functions()
        for version in [LATEST, *record["versions"]]
    }
    for known in _versions.keys() - there:
        del _versions[known]


def reserved_concurrency(function: FunctionName) -> int | None:
    """The function's reserved concurrency, None when it has none.

    Raises:
        UnknownFunctionError: there is no such function.
    """
    return reserved_in(record_of(function))


def reserved_in(record: Mapping[str, Any]) -> int | None:
    """The reserved concurrency in the control plane's record of a function."""
    reserved = record.get("concurrency")
    if isinstance(reserved, dict):
        reserved = reserved.get("ReservedConcurrentExecutions")
    return None if reserved is None else int(reserved)


def policy_of(function: FunctionName) -> dict[str, Any]:
    """The resource policy: statements of the function, its aliases and versions."""
    policy: dict[str, Any] = record_of(function).get("policy") or {"Statement": []}
    return policy


def _url(account: str, region: str, key: str, config: Mapping[str, Any]) -> FunctionUrl:
    name, _, qualifier = key.partition(":")
    return FunctionUrl(FunctionName(account, region, name), qualifier or None, config)
