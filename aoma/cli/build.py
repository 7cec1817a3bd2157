"""The command line of `build.py`. Standard library only, so that --help needs nothing."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from mesh.build.failure import BuildError

DESCRIPTION = """\
Build the zip that runs on AWS Lambda: the application, its dependencies for the
chosen architecture, and the knowledge index. The same commit gives the same
bytes everywhere. Works on Linux, macOS and Windows for either architecture.
"""
EPILOG = """\
examples:
  python build.py                            arm64, this repository's knowledge
  python build.py --architecture host        for this machine, to run it here
  python build.py --knowledge ~/handbook --git ~/service
                                             other documents, commits and code
"""


def parser() -> argparse.ArgumentParser:
    """The options, with help that fits 80 columns."""
    options = argparse.ArgumentParser(
        prog="build.py",
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    options.add_argument(
        "--architecture",
        choices=("arm64", "x86_64", "host"),
        default="arm64",
        help="Lambda's architecture; host is this machine's (default: arm64)",
    )
    options.add_argument(
        "--python", default="3.13", metavar="VERSION", help="Lambda's Python (default: 3.13)"
    )
    options.add_argument(
        "--output",
        type=Path,
        metavar="ZIP",
        help="where to write (default: dist/mesh-<architecture>.zip)",
    )
    options.add_argument(
        "--knowledge",
        type=Path,
        action="append",
        default=[],
        metavar="DIR",
        help="folder of documents to index: Markdown, reStructuredText, AsciiDoc, text, "
        "HTML (an export of Confluence too), Word, PowerPoint, PDF, notebooks; may be "
        "repeated. In a git repository only what git does not ignore is read. With "
        "--knowledge, --git or --jira, nothing of this repository is indexed unless it is "
        "named too",
    )
    options.add_argument(
        "--base-url",
        action="append",
        default=[],
        metavar="[DIR=]URL",
        help="address of the folder's documents on the web, for links to them, such as "
        "https://docs.example.com; with {path} or {stem} where their path, or their path "
        "without extension, stands in it. DIR= for one of several folders; may be repeated",
    )
    options.add_argument(
        "--git",
        type=Path,
        action="append",
        default=[],
        metavar="DIR",
        help="root of a git repository whose commits and code to index; may be repeated",
    )
    options.add_argument(
        "--jira",
        type=Path,
        action="append",
        default=[],
        metavar="FILE",
        help="export of Jira, CSV or JSON, whose tickets to index; may be repeated",
    )
    options.add_argument(
        "--jira-url",
        metavar="URL",
        help="Jira's address for links to tickets, such as https://jira.example.com "
        "(default: what a JSON export tells)",
    )
    options.add_argument(
        "--jira-comments",
        action="store_true",
        help="index the tickets' comments and resolutions too",
    )
    options.add_argument("--no-knowledge", action="store_true", help="build without an index")
    options.add_argument("--json", action="store_true", help="print the result as JSON")
    options.add_argument("--quiet", action="store_true", help="print errors only")
    return options


def arguments(given: Sequence[str] | None = None) -> argparse.Namespace:
    """The options as given; ends the program on --help and on what it does not know."""
    options = parser()
    found = options.parse_args(given)
    if found.no_knowledge and (found.knowledge or found.git or found.jira):
        options.error("--no-knowledge contradicts --knowledge, --git and --jira")
    return found


def show(step: str) -> None:
    """Print a step where it does not mix with the result."""
    print(f"  {step}", file=sys.stderr, flush=True)


def main(given: Sequence[str] | None = None) -> int:
    """Build as the options say; the exit status is 1, with one clear message, on failure."""
    options = arguments(given)
    # Not before --help was answered: these take the packages of the environment.
    from aoma.build_hook import build
    from mesh.build.pipeline import silent
    from mesh.build.report import as_json, as_text

    try:
        result = build(
            options.architecture,
            python=options.python,
            output=options.output,
            documents=options.knowledge,
            repositories=options.git,
            exports=options.jira,
            jira_url=options.jira_url,
            comments=options.jira_comments,
            base_urls=options.base_url,
            indexed=not options.no_knowledge,
            progress=silent if options.quiet else show,
        )
    except (BuildError, OSError) as error:
        print(f"build: {error}", file=sys.stderr)
        return 1
    if options.json:
        print(json.dumps(as_json(result), indent=2))
    elif not options.quiet:
        print(as_text(result))
    return 0
