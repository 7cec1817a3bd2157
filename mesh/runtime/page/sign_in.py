"""How a visitor signs in at this server, and the test of the connection with their own key."""

from __future__ import annotations

from collections.abc import Sequence

from mesh.runtime.clients import Way
from mesh.runtime.config.oauth_settings import OAuthSettings

CREDENTIALS: dict[Way, str] = {"api_key": "API key", "oauth": "access token"}


def explained(settings: OAuthSettings) -> str:
    """Who signs people in, and what a client asks for: all that the public metadata says.

    Args:
        settings: Whose access tokens are taken.
    """
    asked = settings.asked_for_every_call()
    scopes = f" It asks for {', '.join(f'`{scope}`' for scope in asked)}." if asked else ""
    return (
        f"**To sign in**, your client finds `{settings.issuer}` in this server's metadata and "
        f"opens it in your browser.{scopes} If it cannot register itself there, give it the client "
        "ID that whoever runs this server has registered for it."
    )


def trial(taken: Sequence[Way]) -> str:
    """The form that tries the connection; script.js shows it and does the work.

    There is none where calls are signed for AWS, which a page cannot do.
    """
    if "iam" in taken:
        return ""
    named = " or ".join(CREDENTIALS[way] for way in taken if way in CREDENTIALS)
    field = promise = ""
    if named:
        promise = (
            f" Your {named} goes to this server and nowhere else, is stored nowhere, and is gone "
            "when you leave."
        )
        # Not a password field: browsers offer to store what is in one.
        field = (
            f'<label for="key">Your {named}</label><input id="key" type="text" spellcheck="false" '
            'autocomplete="off" autocapitalize="off">'
        )
    return (
        '<section id="test" aria-labelledby="test-title" hidden><h2 id="test-title">Test the '
        f"connection</h2><p>This page connects as a client does, and lists the tools.{promise}</p>"
        f'<div class="try">{field}<button id="try" class="install">Test</button></div>'
        '<p id="outcome" aria-live="polite"></p></section>'
    )
