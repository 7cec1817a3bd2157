"""The examples are deployed as their README says, and called by FastMCP's own client."""

from __future__ import annotations

import asyncio
import json
import os
import re
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from fastmcp import Client
from fastmcp.client.client import CallToolResult

from mesh.build.environment import ROOT
from mesh.installation import BIN
from tests.acceptance.end_to_end.test_any_server import Folder

EXAMPLES = ROOT / "examples"


@pytest.fixture
def copied(tmp_path: Path) -> Iterator[Callable[[str], Folder]]:
    """Copies an example into a folder of its own, and stops what was deployed from there."""
    made: list[Folder] = []

    def copy(name: str) -> Folder:
        made.append(Folder(tmp_path / name))
        ignored = shutil.ignore_patterns("__pycache__", ".mesh")
        shutil.copytree(EXAMPLES / name, tmp_path / name, ignore=ignored)
        return made[-1]

    yield copy
    for folder in made:
        folder.stop()


def call(folder: Folder, tool: str, **arguments: object) -> CallToolResult:
    """What a client gets; an error of the tool, too."""
    variables = folder.variables

    async def called() -> CallToolResult:
        async with Client(f"{variables['MESH_URL']}mcp", auth=variables["MESH_API_KEY"]) as client:
            answer: CallToolResult = await client.call_tool(tool, arguments, raise_on_error=False)
            return answer

    return asyncio.run(called())


def text(result: CallToolResult) -> str:
    """What it says."""
    return str(getattr(result.content[0], "text", ""))


def store_secret(folder: Folder, value: str) -> None:
    done = subprocess.run(
        [str(BIN / "mesh"), "secrets", "set", "SHARING_KEY"],
        cwd=folder.root,
        input=value,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.promise("an example has a table and a secret")
def test_notes_are_kept_in_a_table_with_the_rights_of_the_statement(
    copied: Callable[[str], Folder],
) -> None:
    folder = copied("notes")
    values = folder.root / "local.tfvars"
    whole = values.read_text() + "\nsecrets_ttl_seconds = 1\n"
    values.write_text(re.sub(r"policy_statements = \[\{.*?\}\]", "", whole, flags=re.DOTALL))
    folder.up()
    subprocess.run(
        [sys.executable, "create_table.py", "notes"],
        cwd=folder.root,
        env=os.environ | folder.variables,
        check=True,
    )

    denied = call(folder, "write_note", title="milk", text="Two bottles")
    assert denied.is_error
    assert "AccessDeniedException" in text(denied)
    assert "is not authorized to perform: dynamodb:PutItem" in text(denied)
    unset = call(folder, "share_note", title="milk")
    assert unset.is_error
    assert "`mesh secrets set SHARING_KEY`" in text(unset)

    store_secret(folder, "first")
    values.write_text(whole)
    folder.up()
    assert text(call(folder, "write_note", title="milk", text="Two bottles")) == "Written: milk"
    assert call(folder, "read_note", title="milk").data == "Two bottles"
    code = call(folder, "share_note", title="milk").data
    assert call(folder, "read_shared_note", title="milk", code=code).data == "Two bottles"
    # The statement names two actions, and no other is allowed.
    assert "There is no note" in text(call(folder, "read_note", title="bread"))

    # A new value of the secret takes effect in the version that is live.
    store_secret(folder, "second")
    deadline = time.monotonic() + 60
    while (new := call(folder, "share_note", title="milk").data) == code:
        assert time.monotonic() < deadline
        time.sleep(0.1)
    assert call(folder, "read_shared_note", title="milk", code=code).is_error
    assert call(folder, "read_shared_note", title="milk", code=new).data == "Two bottles"


class Library(BaseHTTPRequestHandler):
    """The API that examples/openapi/library.json describes."""

    books: list[dict[str, Any]]

    def do_GET(self) -> None:
        path, _, query = self.path.partition("?")
        if path == "/books":
            author = query.removeprefix("author=")
            found = [book for book in self.books if author in {"", book["author"]}]
            self._answer(200, {"books": found})
            return
        numbered = [book for book in self.books if path == f"/books/{book['number']}"]
        self._answer(*((200, numbered[0]) if numbered else (404, {"detail": "no such book"})))

    def do_POST(self) -> None:
        content = self.rfile.read(int(self.headers["content-length"]))
        self.books.append({"number": len(self.books) + 1, **json.loads(content)})
        self._answer(201, self.books[-1])

    def _answer(self, status: int, content: object) -> None:
        body = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing: requests are the test's own."""


@pytest.fixture
def library() -> Iterator[str]:
    """The address of a library with one book."""
    books = [{"number": 1, "title": "Emma", "author": "Austen"}]
    handler = type("OneLibrary", (Library,), {"books": books})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_an_api_is_called_with_the_tools_of_its_description(
    copied: Callable[[str], Folder], library: str
) -> None:
    folder = copied("openapi")
    values = folder.root / "local.tfvars"
    values.write_text(f'environment_variables = {{ LIBRARY_URL = "{library}" }}\n')
    folder.up()

    added = call(folder, "add_book", title="Persuasion", author="Austen")
    assert added.structured_content == {"number": 2, "title": "Persuasion", "author": "Austen"}
    listed = call(folder, "list_books", author="Austen").structured_content
    assert listed is not None
    assert [book["title"] for book in listed["books"]] == ["Emma", "Persuasion"]
    assert call(folder, "get_book", number=1).structured_content == listed["books"][0]
    missing = call(folder, "get_book", number=3)
    assert missing.is_error
    assert "404" in text(missing)


@pytest.mark.parametrize(
    "example", [one.name for one in EXAMPLES.iterdir() if (one / "tests").is_dir()]
)
def test_the_tests_of_an_example_pass(example: str) -> None:
    program = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-c", os.devnull]
    done = subprocess.run(
        [*program, "--rootdir", "."],
        cwd=EXAMPLES / example,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
