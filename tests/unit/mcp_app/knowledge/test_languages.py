"""Words of several languages and scripts are found in their other forms."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from aoma.corpus.language import language_of
from mcp_app.knowledge.embedded.index import EmbeddedIndex
from mcp_app.knowledge.embedded.language.terms import query_words

GERMAN = """# Zertifikate

Die Zertifikate werden jede Nacht erneuert, wenn sie nicht mehr lange gültig sind.

# Bestellungen

Eine Bestellung kann man bis zum Versand ändern, und danach ist sie nicht mehr zu ändern.
"""
RUSSIAN = """# Обновления

Обновления приложения проверяются каждую ночь.

# Уведомления

Пользователь получает уведомление на экране.
"""


def index_of(build, tmp_path: Path, **texts: str) -> EmbeddedIndex:
    folder = tmp_path / "docs"
    folder.mkdir()
    for name, text in texts.items():
        (folder / f"{name}.md").write_text(text)
    index: EmbeddedIndex = build(documents=[folder]).index
    return index


@pytest.mark.parametrize(
    ("text", "query", "said"),
    [
        (GERMAN, "wann wird das Zertifikat erneuert", "jede Nacht"),
        (GERMAN, "änderung der Bestellungen", "Versand"),
        (RUSSIAN, "проверка обновлений", "каждую"),
        (RUSSIAN, "уведомлений", "получает"),
    ],
)
def test_other_forms_of_a_word_are_found(build, tmp_path, text, query, said):
    hit = index_of(build, tmp_path, page=text).search_documents(query).hits[0]
    assert said in hit.text


def test_words_of_asking_are_no_part_of_a_query_in_the_language_of_the_index(build, tmp_path):
    found = index_of(build, tmp_path, page=GERMAN).search_documents("Wie ändere ich das?")
    assert found.terms == ("ändere",)


@pytest.mark.parametrize(
    ("texts", "language"),
    [
        ([GERMAN], "german"),
        (["Le serveur est dans la salle, et il ne faut pas y entrer."], "french"),
        (["The server is in the room, and you must not enter it."], "english"),
        (["資產管理系統", "def f(a, s): return a"], "english"),
        ([], "english"),
    ],
)
def test_language_of_an_index_is_that_of_most_of_its_stop_words(texts, language):
    assert language_of(texts) == language


def test_index_of_more_text_than_is_looked_at_for_its_language(build, tmp_path, monkeypatch):
    monkeypatch.setattr("aoma.corpus.language.LIMIT_CHARACTERS", 10)
    assert index_of(build, tmp_path, a=GERMAN, b=GERMAN, c=GERMAN).search_documents("Versand").hits


@pytest.mark.parametrize(
    ("query", "words"),
    [
        # Katakana spells whole words, hiragana the grammar around them.
        ("トレイアイコンを表示する", ["トレイアイコン", "表示"]),
        ("パソコンが眠るのを防ぐには", ["パソコン", "眠", "防"]),
        ("ください", ["くだ", "ださ", "さい"]),
        ("如何连接数据库", ["连接", "接数", "数据", "据库"]),
        ("的", ["的"]),
    ],
)
def test_words_of_scripts_without_spaces(query, words):
    assert query_words(query) == words


def test_a_name_that_nothing_holds_weighs_more_than_a_word(build, tmp_path):
    index = index_of(build, tmp_path, page="# Deployment\n\nDeploy it with the pipeline.\n")
    word = index.search_documents("deploy with whatsits").hits[0]
    name = index.search_documents("deploy with Kubernetes").hits[0]
    assert (name.coverage or 0) < (word.coverage or 0)


def test_a_changelog_comes_after_the_guide_unless_a_version_is_asked_for(build, tmp_path):
    index = index_of(
        build,
        tmp_path,
        guide="# Retries\n\nA failed upload is tried again three times, with a pause that grows.\n",
        CHANGELOG="# 2.4\n\nRetries of a failed upload.\n\n# 2.3\n\nRetries and pauses.\n",
    )
    assert index.search_documents("retries of a failed upload").hits[0].document == "guide.md"
    assert index.search_documents("retries in 2.4").hits[0].document == "CHANGELOG.md"


def test_two_passages_of_a_document_leave_room_for_others(build, tmp_path):
    long = "\n\n".join(f"# Part {number}\n\nQuarantine of a delivery." for number in range(9))
    index = index_of(build, tmp_path, long=long, other="# Other\n\nA word about quarantine.\n")
    documents = [hit.document for hit in index.search_documents("quarantine").hits]
    assert documents.count("long.md") == 2
    assert "other.md" in documents
    more = index.search_documents("quarantine", per_document=5).hits
    assert [hit.document for hit in more].count("long.md") == 5


def test_a_second_passage_of_a_document_comes_after_those_of_others(build, tmp_path):
    long = "\n\n".join(f"# Part {number}\n\nQuarantine of a delivery." for number in range(4))
    others = {
        f"other{number}": f"# Other\n\n{'A word on a quarantine. ' * 9}" for number in range(3)
    }
    hits = (
        index_of(build, tmp_path, long=long, **others).search_documents("delivery quarantine").hits
    )
    assert [hit.document for hit in hits] == [
        *("long.md", "other0.md", "other1.md", "other2.md", "long.md")
    ]


def test_a_large_index_gives_the_same_first_hits(build, tmp_path, monkeypatch):
    texts = {
        f"page{number}": f"# Page {number}\n\nThe server sends a message number {number} "
        f"{'about a rare subject ' if number % 7 == 0 else ''}to the client.\n"
        for number in range(40)
    }
    small = index_of(build, tmp_path, **texts)
    queries = ("rare message 14", "server message", "client subject number 21")
    wanted = [small.search_documents(query).hits[0].id for query in queries]
    for name, value in (("LARGE", 10), ("COMMON", 10), ("LISTED", 3)):
        monkeypatch.setattr(f"aoma.corpus.common_terms.{name}", value)
    monkeypatch.setattr("mcp_app.knowledge.embedded.rank.ranking.LARGE", 10)
    (tmp_path / "again").mkdir()
    large = index_of(build, tmp_path / "again", **texts)
    found = [large.search_documents(query).hits[0] for query in queries]
    assert [hit.id for hit in found] == wanted
    assert [hit.coverage for hit in found] == pytest.approx(
        [small.search_documents(query).hits[0].coverage for query in queries]
    )
    with sqlite3.connect(large._file._path) as connection:
        count = "SELECT count(*) FROM common_terms WHERE length(bits) {} 0"
        # Of common terms the best entries, of the others all.
        assert connection.execute(count.format(">")).fetchone()[0] > 3
        assert connection.execute(count.format("=")).fetchone()[0] > 1
    connection.close()
