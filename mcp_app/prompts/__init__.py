"""The prompts.

A module here with a function under `@prompt` is all that a new prompt needs:

    from typing import Literal

    from fastmcp.prompts import prompt

    @prompt(title="Review a change")
    def review(change: str, depth: Literal["quick", "thorough"] = "quick") -> str:
        '''Review a change against what the documents ask for.'''
        return f"Review {change}, {depth}. Search the documents for the rules first."

Its parameters become the arguments, checked by their types; values of a `Literal` are
suggested to who fills them in. A module may set `SOURCE`, as tools do, and `COMPLETIONS`,
which gives suggestions for other arguments by name: see `mcp_app.registration.completions`.
"""
