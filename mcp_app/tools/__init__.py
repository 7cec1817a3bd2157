"""The tools.

A module here with a function under `@tool` is all that a new tool needs:

    from fastmcp.tools import tool

    @tool
    def greet(name: str) -> str:
        '''Greet somebody by name.'''
        return f"Hello, {name}!"

Its signature becomes the input schema, its docstring the description that models read,
its return annotation the output schema. A module may set `SOURCE` to the knowledge source
that its tools need, `documents`, `tickets`, `commits` or `code`, or to a tuple of several
when any of them is enough.

A tool that returns an `InputRequiredResult`, to ask its caller something, needs
`tools_ask_back` where it is deployed: see docs/how-to/write-tools.md.
"""
