"""Repositories and indexes of them; `tests.fixtures.indexes` makes them."""

from tests.fixtures.indexes import (  # noqa: F401 - fixtures
    build,
    corpus_file,
    corpus_index,
    new_tree,
    tree_at,
)
