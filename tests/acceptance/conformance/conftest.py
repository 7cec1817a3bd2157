"""A deployment for the suite."""

from __future__ import annotations

import pytest

from tests.fixtures import node
from tests.fixtures.conformance.deployed import deployed


@pytest.fixture(scope="module")
def urls(tmp_path_factory):
    # First, for without npm there is nothing to deploy for.
    node.node()
    with deployed(tmp_path_factory.mktemp("conformance")) as made:
        yield made
