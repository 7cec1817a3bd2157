"""Somebody signs in at a certified OpenID provider, in a browser, as `mesh doctor auth` asks."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from mcp_app.knowledge.embedded.backend import EmbeddedBackend
from mcp_app.server import build_server
from mcp_app.settings import load
from mesh.runtime.http.app import build_app
from tests.fixtures.certified import certified_issuer
from tests.fixtures.tested_servers import served

SECONDS = 120


def signed_in(chromium, url: str, *options: str):
    """The command's exit status and answers, once somebody has signed in and consented."""
    with (
        subprocess.Popen(
            [
                sys.executable,
                "-m",
                "mesh",
                "doctor",
                "auth",
                "--json",
                "--no-browser",
                *options,
                url,
            ],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as doctor,
        chromium() as browser,
    ):
        try:
            assert doctor.stderr is not None
            told = doctor.stderr.readline()
            assert told == "Open this address and sign in:\n", told + doctor.stderr.read()
            page = browser.new_page()
            page.goto(doctor.stderr.readline().strip())
            page.fill("input[name=login]", "ada")
            page.fill("input[name=password]", "any")
            page.click("button[type=submit]")
            page.click("button[type=submit]")
            page.wait_for_url("http://127.0.0.1:*/callback*")
            said, _ = doctor.communicate(timeout=SECONDS)
        finally:
            doctor.kill()
    return doctor.returncode, json.loads(said)["answers"]


@pytest.mark.parametrize("registers", [True, False], ids=["registration", "a known client"])
def test_a_user_signs_in_at_a_certified_issuer(chromium, tmp_path, registers):
    with certified_issuer(registers=registers) as issuer:
        variables = {
            "MESH_AUTH": "oauth",
            "MESH_ENVIRONMENT": "test",
            "MESH_OAUTH_ISSUER": issuer,
            "MESH_OAUTH_SCOPES": "mesh offline_access",
            "AWS_LAMBDA_FUNCTION_VERSION": "7",
        }
        settings = load(variables)
        app = build_app(build_server(settings, EmbeddedBackend(tmp_path / "none")), settings, None)
        with served(app) as url:
            options = () if registers else ("--client-id", "known")
            status, answers = signed_in(chromium, f"{url}mcp", *options)
    states = {step: answer["state"] for step, answer in answers.items()}
    assert status == 0, answers
    assert states["sign-in"] == states["accepted"] == states["call"] == states["refresh"] == "ok"
    assert answers["token"]["aud"] == [answers["server"]["told"][0].partition(" ")[0]]
    assert answers["token"]["scopes"] == ["mesh"]
