"""What people and pipelines run: the `mesh` command and the build behind `build.py`.

Nothing here is shipped to Lambda. It may import `mcp_app`; `mcp_app` never imports it.
"""
