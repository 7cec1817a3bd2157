"""The smoke test finds what is wrong with a server, and says so exactly."""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Callable, Iterator

import pytest
from starlette.responses import PlainTextResponse

from mesh.cli import run
from mesh.settings.call import Call
from mesh.smoke import smoke
from mesh.smoke.credential import ApiKey
from mesh.smoke.smoke_report import CheckFailedError, Report
from tests.fixtures.tested_servers import (
    KEY,
    Answers,
    App,
    Message,
    Receive,
    Send,
    endless,
    failing_first,
    hanging,
    mcp_server,
    served,
)

type Serve = Callable[[App], str]
DELETE = Call("delete_all", {"a": 1})


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Serve any number of applications until the test ends."""
    with contextlib.ExitStack() as stack:
        yield lambda app: stack.enter_context(served(app))


def outcome(report: Report) -> dict[str, bool | None]:
    return {check.name: check.ok for check in report.checks}


def detail(report: Report, name: str) -> str:
    return next(check.detail for check in report.checks if check.name == name)


@pytest.mark.parametrize("sse", [True, False], ids=["event-stream", "json"])
def test_a_good_server_passes_every_check(serve: Serve, *, sse: bool) -> None:
    report = smoke.smoke(serve(mcp_server(Answers(sse=sse))), credential=ApiKey(KEY))
    assert report.ok, report
    assert list(outcome(report)) == [
        "health",
        "refusal",
        "initialize",
        "tools/list",
        "tools/call",
    ]
    assert detail(report, "refusal") == "HTTP 401 without a credential"
    assert detail(report, "tools/call") == "search_knowledge, 2 passages"
    assert report.health["version"] == "1.2.3"


def test_the_address_of_mcp_is_accepted_too(serve: Serve) -> None:
    url = serve(mcp_server(Answers()))
    assert smoke.smoke(f"{url}mcp", credential=ApiKey(KEY)).ok


def test_an_open_server_that_says_so_passes_without_a_key(serve: Serve) -> None:
    report = smoke.smoke(serve(mcp_server(Answers(auth="none"))))
    assert report.ok, report
    assert "open to everybody" in detail(report, "refusal")


def test_a_server_that_is_open_but_does_not_say_so_fails(serve: Serve) -> None:
    url = serve(mcp_server(Answers(really_closed=False)))
    report = smoke.smoke(url, credential=ApiKey(KEY))
    assert not report.ok
    assert outcome(report)["refusal"] is False
    assert "anybody can use this server" in detail(report, "refusal")
    # Everything else is still checked.
    assert outcome(report)["tools/call"] is True


@pytest.mark.parametrize("status", [500, 502, 503, 429])
def test_errors_of_a_cold_start_are_repeated(serve: Serve, status: int) -> None:
    url = serve(failing_first(mcp_server(Answers()), times=2, status=status))
    report = smoke.smoke(url, credential=ApiKey(KEY), deadline_seconds=10)
    assert report.ok, report
    assert report.checks[0].attempts == 3
    assert f"after 2 failed: HTTP {status}" in detail(report, "health")


def test_a_server_that_never_recovers_fails_at_the_deadline(serve: Serve) -> None:
    url = serve(failing_first(mcp_server(Answers()), times=10_000))
    started = time.monotonic()
    report = smoke.smoke(url, deadline_seconds=1)
    assert time.monotonic() - started < 3
    assert "HTTP 502" in detail(report, "health")
    assert outcome(report)["tools/call"] is None


def test_the_same_error_again_and_again_ends_the_test_before_its_deadline(serve: Serve) -> None:
    url = serve(failing_first(mcp_server(Answers()), times=10_000))
    report = smoke.smoke(url, deadline_seconds=600, failures=4)
    assert "HTTP 502" in detail(report, "health")
    assert "(4 attempts in" in detail(report, "health")


@pytest.mark.parametrize(("times", "status"), [(3, 502), (5, 429)])
def test_what_passes_or_is_not_the_version_s_doing_is_retried_all_the_same(
    serve: Serve, times: int, status: int
) -> None:
    url = serve(failing_first(mcp_server(Answers()), times=times, status=status))
    report = smoke.smoke(url, credential=ApiKey(KEY), deadline_seconds=600, failures=4)
    assert report.ok, report
    assert report.checks[0].attempts == times + 1


def test_another_version_s_answer_is_not_waited_out_until_the_deadline(serve: Serve) -> None:
    url = serve(mcp_server(Answers(content_sha256="another")))
    started = time.monotonic()
    report = smoke.smoke(
        url, deadline_seconds=600, expected={"content_sha256": "wanted"}, failures=4
    )
    assert time.monotonic() - started < 15
    assert "content_sha256 is another, not wanted" in detail(report, "health")


def test_what_gives_no_answer_is_not_asked_again_by_the_next_check(serve: Serve) -> None:
    server = mcp_server(Answers())

    async def answers_health_only(scope: Message, receive: Receive, send: Send) -> None:
        whole = scope["type"] != "http" or scope["path"] == "/health"
        await (server if whole else hanging)(scope, receive, send)

    report = smoke.smoke(
        serve(answers_health_only), credential=ApiKey(KEY), deadline_seconds=4, failures=4
    )
    assert outcome(report)["health"] is True
    assert outcome(report)["refusal"] is False
    assert detail(report, "initialize") == "not run, refusal failed"


def test_without_a_retry_the_first_bad_answer_ends_the_test(serve: Serve) -> None:
    url = serve(failing_first(mcp_server(Answers()), times=1, status=429))
    report = smoke.smoke(url, credential=ApiKey(KEY), deadline_seconds=600, failures=1)
    assert "(1 attempt in" in detail(report, "health")


@pytest.mark.parametrize("app", [hanging, endless], ids=["silent", "endless"])
def test_a_server_that_does_not_come_to_an_end_fails_at_the_deadline(
    serve: Serve, app: App
) -> None:
    url = serve(app)
    started = time.monotonic()
    report = smoke.smoke(url, deadline_seconds=1)
    assert time.monotonic() - started < 4
    assert "no answer within" in detail(report, "health")


def test_nobody_there_is_said_as_that() -> None:
    report = smoke.smoke("http://127.0.0.1:9/", deadline_seconds=0.3)
    assert "no connection" in detail(report, "health")


def test_a_wrong_key_fails_at_once_and_is_never_printed(serve: Serve) -> None:
    url = serve(mcp_server(Answers(echoes_credentials=True)))
    report = smoke.smoke(url, credential=ApiKey("mesh_wrong"), deadline_seconds=30)
    assert outcome(report)["initialize"] is False
    assert report.checks[2].attempts == 1
    assert "the key was not accepted" in detail(report, "initialize")
    assert "mesh_wrong" not in report.as_json()
    assert "***" in detail(report, "initialize")


def test_a_missing_key_says_where_to_put_it(serve: Serve) -> None:
    report = smoke.smoke(serve(mcp_server(Answers())))
    assert "MESH_API_KEY" in detail(report, "initialize")


def test_a_tool_that_fails_is_named_with_what_it_said(serve: Serve) -> None:
    url = serve(mcp_server(Answers(failing_tool=True)))
    report = smoke.smoke(url, credential=ApiKey(KEY))
    assert outcome(report)["tools/list"] is True
    assert outcome(report)["tools/call"] is False
    assert "search_knowledge answered with isError" in detail(report, "tools/call")
    assert "the index is not there" in detail(report, "tools/call")


def test_without_search_knowledge_the_tool_that_was_called_is_named(serve: Serve) -> None:
    url = serve(mcp_server(Answers(tool="list_offices")))
    report = smoke.smoke(url, credential=ApiKey(KEY))
    assert report.ok, report
    assert detail(report, "tools/call").startswith("list_offices")


def test_a_tool_that_might_write_is_not_called_unasked() -> None:
    writing = [{"name": "delete_all", "inputSchema": {"type": "object"}}]
    assert smoke.choose_call(writing, None) is None
    for wanted, configured in ((DELETE, None), (None, DELETE)):
        assert smoke.choose_call(writing, wanted, configured) == DELETE


def test_the_call_in_the_settings_is_made_where_its_tool_is_advertised() -> None:
    reading = {"name": "now", "annotations": {"readOnlyHint": True}}
    needy = reading | {"name": "at", "inputSchema": {"required": ["zone"]}}
    other = reading | {"name": "search_knowledge", "inputSchema": {"required": ["question"]}}
    configured = Call("at", {"zone": "UTC"})
    assert smoke.choose_call([needy, reading], None, configured) == configured
    assert smoke.choose_call([reading, other], None, configured) == Call("now")
    assert smoke.choose_call([needy, other], None, configured) == configured
    assert smoke.choose_call([needy, other], None) is None


def test_a_configured_tool_that_is_not_there_fails() -> None:
    with pytest.raises(CheckFailedError, match="delete_all is not advertised; there are no tools"):
        smoke.choose_call([], None, DELETE)


def test_a_server_without_a_safe_tool_or_any_tool_passes(serve: Serve) -> None:
    for tool, said in (("delete_all", "no tool was called"), (None, "no tool to call")):
        url = serve(mcp_server(Answers(tool=tool, reads_only=False)))
        report = smoke.smoke(url, credential=ApiKey(KEY))
        assert report.ok, report
        assert report.call is None
        assert said in detail(report, "tools/call")


def test_another_build_than_the_expected_one_fails(serve: Serve) -> None:
    report = smoke.smoke(
        serve(mcp_server(Answers())),
        credential=ApiKey(KEY),
        expected={"content_sha256": "a-newer-build"},
        deadline_seconds=1.5,
    )
    assert outcome(report)["health"] is False
    assert "the-build" in detail(report, "health")
    assert "a-newer-build" in detail(report, "health")


def test_a_site_that_is_no_such_server_is_said_as_that(serve: Serve) -> None:
    site = PlainTextResponse("hello, this is a shop")
    report = smoke.smoke(serve(site), deadline_seconds=5)
    assert "not the status of this server: hello, this is a shop" in detail(report, "health")


def test_with_iam_every_request_is_signed_for_lambda(
    serve: Serve, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    monkeypatch.setenv("MESH_API_KEY", KEY)  # left over in the shell; not sent with --iam
    url = serve(mcp_server(Answers(auth="iam")))
    assert run(["smoke", url, "--iam", "--region", "eu-central-1"]) == 0
    said = capsys.readouterr().out
    assert "HTTP 403 without a credential" in said
    assert "all 5 checks passed" in said


def test_a_url_for_iam_says_that_a_signature_is_needed(serve: Serve) -> None:
    report = smoke.smoke(serve(mcp_server(Answers(auth="iam"))), deadline_seconds=5)
    assert "--iam" in detail(report, "initialize")


def test_the_exit_status_tells_a_pipeline(
    serve: Serve, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    url = serve(mcp_server(Answers()))
    monkeypatch.delenv("MESH_API_KEY", raising=False)
    assert run(["smoke", url, "--api-key", KEY]) == 0
    assert run(["smoke", url, "--api-key", "mesh_wrong"]) == 1
    assert run(["smoke", "no-url"]) == 2
    assert run(["smoke", url, "--iam", "--api-key", KEY]) == 2
    said = capsys.readouterr()
    assert KEY not in said.out + said.err
    assert max(map(len, said.out.splitlines())) <= 80


def test_the_machine_reads_the_same_as_json(
    serve: Serve, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MESH_API_KEY", KEY)
    url = serve(mcp_server(Answers()))
    assert run(["smoke", url, "--json", "--expect-content-sha256", "the-build"]) == 0
    read = json.loads(capsys.readouterr().out)
    assert read["ok"] is True
    assert read["url"] == url
    assert [check["name"] for check in read["checks"]][-1] == "tools/call"
    assert all(check["ms"] > 0 and check["attempts"] == 1 for check in read["checks"])
