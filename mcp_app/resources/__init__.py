"""The resources.

A module here with a function under `@resource` is all that a new resource needs:

    from fastmcp.resources import resource

    @resource("aoma://motto", mime_type="text/plain")
    def motto() -> str:
        '''The words we live by.'''
        return "No evidence, no answer."

`{name}` in the address makes it a template whose parameters the function takes; `{path*}`
takes slashes too. A module may set `SOURCE`, as tools do, and `COMPLETIONS`, which gives
suggestions for parameters by name: see `mcp_app.registration.completions`.
"""
