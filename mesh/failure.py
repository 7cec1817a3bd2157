"""The one exception that a command of this project ends with on purpose."""

from __future__ import annotations


class CommandFailedError(Exception):
    """An expected failure; its text is for the person at the terminal.

    The text says what was wrong, with which value (never a secret's), and what to do.
    The command line prints it without a traceback and exits with status 1.
    """
