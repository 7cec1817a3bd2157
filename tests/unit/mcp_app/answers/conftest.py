"""A vault's knowledge and a model that writes what it is told; `tests.fixtures.vault` has both."""

from tests.fixtures.vault import index, model, vault
