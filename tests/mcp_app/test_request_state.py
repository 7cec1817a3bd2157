import pytest
from mcp.server.request_state import InvalidRequestState

from mcp_app.parameter_store import ParameterUnavailableError
from mcp_app.request_state import SharedKeyCodec

KEY = "k" * 32


def codec(read, ttl_seconds=60):
    return SharedKeyCodec("/mesh/test/state-key", ttl_seconds, read)


def test_what_one_instance_sealed_another_reads():
    token = codec(lambda _: KEY).seal(b"round one")
    assert b"round one" not in token.encode()
    assert codec(lambda _: KEY).unseal(token) == b"round one"


def test_another_key_and_a_changed_token_are_refused():
    token = codec(lambda _: KEY).seal(b"state")
    for unsealing, given in ((lambda _: "x" * 32, token), (lambda _: KEY, token[:-2] + "AA")):
        with pytest.raises(InvalidRequestState):
            codec(unsealing).unseal(given)


@pytest.mark.parametrize("value", ["{}", "", "short"])
def test_a_parameter_without_a_key_seals_nothing(value):
    with pytest.raises(ParameterUnavailableError, match="openssl rand") as refused:
        codec(lambda _: value).seal(b"state")
    assert not value or value not in str(refused.value)


def test_the_key_is_read_when_needed_and_again_after_its_time():
    reads = []

    def read(name):
        reads.append(name)
        return KEY

    shared = codec(read)
    assert reads == []
    shared.unseal(shared.seal(b"state"))
    assert reads == ["/mesh/test/state-key"]
    expiring = codec(read, ttl_seconds=0)
    expiring.unseal(expiring.seal(b"state"))
    assert len(reads) == 3
