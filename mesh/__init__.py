"""Runs any FastMCP server on AWS Lambda, behind an address that no release changes."""

import sys

# Not typing's: servers import this while an instance starts.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

__version__ = "1.0.0"


class _Nothing:
    """A context manager that does nothing."""

    def __enter__(self) -> None:
        """Begin."""

    def __exit__(self, *_: object) -> None:
        """End."""


_NOTHING = _Nothing()
_TRACING = "mesh.runtime.observability.tracing"


class SecretError(Exception):
    """A secret is not available; the message says which, why and what to do, and never a value."""


# Imports inside: servers import `mesh` while an instance starts, and few ask for a secret then.
def secret(name: str) -> str:
    """The value of one of the server's secrets, exactly as it is stored.

    On Lambda, it comes from the encrypted parameter that Terraform made for the name in its
    variable `secrets`, and nowhere else. A value that was read is kept for `secrets_ttl_seconds`
    (default 60), so a new one needs no deploy. Call this in a tool each time, not once while
    the module is imported: a value that you keep is never renewed.

    Anywhere else, as in your own tests, it is the environment variable of the same name.

    It is a plain function that blocks while it reads, for 3 seconds at most, and any thread may
    call it. In an `async` tool, `await asyncio.to_thread(mesh.secret, "NAME")` lets other calls
    go on meanwhile.

    Args:
        name: As in the variable `secrets`, such as `WEATHER_API_KEY`.

    Raises:
        SecretError: The server has no secret of this name, nobody has set it yet, or it cannot
            be read.
    """
    from mesh.runtime.aws.secrets import SecretUnavailableError, value_of  # noqa: PLC0415 - only who asks for a secret needs it

    try:
        return value_of(name)
    except SecretUnavailableError as error:
        raise SecretError(str(error)) from None


def span(name: str, **attributes: str | float) -> "Any":
    """Say that a tool asks something else meanwhile: a database, another service, an index.

    With a collector (`opentelemetry_endpoint`), what runs within is a span of its own below the
    tool's, with the time that it took and whether it raised an error. Without, it is nothing, and
    costs nothing:

        with mesh.span("weather service", city=city):
            return ask(city)

    Args:
        name: What is asked. Not what it is asked for: a name with an id in it is a new one each
            time.
        **attributes: Further facts, none of them secret.
    """
    # Imported by whoever found a collector in the settings, and by nobody else.
    tracing = sys.modules.get(_TRACING)
    made = tracing.ask(name, attributes) if tracing else None
    return made or _NOTHING
