"""The tables of an index.

Ordinary tables hold what is shown. FTS5 tables hold what is searched, and are contentless
(https://sqlite.org/fts5.html#contentless_tables): what they index is text prepared for
searching, and the text to show lies once, in its own table. On 3.4 MB of documents they take
1.7 MB instead of 6.1 MB, at the same speed. Positions are kept, for nearness. An index of
prefixes would add 70 % and is not there.
"""

from mcp_app.knowledge.embedded.language.languages import tokenizer
from mcp_app.knowledge.embedded.schema import SEARCH_WEIGHTS

TABLES = """
CREATE TABLE counts (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
-- Numbers of 4 bytes, little-endian: the group of each row, from row 0, which there is not.
-- One value is read a hundred times faster than as many rows.
CREATE TABLE row_groups (name TEXT PRIMARY KEY, groups BLOB NOT NULL);
CREATE TABLE corpora (name TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE repositories (
    id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, head TEXT, commit_link TEXT,
    commits INTEGER NOT NULL, code_files INTEGER NOT NULL, problem TEXT);
CREATE TABLE documents (
    id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, title TEXT NOT NULL,
    corpus TEXT NOT NULL, link TEXT, date TEXT);
CREATE TABLE passages (
    id INTEGER PRIMARY KEY, document INTEGER NOT NULL, name TEXT NOT NULL UNIQUE,
    heading TEXT NOT NULL, anchor TEXT NOT NULL, text TEXT NOT NULL);
CREATE TABLE tickets (
    id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, project TEXT NOT NULL, type TEXT,
    status TEXT, priority TEXT, summary TEXT NOT NULL, description TEXT NOT NULL,
    labels TEXT NOT NULL, assignee TEXT, link TEXT, created TEXT, updated TEXT);
-- Filters and counts read these 30 bytes of a ticket, and not its description.
CREATE INDEX tickets_facts ON tickets (project, status, priority);
CREATE TABLE commits (
    id INTEGER PRIMARY KEY, repository INTEGER NOT NULL, hash TEXT NOT NULL,
    subject TEXT NOT NULL, body TEXT NOT NULL, author TEXT NOT NULL, date TEXT NOT NULL,
    timestamp INTEGER NOT NULL, files INTEGER, additions INTEGER, deletions INTEGER);
CREATE TABLE paths (id INTEGER PRIMARY KEY, path TEXT NOT NULL UNIQUE);
CREATE TABLE changes (
    commit_id INTEGER NOT NULL, path INTEGER NOT NULL, additions INTEGER, deletions INTEGER,
    PRIMARY KEY (commit_id, path)) WITHOUT ROWID;
CREATE TABLE code_files (
    id INTEGER PRIMARY KEY, repository INTEGER NOT NULL, path TEXT NOT NULL, language TEXT,
    extension TEXT NOT NULL, size INTEGER NOT NULL, lines INTEGER NOT NULL, link TEXT,
    date TEXT);
CREATE TABLE code_parts (
    id INTEGER PRIMARY KEY, file INTEGER NOT NULL, start INTEGER NOT NULL,
    "end" INTEGER NOT NULL, text TEXT NOT NULL);
-- See aoma/corpus/common_terms.py: numbers as above, and floats of 4 bytes.
CREATE TABLE common_terms (
    name TEXT NOT NULL, term TEXT NOT NULL, holding INTEGER NOT NULL, best BLOB NOT NULL,
    scores BLOB NOT NULL, bits BLOB NOT NULL, UNIQUE (name, term));
CREATE TABLE languages (name TEXT PRIMARY KEY) WITHOUT ROWID;
-- What is searched waits here, as JSON, until all of it tells the language.
CREATE TEMP TABLE pending (name TEXT NOT NULL, id INTEGER NOT NULL, columns TEXT NOT NULL);
"""

# The columns that each full-text table is filled with, in order.
SEARCHED = {table: tuple(weights) for table, weights in SEARCH_WEIGHTS.items()}


def full_text_tables(language: str) -> str:
    """The statements that make the full-text tables of an index in this language."""
    return "\n".join(
        f"CREATE VIRTUAL TABLE {name} USING fts5({', '.join(columns)}, content='', "
        f"tokenize='{tokenizer(language)}');"
        for name, columns in SEARCHED.items()
    )
