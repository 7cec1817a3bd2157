"""What secrets look like, by their names and by their values. Values are never shown."""

from __future__ import annotations

import re

# What credentials look like, whatever they are called.
FORMS = {
    "an API key of this server": re.compile(r"\bmesh_[A-Za-z0-9_-]{40,}"),
    "an OpenAI key": re.compile(r"\bsk-[A-Za-z0-9_-]{20,}"),
    "a secret key of Supabase": re.compile(r"\bsb_secret_[A-Za-z0-9_-]{10,}"),
    "an access key of AWS": re.compile(r"\b(AKIA|ASIA)[A-Z0-9]{16}\b"),
    "a token of GitHub": re.compile(r"\b(gh[pousr]_[A-Za-z0-9]{30,}|github_pat_\w{30,})"),
    "a token of Slack": re.compile(r"\bxox[abprs]-[A-Za-z0-9-]{10,}"),
    "a signed token (JWT)": re.compile(r"\beyJ[\w-]{8,}\.eyJ[\w-]{8,}\.[\w-]{8,}"),
    "a private key": re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----"),
    "an address with a password": re.compile(r"\b[a-z][a-z0-9+.-]*://[^\s/:@]+:[^\s/@]+@"),
}
# What settings are called that hold one. At the end only: MESH_API_KEYS_PARAMETER holds the
# name of a parameter, and MESH_SECRETS_TTL_SECONDS a number. The root has the same rules in
# terraform/server.tf.
NAMES = re.compile(
    r"(?i)(PASSWORD|PASSWD|PASSPHRASE|SECRET|SECRET_STRING|TOKEN|API_?KEY|SECRET_?KEY"
    r"|PRIVATE_?KEY|ACCESS_?KEY|SIGNING_?KEY|CREDENTIALS?)$"
)
# Names of parameters and ARNs: where a secret is, not what it is.
REFERENCE = re.compile(r"^(arn:|/|alias/)")


def form_of(value: str) -> str | None:
    """What kind of credential a value looks like; None for none."""
    return next((form for form, looks in FORMS.items() if looks.search(value)), None)


def is_called_like_a_secret(name: str, value: str) -> bool:
    """Whether a setting's name says that it holds a secret, and its value is one, not a place."""
    return NAMES.search(name) is not None and not REFERENCE.match(value)
