"""INIT, the same in both ways of answering: settings, logging, the running instance."""

from __future__ import annotations

import importlib.util
import logging
import os

from mesh.runtime.deferral import process

# FastMCP looks for the home directory on import and fails where there is none; Lambda
# sets no HOME, and /tmp is what an instance may write to. The fast path sets it, too.
os.environ.setdefault("HOME", "/tmp")  # noqa: S108 - private to the instance

# Before anything of the server's own imports FastMCP or Pydantic: it gets the real ones.
process.stop()

# Logging is ours, and nothing here may ask the internet.
_settings = {"FASTMCP_LOG_ENABLED": "false", "FASTMCP_CHECK_FOR_UPDATES": "off"}
# Without OpenTelemetry's SDK, which a layer may bring, FastMCP's spans go nowhere. What a caller
# says of its trace is still passed on.
if importlib.util.find_spec("opentelemetry.sdk") is None:
    _settings["FASTMCP_TELEMETRY_MODE"] = "propagation_only"
# Read on import by FastMCP. No tool may see them: without FastMCP they are not there.
_own = {name: text for name, text in _settings.items() if name not in os.environ}
os.environ |= _own

from mesh.runtime import lean  # noqa: E402 - as said above
from mesh.runtime.observability import logs  # noqa: E402 - as said above

with lean.imports():
    from mesh.runtime.access.access_tokens import AccessTokens
    from mesh.runtime.access.rate_limit import RateLimit
    from mesh.runtime.config.settings import SettingsError, load
    from mesh.runtime.http.instance import Instance, start
    from mesh.runtime.request.errors import misconfigured

for _name in _own:
    del os.environ[_name]

# What authors' modules recorded is done with the real FastMCP.
process.end()

logger = logging.getLogger("mesh.handler")


def initialize(
    rate_limit: RateLimit | None = None,
    *,
    cold: bool = True,
    tokens: AccessTokens | None = None,
) -> Instance:
    """The running instance; one that says why, where this deployment cannot run.

    Args:
        rate_limit: That of the fast path, where one has been answering before.
        cold: Whether the instance has answered nothing yet.
        tokens: What tells callers by access tokens there.
    """
    logs.configure("INFO")
    try:
        settings = load()
        logs.configure(settings.log_level)
        return start(settings, rate_limit, cold=cold, tokens=tokens)
    except SettingsError as error:
        # Not raised: Lambda would retry INIT and answer 502 without a word.
        logger.exception("the settings do not fit")
        return Instance(misconfigured(str(error)))
    finally:
        lean.collect_from_now_on()
