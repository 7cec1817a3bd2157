"""An index that is missing, damaged or of another version is told, and threads share one."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from aoma.corpus import write_index
from mcp_app.knowledge.embedded.index import EmbeddedIndex, open_index
from mcp_app.knowledge.errors import SearchTimeoutError, SourceUnavailableError
from mesh.build.environment import ROOT


@pytest.fixture
def file(tmp_path: Path) -> Path:
    folder = tmp_path / "docs"
    folder.mkdir()
    for number in range(200):
        (folder / f"{number}.md").write_text(f"# Page {number}\n\n" + f"alpha word{number} " * 40)
    target = tmp_path / "knowledge.sqlite3"
    write_index(target, documents=[folder], repositories=[])
    return target


def changed(sql: str) -> Callable[[Path], None]:
    def change(file: Path) -> None:
        connection = sqlite3.connect(file)
        connection.execute(sql)
        connection.commit()
        connection.close()

    return change


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (Path.unlink, "cannot be opened"),
        (lambda file: file.write_bytes(b""), "is not an index"),
        (lambda file: file.write_bytes(b"not a database at all" * 100), "cannot be read"),
        (lambda file: file.write_bytes(file.read_bytes()[:-4096]), "malformed"),
        (lambda file: file.write_bytes(file.read_bytes()[:50]), "is not an index"),
        (changed("PRAGMA user_version = 99"), "schema version 99, and this server reads 5"),
        (changed("PRAGMA application_id = 0"), "is not an index"),
        (changed("DROP TABLE counts"), "no such table"),
    ],
)
def test_unusable_index_is_told_with_what_to_do(
    file: Path, damage: Callable[[Path], object], reason: str
) -> None:
    damage(file)
    with pytest.raises(SourceUnavailableError, match=reason) as caught:
        open_index(file)
    assert caught.value.source == "embedded index"
    assert "python build.py" in caught.value.remedy
    assert str(file.parent) not in str(caught.value)


def test_damage_in_the_middle_is_told_by_the_search_that_meets_it(file: Path) -> None:
    changed("UPDATE passages_text_data SET block = x'ff' WHERE id > 10")(file)
    index = open_index(file)
    with pytest.raises(SourceUnavailableError, match=r"knowledge\.sqlite3 cannot be read"):
        index.search_documents("alpha word7")
    index.close()


def test_index_in_a_folder_with_a_strange_name_opens(file: Path) -> None:
    place = file.parent / "a b?c#d%41" / "knowledge.sqlite3"
    place.parent.mkdir()
    file.rename(place)
    index = open_index(place)
    assert index.search_documents("word7").hits
    index.close()


def test_index_is_never_written_to(file: Path) -> None:
    before = file.read_bytes()
    file.chmod(0o444)
    file.parent.chmod(0o555)
    try:
        index = open_index(str(file))
        index.search_documents("alpha")
        index.close()
        assert sorted(path.name for path in file.parent.iterdir()) == ["docs", file.name]
    finally:
        file.parent.chmod(0o755)
    assert file.read_bytes() == before


def test_search_ends_at_its_time_limit_and_the_next_one_works(file: Path) -> None:
    index = open_index(file)
    with pytest.raises(SearchTimeoutError, match="longer than 0 s") as caught:
        index.search_documents("alpha " + " ".join(f"word{n}" for n in range(60)), limit_seconds=0)
    assert caught.value.source == "embedded index"
    assert index.search_documents("word7").hits[0].document == "7.md"
    index.close()


def test_threads_search_side_by_side_and_get_the_same(file: Path) -> None:
    index = open_index(file)
    queries = [f"alpha word{number}" for number in range(40)]
    alone = [index.search_documents(query) for query in queries]
    barrier = threading.Barrier(8)

    def search(_: int) -> list[object]:
        barrier.wait(timeout=10)
        return [index.search_documents(query) for query in queries]

    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(search, range(8)))
    assert all(result == alone for result in results)
    index.close()


def test_open_index_needs_nothing_beyond_the_standard_library(file: Path) -> None:
    code = (
        "import sys; from mcp_app.knowledge.embedded.index import open_index\n"
        "import mcp_app.knowledge.embedded.backend, mcp_app.knowledge.answers\n"
        "index = open_index(sys.argv[1]); assert index.search_documents('word7').hits\n"
        "index.close()\n"
        "foreign = {name.partition('.')[0] for name in sys.modules} - sys.stdlib_module_names\n"
        "print(sorted(foreign - {'__main__', 'mcp_app', 'mesh', 'sitecustomize'}))"
    )
    done = subprocess.run(
        (sys.executable, "-S", "-c", code, str(file)),
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "[]"


def test_memory_stays_flat_over_a_thousand_searches(file: Path) -> None:
    index: EmbeddedIndex = open_index(file)
    for number in range(1_000):
        index.search_documents(f"word{number % 200}")
    assert len(index._file._idle) == 1
    index.close()
