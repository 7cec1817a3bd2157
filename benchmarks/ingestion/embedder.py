"""The stand-in for the embeddings API in a process of its own, so that it can be told apart.

Run as a program it serves until its input ends, and prints where.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from aoma.local_supabase.openai.server import LocalOpenAI


@contextmanager
def embedder() -> Iterator[dict[str, str]]:
    """A running one; gives the variables that clients find it by."""
    with subprocess.Popen(
        (sys.executable, "-m", "benchmarks.ingestion.embedder"),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdin is not None  # noqa: S101 - asked for above
        assert process.stdout is not None  # noqa: S101 - as above
        try:
            url, key = process.stdout.readline().split()
            yield {"OPENAI_BASE_URL": url, "OPENAI_API_KEY": key}
        finally:
            process.stdin.close()


def main() -> None:
    """Serve."""
    with LocalOpenAI() as server:
        print(server.base_url, server.api_key, flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main()
