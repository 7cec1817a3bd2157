"""The two ways to ask one server, made once for a file."""

import pytest

from tests.unit.runtime.endpoint.exchange import Sides


@pytest.fixture(scope="module")
def module_patch():
    with pytest.MonkeyPatch.context() as patch:
        yield patch


@pytest.fixture(scope="module")
def module_sides(module_patch):
    made = Sides(module_patch)
    yield made
    made.close()


@pytest.fixture
def sides(module_sides):
    module_sides.taken.clear()
    return module_sides
