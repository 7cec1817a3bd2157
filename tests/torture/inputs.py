"""What is thrown at a server: an event, and the claims of the access token that comes with it."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Token:
    """An access token; the issuer signs it when it is sent.

    Attributes:
        claims: What differs from a valid token's claims; None leaves a claim out.
        headers: What differs from a valid token's header.
    """

    claims: dict[str, Any]
    headers: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Input:
    """One input.

    Attributes:
        kind: Which generator made it.
        server: Which server gets it, one of `servers.AUTHS`.
        event: The event, any JSON value.
        token: The access token to send in `authorization`; None for none.
        compared: Whether to send it both ways and compare the answers.
        streamed: Whether to send it to the streaming entry point too.
    """

    kind: str
    server: str
    event: Any
    token: Token | None = None
    compared: bool = False
    streamed: bool = False

    def save(self, file: Path) -> None:
        """Write it, to be repeated with `python -m tests.torture --repeat FILE`."""
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(asdict(self), indent=1) + "\n")


def load(file: Path) -> Input:
    """Read what `Input.save` wrote.

    Raises:
        OSError: the file cannot be read.
        ValueError: it holds something else.
    """
    try:
        fields = json.loads(file.read_text())
        token = fields.pop("token")
        return Input(**fields, token=Token(**token) if token else None)
    except (AttributeError, KeyError, TypeError) as error:
        raise ValueError(f"{file} is not an input that the torture program saved") from error
