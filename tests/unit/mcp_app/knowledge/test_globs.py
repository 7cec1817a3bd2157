"""A glob and the regular expression for PostgreSQL match the same paths."""

import re

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from mcp_app.knowledge.filters import path_matcher
from mcp_app.knowledge.supabase.queries import path_regex

PIECES = st.sampled_from(
    ["*", "**", "?", "/", "[", "]", "!", "-", "^", "\\", ".", "a", "b", "z", "é"]
)


@settings(max_examples=400)
@given(
    st.lists(PIECES, min_size=1, max_size=9).map("".join),
    st.lists(
        st.sampled_from(["a", "b", "/", "z", "é", "-", "]", "^", "\\", "!", "[", "\n"]),
        min_size=1,
        max_size=7,
    ).map("".join),
)
def test_any_glob_means_the_same_in_both(glob, path):
    assume(glob.strip())
    expression = re.compile(path_regex(glob), re.DOTALL)
    assert bool(expression.fullmatch(path)) is path_matcher(glob)(path)
