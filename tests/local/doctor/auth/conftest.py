"""A server and its issuer, both on this machine, and `mesh doctor auth` asked about them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from copy import replace
from dataclasses import dataclass
from typing import Any

import pytest
from click.testing import CliRunner

from mesh.cli.operation import doctor
from mesh.runtime.config.oauth_settings import OAuthSettings
from tests.fixtures.function_url import function_url
from tests.fixtures.signing_in import SignInIssuer


@dataclass(frozen=True)
class Asked:
    """What `mesh doctor auth` said."""

    exit_code: int
    answers: dict[str, dict[str, Any]]

    def state(self, step: str) -> str:
        return str(self.answers[step]["state"])

    def told(self, step: str) -> str:
        return " ".join(self.answers[step]["told"])

    def failure(self) -> tuple[str, str, str]:
        """The first failed step, who has to act, and what to set."""
        for step, answer in self.answers.items():
            if answer["state"] == "wrong":
                return step, answer["responsible"], answer["remedy"]
        raise AssertionError(f"nothing failed: {self.answers}")


@pytest.fixture(scope="session")
def running_issuer() -> Iterator[SignInIssuer]:
    with SignInIssuer() as running:
        yield running


@pytest.fixture
def issuer(running_issuer: SignInIssuer) -> SignInIssuer:
    """The issuer, as if it were new."""
    running_issuer.forget()
    return running_issuer


@pytest.fixture(scope="session")
def serve(start_instance, settings, running_issuer):
    """Serves servers that trust the issuer, each of them once; gives their addresses."""
    addresses: dict[str, str] = {}
    with ExitStack() as running:

        def start(*, renames: bool = True, **oauth: Any) -> str:
            name = repr((renames, sorted(oauth.items())))
            if name not in addresses:
                taken = replace(
                    OAuthSettings(running_issuer.url),
                    **({"scopes": ("mesh", "offline_access")} | oauth),
                )
                client = start_instance(replace(settings, auth="oauth", oauth=taken))
                addresses[name] = running.enter_context(function_url(client, renames=renames))
            return addresses[name]

        yield start


@pytest.fixture
def ask() -> Callable[..., Asked]:
    """Runs the command, without a terminal."""

    def run(url: str, *options: str, stdin: str | None = None) -> Asked:
        outcome = CliRunner().invoke(doctor.command, ["auth", "--json", *options, url], input=stdin)
        assert outcome.exception is None or isinstance(outcome.exception, SystemExit), outcome
        said = json.loads(outcome.stdout)
        assert said["exit_status"] == outcome.exit_code
        return Asked(outcome.exit_code, said["answers"])

    return run
