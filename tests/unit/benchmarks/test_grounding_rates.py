"""The rates in benchmarks/grounding/README.md hold."""

from __future__ import annotations

import pytest

from benchmarks.grounding.cases import ADVERSARIAL, HONEST, cases, is_wrong


@pytest.mark.parametrize(("group", "most"), [(HONEST, 0.03), (ADVERSARIAL, 0.05)])
def test_the_check_of_answers_errs_no_more_than_published(group: str, most: float) -> None:
    every = cases(group)
    wrong = [case for case in every if is_wrong(case)]
    assert len(every) >= 100
    assert len(wrong) / len(every) <= most, wrong
