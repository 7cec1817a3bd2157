"""What the address itself says: whether it answers, its certificate, and whether keys are read."""

from __future__ import annotations

import socket
import ssl
import time
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import httpx

from mesh.doctor.report import Answer, NotAskedError, State

SECONDS = 10.0
OK, UNAUTHORIZED, FORBIDDEN = 200, 401, 403
SERVER_ERROR = 500
# AWS renews a certificate 60 days before its end: later than this, something keeps it from it.
# https://docs.aws.amazon.com/acm/latest/userguide/managed-renewal.html
FEWEST_DAYS = 21
# No key is like this one: the server has to look its hash up.
NO_KEY = "mesh_doctor-asks-whether-keys-can-be-read"
WITH_KEYS = {"api_key", "both"}


class Address:
    """An address of a server.

    Args:
        url: With or without the path of an endpoint.

    Attributes:
        root: The address alone, with a slash at its end.
        health: What `/health` said; {} where it said nothing.
    """

    def __init__(self, url: str) -> None:
        parts = urlsplit(url if "://" in url else f"https://{url}")
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise NotAskedError(f"{url!r} is no address: give it as https://HOST/.")
        self.root = f"{parts.scheme}://{parts.netloc}/"
        self.host: str = parts.hostname
        self.port = parts.port or (443 if parts.scheme == "https" else 80)
        self.encrypted = parts.scheme == "https"
        self.health: dict[str, Any] = {}

    def answers(self, sign: httpx.Auth | None = None) -> Answer:
        """Say whether `/health` answers, and how fast.

        Args:
            sign: Signs the request, for an address that demands it.
        """
        began = time.perf_counter()
        try:
            answer = httpx.get(f"{self.root}health", auth=sign, timeout=SECONDS)
        except httpx.HTTPError as error:
            told = str(error) or type(error).__name__
            return Answer("address", State.WRONG, (f"{self.root} does not answer: {told}",))
        took = (time.perf_counter() - began) * 1000
        try:
            said = answer.json()
        except ValueError:
            said = None
        is_well = answer.status_code == OK and isinstance(said, dict) and "function_version" in said
        if is_well:
            self.health = said
        elif answer.status_code == OK:
            return Answer("address", State.WRONG, (f"{self.root} answers, but is no such server",))
        told = f"{answer.status_code}{' to a signed request' if sign else ''}"
        return Answer(
            "address",
            State.OK if is_well else State.WRONG,
            (f"{self.root} answers {told} in {took:.0f} ms",),
            {"status": answer.status_code, "milliseconds": round(took, 1)},
        )

    def certificate(self) -> Answer:
        """Say until when the certificate is valid, and who issued it."""
        if not self.encrypted:
            is_local = self.host in {"127.0.0.1", "::1", "localhost"}
            told = "none: http on this machine" if is_local else "none: http, readable on its way"
            return Answer("certificate", State.OK if is_local else State.WRONG, (told,))
        context = ssl.create_default_context()
        try:
            with (
                socket.create_connection((self.host, self.port), SECONDS) as plain,
                context.wrap_socket(plain, server_hostname=self.host) as secured,
            ):
                shown: Any = secured.getpeercert() or {}
        except ssl.SSLCertVerificationError as error:
            return Answer("certificate", State.WRONG, (f"not valid: {error.verify_message}",))
        except OSError as error:
            return Answer("certificate", State.WRONG, (f"not shown: {error}",))
        end = datetime.fromtimestamp(ssl.cert_time_to_seconds(shown["notAfter"]), UTC)
        days = (end - datetime.now(UTC)).days
        issuer = {name: value for ((name, value),) in shown.get("issuer", ())}
        by = issuer.get("commonName") or issuer.get("organizationName", "")
        return Answer(
            "certificate",
            State.OK if days >= FEWEST_DAYS else State.WRONG,
            (f"valid until {end:%Y-%m-%d}, {days} days, issued by {by}",),
            {"valid_until": end.isoformat(), "days": days, "issuer": by},
        )

    def reads_keys(self) -> tuple[State, str]:
        """Say whether the server can read its API keys, from how it refuses one that is none."""
        if not self.health:
            return State.UNKNOWN, "whether they are read is not known: the server does not answer"
        if self.health.get("auth") not in WITH_KEYS:
            return State.OK, f"no API keys: auth is {self.health.get('auth')}"
        try:
            answer = httpx.post(
                f"{self.root}rpc",
                json={"method": "ping"},
                headers={"Authorization": f"Bearer {NO_KEY}"},
                timeout=SECONDS,
            )
        except httpx.HTTPError as error:
            return State.UNKNOWN, f"not asked: {str(error) or type(error).__name__}"
        if answer.status_code == UNAUTHORIZED:
            return State.OK, "the server reads them"
        if answer.status_code >= SERVER_ERROR:
            return State.WRONG, "the server cannot read them, or there are none yet"
        return State.UNKNOWN, f"a wrong key is answered with {answer.status_code}"
