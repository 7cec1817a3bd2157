"""What every zip contains: it answers Function URL events with the author's FastMCP server.

Event -> handler -> access -> fast path, or else the ASGI application -> FastMCP -> tool.
Nothing here imports other packages of `mesh`, or a server.
"""
