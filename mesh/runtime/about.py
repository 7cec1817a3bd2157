"""What a server is called and what it is for, in the words that it gives to every client.

The page, the server card and the registry's document say it to people and to clients that have
not connected yet.
"""

from __future__ import annotations

import re

# What FastMCP calls a server that has no name.
UNNAMED = re.compile(r"FastMCP(-[0-9a-f]{4})?")
# A sentence ends before the next begins, or before an empty line.
SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[^a-z\s])|\n\s*\n")
LONGEST = 240


def title(name: str, deployment: str) -> str:
    """What people call the server.

    Args:
        name: FastMCP's.
        deployment: What is shown instead where the author has given no name.
    """
    return deployment if UNNAMED.fullmatch(name) else name


def purpose(instructions: str | None, longest: int = LONGEST) -> str:
    """One line about what the server is for: the first sentence of its instructions.

    Args:
        instructions: What the server tells to models; None where it tells nothing.
        longest: How many characters the line may have.
    """
    first = SENTENCE.split((instructions or "").strip(), maxsplit=1)[0]
    line = " ".join(first.split())
    if len(line) <= longest:
        return line
    # Whole words, and room for the mark.
    return f"{line[: longest - 1].rpartition(' ')[0] or line[: longest - 1]}…"
