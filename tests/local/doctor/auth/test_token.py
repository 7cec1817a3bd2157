"""`mesh doctor auth --token` says what a token is, and whether the server takes it and why not."""

from __future__ import annotations

import pytest

OWN = "{url}mcp"


def explained(ask, url, text, tmp_path):
    file = tmp_path / "token"
    file.write_text(f"{text}\n")
    return ask(url, "--token", str(file))


def test_a_token_is_explained_and_tried(serve, issuer, ask, tmp_path):
    url = serve()
    token = issuer.token(f"{url}mcp", scope="mesh offline_access")
    asked = explained(ask, url, token, tmp_path)
    assert asked.exit_code == 0
    said = asked.answers["token"]
    assert said["kind"] == "an access token"
    assert said["iss"] == issuer.url
    assert said["aud"] == [f"{url}mcp"]
    assert said["scopes"] == ["mesh", "offline_access"]
    assert said["lifetime_seconds"] == 3600
    assert asked.state("accepted") == asked.state("call") == "ok"
    # Nobody signs in.
    assert "sign-in" not in asked.answers
    assert issuer.asked == []


def test_a_token_comes_from_standard_input_too(serve, issuer, ask):
    url = serve()
    asked = ask(url, "--token", "-", stdin=issuer.token(f"{url}mcp", scope="mesh"))
    assert asked.state("call") == "ok"
    assert asked.state("accepted") == "ok"


def test_what_lacks_a_scope_is_named(serve, issuer, ask, tmp_path):
    url = serve(required_scopes=("mesh",))
    asked = explained(ask, url, issuer.token(f"{url}mcp", scope="other"), tmp_path)
    assert asked.state("accepted") == "note"
    assert "without the scopes mesh" in asked.told("accepted")
    assert asked.state("call") == "wrong"
    assert "oauth_scopes" in asked.answers["call"]["remedy"]


@pytest.mark.parametrize(
    ("text", "kind"),
    [("ya29.a0AfH6SMBx", "opaque"), ("a.b.c.d.e", "encrypted"), ("a.b.c", "not a JWT")],
)
def test_what_only_the_issuer_can_read_is_named(serve, ask, tmp_path, text, kind):
    asked = explained(ask, serve(), text, tmp_path)
    assert kind in asked.told("token")
    assert asked.exit_code == 2


def test_another_servers_token_is_not_sent(serve, issuer, ask, tmp_path):
    url = serve()
    token = issuer.token("https://other.example/mcp", scope="mesh")
    asked = explained(ask, url, token, tmp_path)
    assert asked.state("call") == "unknown"
    assert "https://other.example/mcp" in asked.told("call")
    assert "oauth_audiences" in asked.answers["accepted"]["remedy"]


def test_a_key_that_the_issuer_does_not_have_is_named(serve, issuer, ask, tmp_path):
    url = serve()
    issuer.add_key("ES256", "gone")
    token = issuer.token(f"{url}mcp", key_id="gone", scope="mesh")
    issuer.remove_key("gone")
    asked = explained(ask, url, token, tmp_path)
    assert "a key that its issuer does not have" in asked.told("accepted")
