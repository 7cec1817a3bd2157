"""Repositories and indexes of them; `tests.fixtures.indexes` makes them."""

from tests.fixtures.indexes import (
    build,
    corpus_file,
    corpus_index,
    new_tree,
    tree_at,
)
