"""`python -m benchmarks.retrieval.scale`: searches over 100,000 real passages.

Prints CPU times of warm searches, of the first one in a new process, memory, and how long the
build takes, for a quarter of the passages and for all of them.
"""

from __future__ import annotations

import json
import random
import sqlite3
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from aoma.corpus import write_index
from benchmarks.retrieval.large import write
from benchmarks.retrieval.tables import table
from mcp_app.knowledge.embedded.index import open_index

SECTIONS = (2_000, 25_000, 100_000)
# As people ask, and runs of words out of random passages.
ASKED = (
    "How do I rotate the master password of a database cluster?",
    "limit the rate of requests to an API stage",
    "encrypt objects in a bucket with a key of my own",
    "what happens when a task fails three times in a row",
    "give another account access to a secret",
    "delete old snapshots after thirty days",
    "the maximum number of concurrent executions of a function",
    "send an email with a template and attachments",
    "restore a table to a point in time",
    "which permissions does a role need to start a build",
    "route users to the region with the lowest latency",
    "change the instance type of a running cluster without losing data",
)
SAMPLES = 188
WORDS = 10
ROUNDS = 3

# In a process of its own, as on a new instance: the time of a search and the memory after it.
_FIRST = """
import json, sys, time
from mcp_app.knowledge.embedded.index import open_index
began = time.process_time()
index = open_index(sys.argv[1])
index.search_documents(sys.argv[2])
first = time.process_time() - began
for query in json.loads(sys.stdin.read()):
    index.search_documents(query)
# Not getrusage's ru_maxrss, in which Linux counts the process that started this one.
peak = int(open("/proc/self/status").read().split("VmHWM:")[1].split()[0])
print(json.dumps([first * 1000, peak / 1024]))
"""


def _queries(index: Path) -> list[str]:
    chosen = random.Random(1)
    connection = sqlite3.connect(index)
    count = connection.execute("SELECT count(*) FROM passages").fetchone()[0]
    queries = list(ASKED)
    while len(queries) < len(ASKED) + SAMPLES:
        row = (chosen.randrange(1, count + 1),)
        text = connection.execute("SELECT text FROM passages WHERE id = ?", row).fetchone()[0]
        words = [word for word in text.split() if word.isalpha() and len(word) > 2]
        if len(words) > WORDS:
            at = chosen.randrange(len(words) - WORDS)
            queries.append(" ".join(words[at : at + WORDS]))
    connection.close()
    return queries


def _warm(index: Path, queries: list[str]) -> list[float]:
    """CPU milliseconds of each search, the least of some rounds, in ascending order."""
    opened = open_index(index)
    least = [float("inf")] * len(queries)
    for _ in range(ROUNDS):
        for at, query in enumerate(queries):
            began = time.process_time()
            opened.search_documents(query)
            least[at] = min(least[at], (time.process_time() - began) * 1000)
    opened.close()
    return sorted(least)


def _first(index: Path, queries: list[str]) -> tuple[float, float]:
    """CPU milliseconds of the first search of a process, and its memory in MB after all."""
    told = []
    for _ in range(ROUNDS):
        done = subprocess.run(
            [sys.executable, "-c", _FIRST, str(index), ASKED[0]],
            input=json.dumps(queries),
            capture_output=True,
            text=True,
            check=True,
        )
        told.append(json.loads(done.stdout))
    return min(first for first, _ in told), max(memory for _, memory in told)


def main() -> None:
    """Measure and print."""
    rows = []
    with tempfile.TemporaryDirectory(prefix="mesh-scale-") as name:
        for sections in SECTIONS:
            folder, index = Path(name) / str(sections), Path(name) / f"{sections}.sqlite3"
            folder.mkdir()
            write(folder, sections)
            began = time.process_time()
            report = write_index(index, documents=[folder], repositories=[])
            built = time.process_time() - began
            queries = _queries(index)
            warm = _warm(index, queries)
            first, memory = _first(index, queries)
            rows.append(
                (
                    f"{report.passages:,}",
                    f"{built:.0f} s",
                    f"{report.size_bytes / 1e6:.0f} MB",
                    f"{warm[len(warm) // 2]:.1f} ms",
                    f"{warm[int(len(warm) * 0.99)]:.1f} ms",
                    f"{first:.0f} ms",
                    f"{memory:.0f} MB",
                )
            )
    head = ("passages", "build", "index", "warm search, p50", "p99", "first search", "memory")
    print("\n".join(table(head, rows)))


if __name__ == "__main__":
    main()
