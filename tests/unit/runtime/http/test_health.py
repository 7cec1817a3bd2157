def test_health_says_what_runs(stranger):
    reply = stranger.request("GET", "/health")
    assert reply.status == 200
    assert reply.json == {
        "status": "ok",
        "name": "aoma-mesh",
        "environment": "test",
        "version": "1.0.0",
        "commit": None,
        "dirty": False,
        "architecture": None,
        "function_version": "7",
        "content_sha256": None,
        "content_date": None,
        "auth": "api_key",
    }


def test_ready_asks_every_source_and_needs_the_key(client, stranger):
    assert stranger.request("GET", "/ready").status == 401
    reply = client.request("GET", "/ready")
    assert reply.status == 200
    assert set(reply.json["sources"]) == {"documents", "tickets", "commits", "code"}
    assert all(source["status"] == "ok" for source in reply.json["sources"].values())


def test_the_page_shows_the_address_under_which_it_was_asked_for(stranger):
    reply = stranger.request("GET", "/")
    assert reply.headers["content-type"].startswith("text/html")
    assert "https://abc.lambda-url.us-east-1.on.aws/mcp" in reply.text
    assert "default-src 'none'" in reply.headers["content-security-policy"]


def test_at_an_address_that_wants_signatures_the_page_says_so(stranger):
    """The candidate's, whatever the function itself takes."""
    page = stranger.request("GET", "/", iam_arn="arn:aws:iam::123456789012:user/ci").text
    assert "AWS Signature Version 4" in page
    assert "MESH_API_KEY" not in page
    assert "MESH_API_KEY" in stranger.request("GET", "/").text


def test_the_page_cannot_be_made_to_carry_markup(stranger):
    reply = stranger.request("GET", "/", headers={"host": "x", "x-forwarded-proto": '"><script>'})
    assert "<script>" not in reply.text
