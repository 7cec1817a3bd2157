"""Answers what needs no FastMCP, so that an instance starts like a bare handler.

docs/fast-path.md explains it. Nothing here is imported as it stands but by tests: the build
makes the package `mcp_app_lean` out of it, without annotations, decorators and whatever only
those need, and `mcp_app.handler` starts that.
"""
