"""The stand-in for OpenAI takes what OpenAI takes, refuses what it refuses, and fails to order."""

from __future__ import annotations

import json
import time
from concurrent.futures import ThreadPoolExecutor

import openai
import pytest

from aoma.local_supabase.http.faults import Fault
from aoma.local_supabase.openai.hashed_words import similarity
from aoma.local_supabase.openai.server import StoredFile
from tests.fixtures.admission import FOREIGN_HOSTS, PAGES, is_refused

MODEL = "text-embedding-3-small"


@pytest.fixture
def client(openai_server):
    with openai.OpenAI(
        api_key=openai_server.api_key, base_url=openai_server.base_url, max_retries=0
    ) as made:
        yield made


def embedded(client, *texts, **options):
    answer = client.embeddings.create(model=MODEL, input=list(texts), **options)
    return [item.embedding for item in answer.data]


def test_texts_that_share_words_are_nearer_than_others(client):
    one, same, other = embedded(client, "deploy the server", "servers deployed", "cats sleep")
    assert similarity(one, same) > 0.9
    assert similarity(one, other) < 0.2


def test_embeddings_have_the_length_that_is_asked_for(client):
    (vector,) = embedded(client, "x", dimensions=256)
    assert len(vector) == 256


def test_packed_embeddings_are_the_same_numbers(client):
    # The SDK asks for base64 by itself and unpacks it.
    (packed,), (plain,) = embedded(client, "x y"), embedded(client, "x y", encoding_format="float")
    assert packed == pytest.approx(plain, abs=1e-6)


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({"input": ""}, "input"),
        ({"input": []}, "input"),
        ({"input": ["x"] * 2049}, "input"),
        ({"input": "word " * 10_000}, "input"),
        ({"input": "x", "dimensions": 4000}, "dimensions"),
        ({"input": "x", "temperature": 1}, "temperature"),
        ({"input": "x", "encoding_format": "hex"}, "encoding_format"),
    ],
)
def test_what_openai_refuses_is_refused(client, body, param):
    with pytest.raises(openai.BadRequestError) as refused:
        client.post("/embeddings", body={"model": MODEL, **body}, cast_to=object)
    assert refused.value.param == param


def test_an_unknown_key_is_a_401(openai_server):
    with (
        openai.OpenAI(api_key="sk-other", base_url=openai_server.base_url, max_retries=0) as client,
        pytest.raises(openai.AuthenticationError),
    ):
        client.models.list()


def test_an_answer_quotes_the_passages_with_their_numbers_and_says_what_it_is(client):
    answer = client.responses.create(
        model="any",
        input="How do I deploy?\n\n[1] Cats\nCats sleep.\n\n[2] Guide\nTo deploy, run apply.",
    )
    assert "stand-in" in answer.output_text
    assert "To deploy, run apply [2]." in answer.output_text
    assert answer.usage is not None
    assert answer.usage.output_tokens > 0


def test_answers_are_scripted_one_by_one(client, openai_server):
    openai_server.answers.extend(["first", lambda body: body["input"].upper()])
    said = [client.responses.create(model="any", input="[1] quoted words").output_text]
    said += [client.responses.create(model="any", input="shout").output_text]
    assert said == ["first", "SHOUT"]


def test_an_answer_that_is_too_long_is_incomplete(client, openai_server):
    openai_server.answers.append("word " * 100)
    answer = client.responses.create(model="any", input="x", max_output_tokens=16)
    assert answer.status == "incomplete"
    assert len(answer.output_text) == 64


def test_a_vector_store_gives_its_best_files_that_pass_the_filter(client, openai_server):
    openai_server.vector_stores["vs_1"] = [
        StoredFile("b.md", "cats sleep", {"team": "a"}),
        StoredFile("a.md", "deploy the server", {"team": "a"}),
        StoredFile("c.md", "deploy the server", {"team": "b"}),
    ]
    found = client.vector_stores.search(
        "vs_1",
        query="deploying servers",
        max_num_results=5,
        ranking_options={"score_threshold": 0.3},
        filters={"type": "eq", "key": "team", "value": "a"},
    )
    assert [hit.filename for hit in found.data] == ["a.md"]
    assert found.data[0].content[0].text == "deploy the server"


def test_a_missing_vector_store_is_a_404(client):
    with pytest.raises(openai.NotFoundError):
        client.vector_stores.search("vs_none", query="x")


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (Fault.error(401), openai.AuthenticationError),
        (Fault.error(403), openai.PermissionDeniedError),
        (Fault.error(404), openai.NotFoundError),
        (Fault.error(429, retry_after=120), openai.RateLimitError),
        (Fault.error(500), openai.InternalServerError),
        (Fault.html(502), openai.InternalServerError),
        (Fault.cut_off(), openai.APIConnectionError),
        (Fault.malformed(), json.JSONDecodeError),
    ],
)
def test_each_ordered_fault_is_what_the_client_meets(client, openai_server, fault, error):
    openai_server.faults.add(fault, path="embeddings")
    with pytest.raises(error):
        client.embeddings.create(model=MODEL, input="x")
    assert embedded(client, "x")


def test_what_came_too_late_for_its_client_is_not_served_later(client, openai_server):
    openai_server.answers.append("of the test after it")
    openai_server.faults.add(Fault.delay(2), path="responses")
    openai_server.faults.add(Fault.delay(3), path="responses")
    with pytest.raises(openai.APITimeoutError):
        client.with_options(timeout=0.1).responses.create(model="any", input="x")
    answer = client.responses.create(model="any", input="y")
    assert answer.output_text == "of the test after it"
    (request,) = openai_server.requests.to("responses")
    assert request.json["input"] == "y"


def test_what_still_waits_when_faults_are_cleared_is_not_served(client, openai_server):
    openai_server.faults.add(Fault.delay(1), path="embeddings")
    with ThreadPoolExecutor() as pool:
        late = pool.submit(embedded, client, "late")
        while openai_server.faults.waiting():
            time.sleep(0.01)
        openai_server.faults.clear()
        with pytest.raises(openai.InternalServerError):
            late.result()
    assert openai_server.requests.to("embeddings") == []


def test_a_fault_tells_when_to_come_back(client, openai_server):
    openai_server.faults.add(Fault.error(429, retry_after=120))
    with pytest.raises(openai.RateLimitError) as limited:
        embedded(client, "x")
    assert limited.value.response.headers["retry-after"] == "120"


def test_embeddings_of_the_wrong_length_can_be_ordered(client, openai_server):
    openai_server.faults.add(Fault.wrong_dimension(3))
    (vector,) = embedded(client, "x")
    assert len(vector) == 3


def test_requests_are_kept(client, openai_server):
    embedded(client, "remember me")
    (request,) = openai_server.requests.to("embeddings")
    assert request.json["input"] == ["remember me"]
    assert request.bearer == openai_server.api_key


def test_an_answer_quotes_prose_and_neither_tables_nor_code_nor_links(client):
    passage = """[1] Guide
## Tests

| tests | run |
|---|---|

```sh
run tests
```

To run the [tests](docs/tests.md),
call make.

- cats sleep long
"""
    answer = client.responses.create(model="any", input=f"How to run tests?\n\n{passage}")
    assert "To run the tests, call make [1]." in answer.output_text
    assert not set("|`(") & set(answer.output_text)


@pytest.mark.parametrize("host", FOREIGN_HOSTS.values(), ids=FOREIGN_HOSTS)
def test_no_request_for_a_foreign_host_is_taken(openai_server, host):
    for method in ("GET", "OPTIONS", "POST"):
        assert is_refused(openai_server.port, {}, method=method, path="/v1/responses", host=host)
    assert openai_server.requests.to() == []


@pytest.mark.parametrize("headers", PAGES.values(), ids=PAGES)
def test_no_request_of_a_web_page_is_taken(openai_server, headers):
    for method in ("GET", "OPTIONS", "POST"):
        assert is_refused(openai_server.port, headers, method=method, path="/v1/responses")
    assert openai_server.requests.to() == []
