"""The same input gives the same bytes, wherever and whenever the index is built."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from aoma.corpus import CorpusError, write_index
from mesh.build.environment import ROOT
from tests.fixtures.jira_samples import csv_text, issue, row, saved


@pytest.fixture(scope="module")
def project(tree_at, tmp_path_factory: pytest.TempPathFactory):
    """A repository that no test changes."""
    tree = tree_at(tmp_path_factory.mktemp("project") / "mesh")
    tree.write("pyproject.toml", '[project]\nname = "mesh"\n')
    for number in range(30):
        tree.write(
            f"docs/{number}.md", f"# Page {number}\n\nalpha beta {number}\n\n## More\n\ngamma"
        )
        tree.write(f"src/m{number}.py", f"def readFile{number}():\n    return {number}\n")
        if number % 5 == 0:
            tree.commit(f"Add page {number}", date=f"2026-01-{number % 28 + 1:02}T00:00:00Z")
    rows = [row(f"VAULT-{number}", labels=("b", "a")) for number in range(50)]
    tree.write("tickets/one.csv", csv_text(rows))
    tree.write("tickets/two.json", json.dumps([issue(f"ZOO-{number}") for number in range(5)]))
    return tree


def exports_of(root: Path) -> list[Path]:
    return [root / "tickets" / "one.csv", root / "tickets" / "two.json"]


def test_folder_day_user_and_hash_seed_do_not_matter(project, tmp_path: Path) -> None:
    first = tmp_path / "first.sqlite3"
    root = project.root
    write_index(first, documents=[root], repositories=[root], exports=exports_of(root))
    elsewhere = tmp_path / "quite" / "another place"
    shutil.copytree(project.root, elsewhere)
    for path in elsewhere.rglob("*.py"):
        os.utime(path, (1_000_000_000, 1_000_000_000))
    second = tmp_path / "second.sqlite3"
    code = (
        "import os, sys; from pathlib import Path; from aoma.corpus import write_index\n"
        "os.umask(0o077)\n"
        "source = Path(sys.argv[1])\n"
        "exports = [source / 'tickets' / 'one.csv', source / 'tickets' / 'two.json']\n"
        "write_index(\n"
        "    Path(sys.argv[2]), documents=[source], repositories=[source], exports=exports\n"
        ")"
    )
    subprocess.run(
        (sys.executable, "-c", code, str(elsewhere), str(second)),
        cwd=ROOT,
        env=os.environ | {"PYTHONHASHSEED": "7", "TZ": "Asia/Tokyo", "HOME": str(tmp_path)},
        check=True,
    )
    assert first.read_bytes() == second.read_bytes()


def test_order_of_sources_does_not_matter(new_tree, tmp_path: Path) -> None:
    one, two = new_tree("one"), new_tree("two")
    for tree in (one, two):
        tree.write("a.md", f"alpha {tree.root.name}")
        tree.write("a.py", "alpha = 1\n")
        tree.commit("Add")
    roots = [one.root, two.root]
    exports = [saved(tmp_path / "one.csv", csv_text([row("VAULT-2"), row("VAULT-1")]))]
    exports.append(
        saved(tmp_path / "two.json", [issue("ZOO-1"), issue("VAULT-1", updated="2026-03-01")])
    )
    write_index(tmp_path / "a.sqlite3", documents=roots, repositories=roots, exports=exports)
    for order in (roots, exports):
        order.reverse()
    write_index(tmp_path / "b.sqlite3", documents=roots, repositories=roots, exports=exports)
    assert (tmp_path / "a.sqlite3").read_bytes() == (tmp_path / "b.sqlite3").read_bytes()


def test_changed_input_changes_the_bytes(project, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(project.root, copy)
    target = tmp_path / "x.sqlite3"
    write_index(target, documents=[copy], repositories=[copy])
    before = target.read_bytes()
    (copy / "docs" / "new.md").write_text("delta")
    write_index(target, documents=[copy], repositories=[copy])
    assert target.read_bytes() != before


def test_header_does_not_tell_which_sqlite_wrote_it(project, tmp_path: Path) -> None:
    target = tmp_path / "x.sqlite3"
    write_index(target, documents=[project.root], repositories=[], exports=exports_of(project.root))
    header = target.read_bytes()[:100]
    assert header[24:28] == header[92:96] == (1).to_bytes(4, "big")
    assert header[96:100] == (3_040_000).to_bytes(4, "big")
    assert header[68:72] == b"MESH"
    connection = sqlite3.connect(target)
    assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    for table in ("passages_text", "tickets_text"):
        connection.execute(f"INSERT INTO {table} ({table}) VALUES ('integrity-check')")  # noqa: S608 - the test's own table
    connection.close()


def test_report_counts_what_the_index_holds(project, build) -> None:
    built = build(
        documents=[project.root], repositories=[project.root], exports=exports_of(project.root)
    )
    statistics = built.index.statistics()
    report = built.report
    assert (report.documents, report.passages) == (30, 60)
    assert (report.commits, report.code_files, report.code_parts) == (6, 33, 36)
    assert report.tickets == statistics.tickets == 55
    assert statistics.projects == ("VAULT", "ZOO")
    assert statistics.documents == report.documents
    assert statistics.passages == report.passages
    assert statistics.commits == report.commits
    assert statistics.code_files == report.code_files
    assert statistics.size_bytes == report.size_bytes == report.path.stat().st_size
    assert statistics.repositories[0].commit == project.git("rev-parse", "HEAD")
    assert 0 < report.seconds < 60


def test_nothing_to_index_is_an_empty_index(build) -> None:
    statistics = build().index.statistics()
    assert (statistics.documents, statistics.commits, statistics.code_files) == (0, 0, 0)
    assert statistics.tickets == 0


def test_failed_build_leaves_the_old_index_and_no_rest(project, tmp_path: Path) -> None:
    target = tmp_path / "out" / "x.sqlite3"
    write_index(target, documents=[project.root], repositories=[])
    before = target.read_bytes()
    with pytest.raises(CorpusError):
        write_index(target, documents=[project.root], repositories=[tmp_path / "nowhere"])
    assert target.read_bytes() == before
    assert [path.name for path in target.parent.iterdir()] == [target.name]
