"""A vault's knowledge; `tests.fixtures.vault` has it."""

from tests.fixtures.vault import vault
