"""Every link between pages of this repository leads to a file, and to a heading in it."""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path

from markdown_it import MarkdownIt

from mesh.build.environment import ROOT
from mesh.reference.setup_guide import anchor

PAGES = sorted(
    {
        *ROOT.glob("*.md"),
        *ROOT.glob("docs/**/*.md"),
        *ROOT.glob("examples/**/README.md"),
        *ROOT.glob("terraform/**/README.md"),
        *(ROOT / name for name in ("mesh/local_aws/README.md", "aoma/local_supabase/README.md")),
    }
)
MARKDOWN = MarkdownIt("commonmark").enable("table")
NAMED = re.compile(r"\b(?:docs/[\w./-]+\.md)\b")
# A page that a message names, in code that people read.
READ = ("mesh", "aoma", "mcp_app", "terraform", ".github", "benchmarks", "tests")
ENDINGS = {".py", ".tf", ".hcl", ".yml", ".toml", ".sql", ".md"}


def links(page: Path) -> set[str]:
    found = set()
    for block in MARKDOWN.parse(page.read_text("utf-8")):
        for token in block.children or ():
            for name in ("href", "src"):
                if (address := token.attrs.get(name)) and "://" not in str(address):
                    found.add(str(address))
    return found


def headings(page: Path) -> set[str]:
    tokens = MARKDOWN.parse(page.read_text("utf-8"))
    return {
        anchor(after.content.replace("`", ""))
        for token, after in pairwise(tokens)
        if token.type == "heading_open"
    }


def test_every_link_leads_to_a_file_and_a_heading() -> None:
    broken = []
    for page in PAGES:
        for link in links(page):
            name, _, heading = link.partition("#")
            target = (page.parent / name).resolve() if name else page
            if not target.exists() or (heading and heading not in headings(target)):
                broken.append(f"{page.relative_to(ROOT)}: {link}")

    assert len(PAGES) > 40
    assert broken == []


def test_every_page_is_in_the_index() -> None:
    index = ROOT / "docs" / "README.md"
    linked = {(index.parent / link.partition("#")[0]).resolve() for link in links(index)}

    pages = {page for page in (ROOT / "docs").rglob("*.md") if page.parent.name != "decisions"}
    assert sorted(str(page) for page in pages - linked - {index}) == []


def test_every_decision_is_in_the_architecture() -> None:
    page = ROOT / "docs" / "architecture.md"
    linked = {(page.parent / link).resolve() for link in links(page)}

    decisions = set((ROOT / "docs" / "decisions").glob("*.md"))
    assert len(decisions) >= 6
    assert decisions <= linked


def test_code_names_only_pages_that_exist() -> None:
    files = [
        file
        for folder in READ
        for file in (ROOT / folder).rglob("*")
        if file.suffix in ENDINGS and "__pycache__" not in file.parts
    ]
    missing = {
        f"{file.relative_to(ROOT)}: {name}"
        for file in files
        # Tests make up pages of their own.
        if "tests" not in file.relative_to(ROOT).parts[:1]
        for name in NAMED.findall(re.sub(r"https?://\S+", "", file.read_text("utf-8")))
        if not (ROOT / name).is_file()
    }

    assert len(files) > 500
    assert missing == set()
