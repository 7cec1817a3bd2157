"""Filters of commits and code files: exact, checked, and bound as data."""

from __future__ import annotations

import pytest

from aoma.corpus import write_index
from mcp_app.knowledge.embedded.index import open_index
from mcp_app.knowledge.filters import path_matcher
from tests.fixtures.cpu_limit import cpu_limit


@pytest.fixture(scope="module")
def index(tree_at, tmp_path_factory: pytest.TempPathFactory):
    folder = tmp_path_factory.mktemp("filters")
    first, second = tree_at(folder / "alpha"), tree_at(folder / "beta")
    first.write("src/app.py", "# zebra\n")
    first.commit("zebra one", author="Ada Example", date="2026-03-01T23:30:00-02:00")
    first.write("src/deep/er/view.ts", "// zebra\n")
    first.write("docs/x.md", "zebra\n")
    first.commit("zebra two", author="Bob Beispiel", date="2026-03-15T12:00:00Z")
    second.write("main.tf", "# zebra\n")
    second.commit("zebra three", author="Ådá Exämple", date="2026-04-01T00:00:00Z")
    target = folder / "knowledge.sqlite3"
    write_index(target, documents=[], repositories=[first.root, second.root])
    opened = open_index(target)
    yield opened
    opened.close()


def titles(result) -> set[str]:
    return {hit.title.removeprefix("zebra ") for hit in result.hits}


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        ({}, {"one", "two", "three"}),
        ({"repository": ["ALPHA"]}, {"one", "two"}),
        ({"repository": ["alpha", "beta"]}, {"one", "two", "three"}),
        ({"repository": ["alph"]}, set()),
        ({"author": ["ada"]}, {"one"}),
        ({"author": ["Ådá", "bob"]}, {"two", "three"}),
        ({"author": ["%"]}, set()),
        ({"author": [" "]}, set()),
        # 23:30 two hours west of Greenwich is the next day in UTC.
        ({"date_from": "2026-03-02", "date_to": "2026-03-02"}, {"one"}),
        ({"date_from": "2026-03-15T12:00:00Z"}, {"two", "three"}),
        ({"date_from": "2026-03-15T12:00:01Z"}, {"three"}),
        ({"date_to": "2026-03-15T13:00:00+01:00"}, {"one", "two"}),
        ({"date_to": "2026-03-15T12:59:59+01:00"}, {"one"}),
        ({"date_to": "2026-03-31"}, {"one", "two"}),
        ({"date_from": "2026-W11-7", "date_to": "20260315"}, {"two"}),
        ({"date_from": "0001-01-01", "date_to": "9999-12-31"}, {"one", "two", "three"}),
        ({"file_pattern": "*.py"}, {"one"}),
        ({"file_pattern": "src/**"}, {"one", "two"}),
        ({"file_pattern": "src/*.ts"}, set()),
        ({"file_pattern": "src/**/*.ts"}, {"two"}),
        ({"file_pattern": "MAIN.tf"}, set()),
        ({"file_pattern": "*.[tp][fy]"}, {"one", "three"}),
        ({"file_pattern": "*.py", "author": ["bob"]}, set()),
        ({"file_pattern": "docs/", "repository": ["alpha"], "author": ["bob"]}, {"two"}),
    ],
)
def test_commits_that_pass_the_filters(index, filters, found: set[str]) -> None:
    result = index.search_commits("zebra", **filters)
    assert titles(result) == found
    assert result.candidates == len(found)
    assert found or result.reason == "Nothing in the commits passes the filters."


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        ({}, {"src/app.py", "src/deep/er/view.ts", "docs/x.md", "main.tf"}),
        ({"language": ["python", "HCL"]}, {"src/app.py", "main.tf"}),
        ({"file_extension": [".TS", "py"]}, {"src/app.py", "src/deep/er/view.ts"}),
        ({"repository": ["beta"]}, {"main.tf"}),
        ({"repository": ["beta"], "language": ["Python"]}, set()),
        ({"language": ["' OR 1=1 --"]}, set()),
    ],
)
def test_code_files_that_pass_the_filters(index, filters, found: set[str]) -> None:
    assert {hit.path for hit in index.search_code("zebra", **filters).hits} == found


def test_filters_do_not_change_score_or_coverage(index) -> None:
    everything = {hit.id: hit for hit in index.search_commits("zebra three giraffe").hits}
    for hit in index.search_commits("zebra three giraffe", repository=["beta"]).hits:
        assert everything[hit.id] == hit


@pytest.mark.parametrize("value", ["yesterday", "", "2026-13-01", "2026-02-30", "1; DROP TABLE x"])
@pytest.mark.parametrize("name", ["date_from", "date_to"])
def test_wrong_date_is_refused_with_an_example(index, name: str, value: str) -> None:
    with pytest.raises(ValueError, match=rf"{name}: .* is not an ISO 8601 date. Write it like"):
        index.search_commits("zebra", **{name: value})


def test_period_the_wrong_way_round_is_refused(index) -> None:
    with pytest.raises(ValueError, match="is after date_to"):
        index.search_commits("zebra", date_from="2026-03-02", date_to="2026-03-01")


@pytest.mark.parametrize("pattern", ["", "  ", "x" * 300])
def test_wrong_pattern_is_refused(index, pattern: str) -> None:
    with pytest.raises(ValueError, match="file_pattern: a glob of 1 to 256 characters"):
        index.search_commits("zebra", file_pattern=pattern)


@pytest.mark.parametrize(
    ("glob", "path", "matches"),
    [
        ("*.py", "a/b/c.py", True),
        ("*.py", "c.pyc", False),
        ("a/*.py", "a/c.py", True),
        ("a/*.py", "a/b/c.py", False),
        ("/a/*.py", "a/c.py", True),
        ("./a/*.py", "a/c.py", True),
        ("a/**/c.py", "a/c.py", True),
        ("a/**/c.py", "a/x/y/c.py", True),
        ("a/", "a/x/y", True),
        ("a?c", "abc", True),
        ("a?c", "a/c", False),
        ("[!a]x", "bx", True),
        ("[!a]x", "ax", False),
        ("[]]x", "]x", True),
        ("[x", "[x", True),
        ("[z-a]x", "zx", False),
        ("a/**/b/**/c", "a/b/x/b/c", True),
        ("a/**/b/**/c", "a/x/c", False),
        ("a+(b)$", "a+(b)$", True),
        (".*", "xyz", False),
    ],
)
def test_glob_matches_as_gitignore_does(glob: str, path: str, *, matches: bool) -> None:
    assert path_matcher(glob)(path) is matches


def test_pattern_of_many_stars_ends_soon() -> None:
    with cpu_limit(5):
        assert not path_matcher("*a" * 100 + "b")("a" * 200)
        assert not path_matcher("**/" * 60 + "x")("a/" * 200)
