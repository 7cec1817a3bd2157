"""A glob means in PostgreSQL what it means in the index."""

from mcp_app.knowledge.filters import path_matcher
from mcp_app.knowledge.supabase.queries import path_regex

GLOBS = [
    "*.py",
    "src/**/*.py",
    "src/",
    "**",
    "**/x",
    "a/**",
    "a/**/b",
    "./a",
    "/a/b",
    "[!a]*",
    "[a-c]?",
    "[]-]",
    "[z-a]x",
    "[!z-a]x",
    "a[",
    "[a",
    "[^a]",
    "[+-9]",
    "a.b",
    "a\\b",
    "(a|b)",
    "é*",
    "[é-ü]",
    "$^",
    "{a,b}",
    "a//b",
    "src/a b/[[]x].ts",
    "***",
    "**a",
    "?/?",
    "[--a]",
    "[a-c-e]",
    "\\d",
    "%_",
]
SAMPLES = [
    "a",
    "b",
    "a/b",
    "a/b/c.py",
    "src/x.py",
    "src/a/b/x.py",
    "x.py",
    "src",
    "a/x/b",
    "a//b",
    "]x",
    "-",
    "zx",
    "ax",
    "ab",
    "a[",
    "[a",
    "^a",
    "/",
    ".",
    "é.py",
    "ü",
    "a\\b",
    "(a|b)",
    "$^",
    "{a,b}",
    "+",
    "9",
    "src/a b/[x].ts",
    "A.PY",
    "**a",
    "aXb",
    "b\nc",
    "\\d",
    "5",
    "%_",
]


def test_globs_mean_in_the_database_what_they_mean_in_the_index(supabase):
    with supabase.connect() as connection:
        for glob in GLOBS:
            matches = path_matcher(glob)
            found = connection.execute(
                "select path from unnest(%s::text[]) as path where path ~ %s",
                [SAMPLES, path_regex(glob)],
            ).fetchall()
            wanted = {path for path in SAMPLES if matches(path)}
            assert {path for (path,) in found} == wanted, glob
