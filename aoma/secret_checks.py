"""What cannot be one of AOMA's secrets; `mesh secrets set` asks before it stores one.

Each function takes the value and raises `ValueError`, with a reason without the value.
"""

from __future__ import annotations

from mcp_app.knowledge.calls import CallFailedError
from mcp_app.knowledge.supabase import keys


def openai_api_key(value: str) -> None:
    """Refuse what is no key of OpenAI."""
    _refuse_several_words(value)


def supabase_key(value: str) -> None:
    """Refuse what is no publishable key of Supabase."""
    _refuse_several_words(value)
    try:
        keys.refuse_service_key(value, "SUPABASE_KEY")
    except CallFailedError as error:
        raise ValueError(_reason(error)) from None


def supabase_token(value: str) -> None:
    """Refuse what is no token of the role mesh_server."""
    _refuse_several_words(value)
    try:
        keys.refuse_service_key(value, "SUPABASE_TOKEN")
        keys.refuse_what_is_no_token(value, "SUPABASE_TOKEN")
    except CallFailedError as error:
        raise ValueError(_reason(error)) from None


def _refuse_several_words(value: str) -> None:
    if any(not " " < character <= "~" for character in value):
        raise ValueError("it has spaces, line ends or other characters that no key has.")


def _reason(error: CallFailedError) -> str:
    # For the server, which reads the parameter; here there is only its name.
    return str(error).replace("SSM parameter ", "")
