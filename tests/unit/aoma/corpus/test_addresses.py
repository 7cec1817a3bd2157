"""E-mail addresses go, and what only looks like one stays."""

from __future__ import annotations

import pytest

from aoma.corpus.addresses import name_without_address, without_addresses
from tests.fixtures.cpu_limit import cpu_limit


@pytest.mark.parametrize(
    "text",
    [
        "npm i lodash@4.17.21",
        "pip install acme@1.2.3-rc.io",
        "uses: actions/checkout@v4.1.0",
        "@types/node@20.1.0 and @scope/pkg@next.js",
        "https://unpkg.com/react@18.2.0/umd/react.js",
        "git@github.com:org/repo.git",
        "git clone git@git.firm.com:repo.git",
        "scp a.zip deploy@host.firm.com:/srv/x",
        "https://user@host.firm.com/x",
        "postgres://app:word@db.firm.com:5432/x",
        "systemctl restart getty@tty1.service",
        "y = W@x.shape",
        "image@sha256:0a1b",
        "@app.route",
    ],
)
def test_what_is_no_address_stays(text: str) -> None:
    assert without_addresses(text) == text


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("Signed-off-by: Ada <ada@example.com>", "Signed-off-by: Ada"),
        ("Fix for bob@corp.example", "Fix for"),
        ("ask bob@163.com, or eve+x@firm.co.uk.", "ask , or ."),
        ("bob@müller.de", ""),
        ("mailto:bob@firm.com", ""),
        ("(bob@host.of-the-house)", ""),
        ("bob@firm.com:said", ":said"),
        ("bob@firm.com/eve@firm.com", "/"),
        ("npm i lodash@4.17.21 said bob@firm.com", "npm i lodash@4.17.21 said"),
    ],
)
def test_addresses_go(text: str, left: str) -> None:
    assert without_addresses(text) == left


def test_name_that_is_an_address_is_what_stands_before_the_at_sign() -> None:
    assert name_without_address("carol.smith@corp.example") == "carol.smith"
    assert name_without_address("Carol Smith <carol@corp.example>") == "Carol Smith"


@pytest.mark.parametrize("piece", ["a", "a@b.", "a@b.co:", "x://", "<a@b", "mailto:"])
def test_endless_word_is_read_soon(piece: str) -> None:
    with cpu_limit(5):
        without_addresses(piece * (500_000 // len(piece)))
