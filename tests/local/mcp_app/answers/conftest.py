"""A vault's knowledge; `tests.fixtures.vault` has it."""

from tests.fixtures.vault import vault  # noqa: F401 - a fixture
