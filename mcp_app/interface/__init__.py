"""What clients see of every tool, prompt and resource: parameters, results, hints, icons, errors.

Nothing here asks a source or registers anything; `mcp_app.tools`, `mcp_app.prompts` and
`mcp_app.resources` do. A new tool takes its parts from here.
"""
