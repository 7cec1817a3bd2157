"""`make mutate` tells a change that a test notices from one that none does."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from mesh.build.environment import ROOT
from tests.mutation.__main__ import PACKAGES, Mutant, Trial, checkout

FILE = "mesh/stack/request_ways.py"


@pytest.fixture(scope="module")
def trial() -> Iterator[Trial]:
    with checkout() as root:
        made = Trial(root, ("tests/unit/stack/test_request_ways.py",))
        yield made
        made.close()


def mutant(old: str, new: str) -> Mutant:
    source = (ROOT / FILE).read_text()
    assert old in source
    return Mutant(FILE, 1, "by hand", source.replace(old, new, 1))


def test_a_change_is_noticed_if_a_test_fails_with_it(trial: Trial) -> None:
    assert trial.notices(mutant("def read_ways(", "def read_no_ways("))
    # The file is as before.
    assert not trial.notices(mutant('"""', '"""Another word. '))


@pytest.mark.parametrize("name", PACKAGES)
def test_every_package_and_its_tests_are_where_they_are_sought(name: str) -> None:
    package = PACKAGES[name]
    assert [path for path in (*package.code, *package.tests) if not (ROOT / path).exists()] == []
