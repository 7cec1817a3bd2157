"""A token of the rehearsal says what the workflow file says."""

from __future__ import annotations

import pytest

from rehearsal import issuer
from rehearsal.workflows import Job, UnknownJobError

MAIN = {"event": "push", "ref": "refs/heads/main", "environment": "staging"}
PULL = {"event": "pull_request", "ref": "refs/pull/7/merge", "environment": "production"}


@pytest.mark.parametrize(
    ("environment", "seen", "expected"),
    [
        ("${{ inputs.environment }}", MAIN, "repo:a/b:environment:staging"),
        ("production", MAIN, "repo:a/b:environment:production"),
        (None, MAIN, "repo:a/b:ref:refs/heads/main"),
        (None, PULL, "repo:a/b:pull_request"),
        ("preview", PULL, "repo:a/b:environment:preview"),
    ],
)
def test_the_subject_is_the_one_that_github_gives(environment, seen, expected) -> None:
    assert issuer.subject("a/b", Job({"id-token": "write"}, environment), seen) == expected


@pytest.mark.parametrize("environment", ["${{ matrix.name }}", "${{ inputs.environment }}"])
def test_an_environment_that_cannot_be_told_is_refused(environment) -> None:
    with pytest.raises(UnknownJobError, match="cannot evaluate"):
        issuer.subject("a/b", Job({}, environment), MAIN | {"environment": ""})


def test_whoever_may_write_may_read_and_not_the_other_way() -> None:
    assert Job({"issues": "write"}, None).may("issues", "read")
    assert not Job({"issues": "read"}, None).may("issues", "write")
    assert not Job({}, None).may("id-token", "write")
