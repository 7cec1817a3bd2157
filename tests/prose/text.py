"""Finds prose: in Markdown, the help of commands, errors, docstrings, comments and Terraform."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass

import click
from markdown_it import MarkdownIt
from markdown_it.token import Token

from mesh.build.environment import ROOT
from mesh.cli import command_line

# In the place of code, so that sentences stay sentences; numbered, or it would repeat a word.
NAME = "Zz"
CODE = re.compile(r"`[^`]*`|\{[^{}]*\}|https?://\S+|\S*[_/]\S*")
TERRAFORM = re.compile(r'^\s*(?:description|error_message)\s+= "(.*)"$', re.MULTILINE)
MARKDOWN = MarkdownIt("commonmark").enable("table")
# Written by a benchmark or from somebody's metadata; their words are elsewhere.
FIGURES = re.compile(r"<!-- (figures|refusals): begin -->.*?<!-- \1: end -->", re.DOTALL)
MADE_ELSEWHERE = {"docs/reference/compatibility.md", "THIRD-PARTY-NOTICES.md"}
PAGES = ("*.md", "docs/**/*.md", "examples/**/*.md", "terraform/**/*.md", ".github/*.md")
PACKAGES = ("mesh", "aoma", "mcp_app")
CODE_FOLDERS = (*PACKAGES, "benchmarks", "tests")
# A line of a docstring that names a parameter, an attribute or an error before its description.
ENTRIES = re.compile(r"\n\s*\n|\n(?=\s*[\w.*]+: )|\n\s*- ")
ENTRY = re.compile(r"^\s*[\w.*, ]+: ")


@dataclass(frozen=True)
class Paragraph:
    """Some prose, and where it is."""

    place: str
    text: str


def pages() -> Iterator[Paragraph]:
    """The paragraphs, list items and table cells of all pages."""
    for pattern in PAGES:
        for file in sorted(ROOT.glob(pattern)):
            name = str(file.relative_to(ROOT))
            if name not in MADE_ELSEWHERE:
                yield from markdown(name, file.read_text("utf-8"))


def markdown(name: str, page: str) -> Iterator[Paragraph]:
    """The prose of a page, without code.

    Args:
        name: Of the page, for the place.
        page: Its text.
    """
    shown = FIGURES.sub(lambda found: "\n" * found[0].count("\n"), page)
    row = 0
    for token in MARKDOWN.parse(shown):
        row = token.map[0] + 1 if token.map else row
        if token.type == "inline" and token.children:
            yield Paragraph(
                f"{name}:{row}", "".join(_plain(*one) for one in enumerate(token.children))
            )


def _plain(number: int, token: Token) -> str:
    if token.type == "code_inline":
        return f"{NAME}{number}"
    if token.type in {"softbreak", "hardbreak"}:
        return " "
    return token.content if token.type == "text" else ""


def helps() -> Iterator[Paragraph]:
    """The help of every command and of its options."""
    yield from _helps(
        command_line, click.Context(command_line, info_name="mesh", **command_line.context_settings)
    )


def _helps(command: click.Command, context: click.Context) -> Iterator[Paragraph]:
    place = f"{context.command_path} --help"
    for text in re.split(r"\n\s*\n", command.help or ""):
        yield Paragraph(place, _without_code(text))
    for option in command.params:
        if isinstance(option, click.Option) and option.help:
            yield Paragraph(f"{place}, {option.opts[0]}", _without_code(option.help))
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            if (below := command.get_command(context, name)) is not None:
                yield from _helps(below, click.Context(below, parent=context, info_name=name))


def errors() -> Iterator[Paragraph]:
    """The texts of the exceptions that are raised."""
    for package in PACKAGES:
        for file in sorted((ROOT / package).rglob("*.py")):
            for node in ast.walk(ast.parse(file.read_text("utf-8"))):
                if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call):
                    place = f"{file.relative_to(ROOT)}:{node.lineno}"
                    for argument in node.exc.args:
                        if text := _without_code(_string(argument)):
                            yield Paragraph(place, text)


def docstrings() -> Iterator[Paragraph]:
    """The docstrings of all code."""
    for name, code in _code():
        yield from docstrings_in(name, code)


def docstrings_in(name: str, code: str) -> Iterator[Paragraph]:
    """The docstrings of modules, classes and functions, by paragraph and by entry of a list."""
    for node in ast.walk(ast.parse(code)):
        if isinstance(
            node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef
        ) and (text := ast.get_docstring(node)):
            place = f"{name}:{getattr(node, 'lineno', 1)}"
            for part in ENTRIES.split(text):
                yield Paragraph(place, _without_code(ENTRY.sub("", part)))


def comments() -> Iterator[Paragraph]:
    """The comments of all code."""
    for name, code in _code():
        yield from comments_in(name, code)


def comments_in(name: str, code: str) -> Iterator[Paragraph]:
    """The comments, those on lines of their own joined where they follow each other."""
    row, text = 0, ""
    for token in tokenize.generate_tokens(io.StringIO(code).readline):
        if token.type != tokenize.COMMENT:
            continue
        own = token.line.lstrip().startswith("#")
        if text and not (own and token.start[0] == row + 1):
            yield Paragraph(f"{name}:{row}", _without_code(text))
            text = ""
        row, text = token.start[0], f"{text} {token.string.lstrip('#! ')}"
    if text:
        yield Paragraph(f"{name}:{row}", _without_code(text))


def _code() -> Iterator[tuple[str, str]]:
    for folder in CODE_FOLDERS:
        for file in sorted((ROOT / folder).rglob("*.py")):
            yield str(file.relative_to(ROOT)), file.read_text("utf-8")


def _string(node: ast.expr) -> str:
    """The text of a string or an f-string; names in the place of values."""
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else ""
    if isinstance(node, ast.JoinedStr):
        return "".join(map(_string, node.values))
    if isinstance(node, ast.BinOp):
        return _string(node.left) + _string(node.right)
    return f"{NAME}{node.col_offset}" if isinstance(node, ast.FormattedValue) else ""


def terraform() -> Iterator[Paragraph]:
    """Descriptions and error messages of Terraform's variables and outputs."""
    for file in sorted((ROOT / "terraform").rglob("*.tf")):
        for text in TERRAFORM.findall(file.read_text("utf-8")):
            yield Paragraph(str(file.relative_to(ROOT)), _without_code(text))


def _without_code(text: str) -> str:
    return " ".join(CODE.sub(lambda found: f"{NAME}{found.start()}", text).split())
