"""The function's settings, read once from the environment variables that Terraform sets."""

from __future__ import annotations

import os
from collections.abc import Mapping

from mesh.runtime.config.oauth_settings import OAuthSettings
from mesh.runtime.config.variables import (
    SettingsError,
    address,
    choice,
    is_plain,
    names,
    number,
    origins,
)
from mesh.runtime.record import Record

# Not typing's; see `mesh.runtime.handler`.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Literal

__all__ = ["TASK_ROOT", "Auth", "Settings", "SettingsError", "load"]

type Auth = Literal["api_key", "oauth", "both", "iam", "none"]

# Not `get_args` of the types: importing typing costs a cold start on the fast path 3 ms.
AUTHS: tuple[Auth, ...] = ("api_key", "oauth", "both", "iam", "none")

WITH_API_KEYS: frozenset[Auth] = frozenset({"api_key", "both"})
WITH_OAUTH: frozenset[Auth] = frozenset({"oauth", "both"})

# Where Lambda unpacks the zip; outside Lambda, the folder that holds `mesh`.
# (pathlib costs a cold start 4 ms.)
TASK_ROOT = (
    os.environ.get("LAMBDA_TASK_ROOT")
    or (
        os.path.abspath(__file__).rpartition("/mesh/runtime/")[0]  # noqa: PTH100 - see above
    )
)


class Settings(Record):
    """What this deployment is. Nothing secret: secrets are read from SSM by name.

    Attributes:
        name: The deployment's name, part of every AWS resource's name.
        environment: `dev`, `staging`, `production` or any other by name.
        auth: `api_key`, `oauth` or `both` (the server checks), `iam` (the Function URL checks),
            `none`.
        public_url: The address under which callers know the server, when that is a domain in
            front of the Function URL; with a slash at its end.
        origin_secret_parameter: SSM parameter with the hashes of the header that proves the way
            through that domain; None where requests need not come through it.
        api_keys_parameter: SSM parameter that holds the API keys' hashes.
        state_key_parameter: SSM parameter with the key that seals what tools which ask back
            remember; see `mesh.runtime.server.request_state`.
        oauth: Whose access tokens are taken; None where none are.
        rate_limit_per_minute: Calls that each caller may make in a minute on each instance;
            None for no limit.
        secrets_ttl_seconds: How long a secret read from SSM is trusted, 1 to 3600.
        allowed_origins: Web pages that may call, beside the server's own, by their origin.
        log_level: A level name of Python's logging.
        metrics_namespace: CloudWatch's namespace of the tools' metrics; None writes none.
        otlp_endpoint: Where an OpenTelemetry collector takes spans, such as
            `http://localhost:4318`; None makes none.
        fast_path: Whether `mesh.runtime.fast_path` may answer; else FastMCP answers everything.
        deadline_seconds: How long one call may take, 0.5 to 900; less than the function's
            timeout, so that the caller is told what was too slow.
        preload: Modules that are imported in INIT instead of by the first call.
        function_version: The published version that runs, e.g. `7`; `$LATEST` outside one.
    """

    name: str
    environment: str
    auth: Auth
    public_url: str | None
    origin_secret_parameter: str | None
    api_keys_parameter: str | None
    state_key_parameter: str | None
    oauth: OAuthSettings | None
    rate_limit_per_minute: int | None
    secrets_ttl_seconds: float
    allowed_origins: tuple[str, ...]
    log_level: str
    metrics_namespace: str | None
    otlp_endpoint: str | None
    fast_path: bool
    deadline_seconds: float
    preload: tuple[str, ...]
    function_version: str


def _seconds(
    variables: Mapping[str, str], name: str, default: str, limits: tuple[float, float]
) -> float:
    return number(name, variables.get(name) or default, limits, "seconds")


def _public_url(variables: Mapping[str, str]) -> str | None:
    name = "MESH_PUBLIC_URL"
    url = variables.get(name, "").strip()
    if not url:
        if variables.get("MESH_ORIGIN_SECRET_PARAMETER"):
            raise SettingsError(
                f"MESH_ORIGIN_SECRET_PARAMETER is set and {name} is not: callers that are "
                "refused could not be told where to go."
            )
        return None
    host = url.removeprefix("https://").removesuffix("/")
    if is_plain(url) and "/" not in host:
        return f"https://{host}/"
    from urllib.parse import urlsplit  # few servers have such a domain

    parts = urlsplit(address(name, url))
    if parts.path not in {"", "/"} or parts.query:
        raise SettingsError(f"{name} is {url!r}; give the address without a path.")
    return f"{parts.scheme}://{parts.netloc}/"


def _otlp_endpoint(variables: Mapping[str, str]) -> str | None:
    """The collector's address: in the instance or the network, so that it needs no TLS."""
    name = "MESH_OTLP_ENDPOINT"
    url = variables.get(name, "").strip().rstrip("/")
    if not url:
        return None
    host, _, port = url.removeprefix("http://").partition(":")
    if not url.startswith("http://") or not host or "/" in host or not port.isdecimal():
        raise SettingsError(
            f"{name} is {url!r}; give the collector's address as http://HOST:PORT, such as "
            "http://localhost:4318."
        )
    return url


def load(variables: Mapping[str, str] = os.environ) -> Settings:
    """Read and check the settings.

    The default for `MESH_AUTH` is `api_key`: a deployment that says nothing is closed.

    Raises:
        SettingsError: a variable is missing or has a value that does not fit.
    """
    auth: Auth = choice(variables, "MESH_AUTH", "api_key", AUTHS)  # type: ignore[assignment]
    parameter = variables.get("MESH_API_KEYS_PARAMETER") or None
    if auth in WITH_API_KEYS and parameter is None:
        raise SettingsError(
            f"MESH_API_KEYS_PARAMETER is not set; with MESH_AUTH={auth} it names the "
            "SSM parameter that holds the keys' hashes."
        )
    ttl = _seconds(variables, "MESH_SECRETS_TTL_SECONDS", "60", (1, 3600))
    name = "MESH_RATE_LIMIT_PER_MINUTE"
    rate = number(name, variables.get(name) or "0", (0, 1_000_000))
    oauth = None
    if auth in WITH_OAUTH:
        # Here: what other deployments do not need costs their cold start 5 ms.
        from mesh.runtime.config.oauth_settings import load as load_oauth

        oauth = load_oauth(variables)
    levels = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")
    return Settings(
        name=variables.get("MESH_NAME") or "mesh",
        environment=variables.get("MESH_ENVIRONMENT") or "dev",
        auth=auth,
        public_url=_public_url(variables),
        origin_secret_parameter=variables.get("MESH_ORIGIN_SECRET_PARAMETER") or None,
        api_keys_parameter=parameter,
        state_key_parameter=variables.get("MESH_STATE_KEY_PARAMETER") or None,
        oauth=oauth,
        rate_limit_per_minute=int(rate) or None,
        secrets_ttl_seconds=ttl,
        allowed_origins=origins(variables, "MESH_ALLOWED_ORIGINS"),
        log_level=choice(variables, "MESH_LOG_LEVEL", "INFO", levels),
        metrics_namespace=variables.get("MESH_METRICS_NAMESPACE") or None,
        otlp_endpoint=_otlp_endpoint(variables),
        fast_path=choice(variables, "MESH_FAST_PATH", "on", ("on", "off")) == "on",
        deadline_seconds=_seconds(variables, "MESH_DEADLINE_SECONDS", "25", (0.5, 900)),
        preload=names(variables, "MESH_PRELOAD"),
        function_version=variables.get("AWS_LAMBDA_FUNCTION_VERSION") or "$LATEST",
    )
