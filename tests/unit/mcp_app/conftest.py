"""Git repositories; `tests.fixtures.indexes` makes them."""

from tests.fixtures.indexes import tree_at

__all__ = ["tree_at"]
