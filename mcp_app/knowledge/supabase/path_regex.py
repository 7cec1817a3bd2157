"""A glob for paths as a regular expression of PostgreSQL.

By the rules of `mcp_app.knowledge.filters.path_matcher`; tests hold both to the same answers.
https://www.postgresql.org/docs/current/functions-matching.html#POSIX-SYNTAX-DETAILS
"""

from __future__ import annotations

from mcp_app.knowledge.filters import path_matcher

ANY_FOLDERS = "**"


def _character(character: str) -> str:
    """The character itself, whatever it means elsewhere."""
    if character.isascii() and (character.isalnum() or character == "_"):
        return character
    return f"\\U{ord(character):08X}"


def _ranges(body: str) -> list[tuple[str, str]]:
    """The ranges of a bracket's inside, single characters as ranges of themselves.

    As Python's fnmatch reads them: a hyphen first or last is itself, a range the wrong way
    round is empty.
    """
    ranges = []
    at = 0
    while at < len(body):
        if at + 2 < len(body) and body[at + 1] == "-":
            ranges.append((body[at], body[at + 2]))
            at += 3
        else:
            ranges.append((body[at], body[at]))
            at += 1
    return [(first, last) for first, last in ranges if first <= last]


def _bracket(body: str) -> str:
    negated = body.startswith("!")
    ranges = _ranges(body[1:] if negated else body)
    if not ranges:
        return "[^/]" if negated else "(?!)"
    inside = "".join(
        _character(first) if first == last else f"{_character(first)}-{_character(last)}"
        for first, last in ranges
    )
    # A range may hold the slash, and no part of a path does.
    return f"(?!/)[{'^' if negated else ''}{inside}]"


def _part(step: str) -> str:
    """The expression of one part of a path, without slashes."""
    made = []
    at = 0
    while at < len(step):
        character = step[at]
        at += 1
        if character == "*":
            made.append("[^/]*")
        elif character == "?":
            made.append("[^/]")
        elif character == "[":
            # The first character of a bracket may be its end, and is itself then.
            begin = at + 1 if step[at : at + 1] == "!" else at
            end = step.find("]", begin + 1)
            if end == -1:
                made.append(_character("["))
            else:
                made.append(_bracket(step[at:end]))
                at = end + 1
        else:
            made.append(_character(character))
    return "".join(made)


def path_regex(glob: str) -> str:
    """The expression that matches the paths that `path_matcher(glob)` does.

    Raises:
        ValueError: empty or longer than 256 characters.
    """
    path_matcher(glob)
    text = glob.strip()
    if text.endswith("/"):
        text += ANY_FOLDERS
    text = text.removeprefix("./").lstrip("/") if "/" in text else f"{ANY_FOLDERS}/{text}"
    # Each part of the path with the slash before it, the first one's being the beginning.
    steps = text.split("/")
    made = []
    for number, step in enumerate(steps):
        if step == ANY_FOLDERS:
            if number == 0 or steps[number - 1] != ANY_FOLDERS:
                made.append(ANY_FOLDERS)
        else:
            made.append(_part(step))
    return _joined(made)


def _joined(parts: list[str]) -> str:
    if parts == [ANY_FOLDERS]:
        return "^.*$"
    expression = "^"
    for number, part in enumerate(parts):
        last = number == len(parts) - 1
        if part != ANY_FOLDERS:
            follows = "" if last or parts[number + 1 :] == [ANY_FOLDERS] else "/"
            expression += part + follows
        elif last:
            expression += "(?:/.*)?"
        else:
            expression += "(?:.*/)?"
    return expression + "$"
