"""How long a save takes until it answers, under `mesh dev`.

Beside it, in the same run: how long Python takes to import FastMCP, on the same machine.
"""
