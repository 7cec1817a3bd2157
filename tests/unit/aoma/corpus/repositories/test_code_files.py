"""Code files: what is read, in which parts, and what is left out."""

from __future__ import annotations

import pytest

from aoma.corpus.repositories.code_files import PART_LINES, parts_of, symbols_of
from aoma.corpus.repositories.languages import language_of
from aoma.corpus.text_files import may_hold_secrets


def test_hit_shows_the_lines_that_fit_best(build, new_tree) -> None:
    tree = new_tree("mesh")
    tree.git("remote", "add", "origin", "https://github.com/acme/mesh")
    filler = "\n\n".join(f"def step_{number}():\n    return {number}" for number in range(40))
    text = f"{filler}\n\n\ndef readFile(path):\n    return path.read_text()\n"
    tree.write("src/files.py", text)
    commit = tree.commit("Add")
    hit = build(repositories=[tree.root]).index.search_code("read file").hits[0]
    assert "def readFile(path)" in hit.text
    assert hit.text == "\n".join(text.split("\n")[hit.start_line - 1 : hit.end_line])
    place = f"L{hit.start_line}-L{hit.end_line}"
    assert hit.id == f"mesh/src/files.py#{place}"
    assert hit.link == f"https://github.com/acme/mesh/blob/{commit}/src/files.py#{place}"
    assert (hit.language, hit.extension) == ("Python", "py")
    assert (hit.lines, hit.size_bytes) == (len(text.splitlines()), len(text))


def test_file_is_found_by_any_part_that_covers_enough(build, new_tree) -> None:
    tree = new_tree("mesh")
    filler = "\n".join(f"x{number} = {number}" for number in range(70))
    # The first part ranks higher, and the second alone covers the query.
    tree.write("a.py", f"class Zebra:\n    pass\n{filler}\n\n\nzebra_giraffe = 1\n")
    tree.write("b.py", "giraffe = 1\n")
    index = build(repositories=[tree.root]).index
    hits = index.search_code("zebra giraffe", threshold=1.0).hits
    assert [(hit.path, hit.coverage) for hit in hits] == [("a.py", 1.0)]
    result = index.search_code("zebra giraffe")
    assert [hit.path for hit in result.hits].count("a.py") == 1
    assert result.candidates == 2


def test_identifier_is_found_by_its_words_and_in_other_styles(build, new_tree) -> None:
    tree = new_tree("mesh")
    tree.write("camel.js", "const maxRetryCount = parseHTTPResponse(1)\n")
    tree.write("snake.py", "max_retry_count = 3\n")
    index = build(repositories=[tree.root]).index

    def paths(query: str) -> set[str]:
        return {hit.path for hit in index.search_code(query, threshold=1.0).hits}

    assert paths("max retry count") == {"camel.js", "snake.py"}
    assert paths("maxRetryCount") == {"camel.js", "snake.py"}
    assert paths("max_retry_count") == {"camel.js", "snake.py"}
    assert paths("http response") == {"camel.js"}


def test_only_writing_of_people_is_read(build, new_tree) -> None:
    tree = new_tree("mesh")
    tree.write(".gitignore", "ignored.py\n")
    tree.write("kept.py", "alpha = 1\n")
    tree.write("ignored.py", "alpha = 1\n")
    tree.write("package-lock.json", '{"alpha": 1}\n')
    tree.write("locked.txt", "alpha==1 \\\n" + "    --hash=sha256:" + "0" * 64 + " \\\n" * 2)
    tree.write("requirements/dev.txt", ("alpha==1 --hash=sha256:" + "0" * 64 + "\n") * 2)
    tree.write("logo.bin", b"alpha\x00")
    tree.write("big.py", "alpha = 1\n" * 30_000)
    tree.write("app.min.js", "alpha()\n")
    tree.write("data.js", "alpha" * 2_000)
    tree.write("empty/__init__.py", "")
    tree.write(".env", "ALPHA=secret\n")
    tree.write(".env.example", "ALPHA=\n")
    tree.write("schema_pb2.py", "alpha = 1\n")
    tree.write(".gitattributes", "*_pb2.py linguist-generated=true\n")
    (tree.root / "link.py").symlink_to("kept.py")
    tree.commit("Add")
    tree.write("untracked.py", "alpha = 1\n")
    built = build(repositories=[tree.root])
    assert {hit.path for hit in built.index.search_code("alpha").hits} == {
        "kept.py",
        "untracked.py",
        ".env.example",
        "locked.txt",
    }
    assert built.skipped() == {
        "binary (.bin)": 1,
        "empty": 1,
        "generated lock file": 2,
        "larger than 256 KB": 1,
        "marked as generated or vendored in .gitattributes": 1,
        "may hold secrets, by name or by a private key inside": 1,
        "minified, or data in one line": 2,
        "symbolic link (its target is read where it lies)": 1,
    }


def test_document_in_a_repository_is_a_document_and_not_code(build, new_tree) -> None:
    tree = new_tree("mesh")
    tree.write("docs/a.md", "alpha")
    tree.write("notes/b.md", "alpha")
    tree.write("a.py", "alpha = 1\n")
    tree.commit("Add")
    index = build(documents=[tree.root / "docs"], repositories=[tree.root]).index
    assert [hit.document for hit in index.search_documents("alpha").hits] == ["docs/a.md"]
    # Outside the folder of documents, but still not lost.
    assert {hit.path for hit in index.search_code("alpha").hits} == {"notes/b.md", "a.py"}


def test_submodules_and_deleted_files_are_passed_over(build, new_tree) -> None:
    inner = new_tree("inner")
    inner.write("x.py", "alpha = 1\n")
    inner.commit("Inner")
    tree = new_tree("outer")
    tree.write("gone.py", "alpha = 1\n")
    tree.git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(inner.root))
    tree.commit("Outer")
    (tree.root / "gone.py").unlink()
    built = build(repositories=[tree.root])
    assert [hit.path for hit in built.index.search_code("alpha").hits] == []
    assert built.report.code_files == 1  # .gitmodules


def test_parts_cover_every_line_that_says_something() -> None:
    lines = [f"line {number}" if number % 7 else "" for number in range(500)]
    parts = parts_of("\n".join(lines) + "\n")
    assert all(part.end - part.start < PART_LINES for part in parts)
    covered = {number for part in parts for number in range(part.start, part.end + 1)}
    assert {number for number, line in enumerate(lines, 1) if line} <= covered


def test_part_ends_where_a_definition_starts() -> None:
    text = "\n".join(f"    line {number}" for number in range(40)) + "\n\ndef next():\n    pass\n"
    assert parts_of(text)[1].text.startswith("def next()")


@pytest.mark.parametrize(
    ("text", "symbols"),
    [
        ("async def fetch_all(x):", ("fetch_all",)),
        ("export default class Foo {", ("Foo",)),
        ("func (s *Server) Serve(", ("Serve",)),
        ('resource "aws_lambda_function" "this" {', ("aws_lambda_function", "this")),
        ("pub(crate) fn go<T>()", ("go",)),
        ("CREATE TABLE tickets (", ("tickets",)),
    ],
)
def test_definitions_of_many_languages_are_known(text: str, symbols: tuple[str, ...]) -> None:
    assert symbols_of(text) == symbols


@pytest.mark.parametrize(
    ("path", "text", "language"),
    [
        ("a.tf", "", "HCL"),
        ("x/Dockerfile", "", "Dockerfile"),
        ("CMakeLists.txt", "", "CMake"),
        ("run", "#!/usr/bin/env python3\n", "Python"),
        ("run", "#!/bin/bash\n", "Shell"),
        ("LICENSE", "Copyright", None),
    ],
)
def test_language_is_known_or_none(path: str, text: str, language: str | None) -> None:
    assert language_of(path, text) == language


@pytest.mark.parametrize(
    ("path", "secret"),
    [
        ("a/.env", True),
        (".env.production", True),
        (".env.example", False),
        ("keys/server.PEM", True),
        ("terraform.tfstate", True),
        ("prod.tfvars", True),
        ("prod.tfvars.example", False),
        ("id_rsa", True),
        (".mailmap", True),
        ("environment.py", False),
    ],
)
def test_names_that_promise_secrets(path: str, secret: bool) -> None:
    assert may_hold_secrets(path) is secret
