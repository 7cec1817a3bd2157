"""Answers what needs no FastMCP, so that an instance starts like a bare handler.

docs/explanation/fast-path.md explains it. What INIT and a first call import of this package imports
nothing heavy at run time: no dataclasses, typing or asyncio. A test holds that.
"""
