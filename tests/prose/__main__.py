"""`python -m tests.prose`: reports what is hard to read, for `make check`."""

from __future__ import annotations

import sys
from itertools import chain

from tests.prose.style import problems
from tests.prose.text import comments, docstrings, errors, helps, pages, terraform


def main() -> int:
    """Print each problem with its place; the exit status is 1 if there is one."""
    found = [
        f"{paragraph.place}: {problem}"
        for paragraph in chain(pages(), helps(), errors(), docstrings(), comments(), terraform())
        for problem in problems(paragraph.text)
    ]
    print("\n".join(found) or "prose: plain")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
